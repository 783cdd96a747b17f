#include "stages/retrain/window.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>

#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"
#include "pipeline/base/random.hpp"
#include "stages/data/table.hpp"
#include "stages/data/utf8.hpp"

namespace mlopsctl::retrain {

namespace {

constexpr int64_t rows_between_looks = 4096;

Error interrupted() {
  Error error = stage_error("interrupted while choosing rows");
  error.kind = ErrorKind::interrupted;
  return error;
}

// RFC 3339, its date alone, or seconds since 1970.
std::optional<TimePoint> time_of(std::string_view text) {
  if (const auto time = from_rfc3339(text)) return time;
  if (const auto day = from_rfc3339(std::string(text) + "T00:00:00Z")) return day;
  double seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds)));
}

// A labelled row of the sources, counted over all of them from 0.
struct Row {
  int64_t number = 0;
  const data::Record& record;
  std::optional<TimePoint> time;
};

// The labelled rows of all sources in order, given to `take(Row) -> Status`.
class Sources {
 public:
  Sources(const WindowPolicy& policy, const std::filesystem::path& project, const CancelToken& cancel) : policy_(policy), project_(project), cancel_(cancel) {}

  template <typename Take>
  Status each(Chosen& left_out, const Take& take) {
    int64_t number = 0;
    for (const std::string& source : policy_.from) {
      TRY_ASSIGN(auto reader, data::TableReader::open(project_ / source, policy_.options.table, source));
      if (columns_.empty()) columns_ = reader.columns();
      const bool has_columns = format_of(policy_, source) != data::Format::json_lines;  // there every object has its own keys
      if (has_columns && reader.columns() != columns_)
        return config_error(source + " has the columns " + list_of(reader.columns()) + "; " + policy_.from.front() + " has " + list_of(columns_))
            .with_hint("give both the same columns in the same order");
      TRY_ASSIGN(const size_t label, reader.column(policy_.options.label));
      std::optional<size_t> time;
      if (!policy_.time.empty()) { TRY_ASSIGN(time, reader.column(policy_.time)); }
      data::Record record;
      data::BadRecord bad;
      for (;;) {
        if ((number + left_out.unlabelled) % rows_between_looks == 0 && cancel_.cancelled()) return interrupted();
        TRY_ASSIGN(const auto next, reader.next(record, bad));
        if (next == data::Next::end) break;
        if (next == data::Next::bad) ++left_out.unread;
        else if (record.fields[label].empty()) ++left_out.unlabelled;
        else TRY(take(Row{number++, record, time ? time_of(record.fields[*time]) : std::nullopt}));
      }
    }
    return {};
  }

  const std::vector<std::string>& columns() const { return columns_; }

 private:
  const WindowPolicy& policy_;
  const std::filesystem::path& project_;
  const CancelToken& cancel_;
  std::vector<std::string> columns_;
};

// Of the rows that are let go of, a uniform sample.
class Reservoir {
 public:
  Reservoir(int64_t room, uint64_t seed) : room_(static_cast<size_t>(room)), random_(seed) {}
  void offer(int64_t row) {
    ++offered_;
    if (kept_.size() < room_) kept_.push_back(row);
    else if (room_ > 0)
      if (const uint64_t at = random_.below(offered_); at < room_) kept_[at] = row;
  }
  const std::vector<int64_t>& kept() const { return kept_; }

 private:
  size_t room_;
  uint64_t offered_ = 0;
  Random random_;
  std::vector<int64_t> kept_;
};

// As the input's own file is read.
class RowWriter {
 public:
  explicit RowWriter(const WindowPolicy& policy) : table_(policy.options.table), format_(format_of(policy, policy.path.filename().string())) {}

  void add(std::string& out, const std::vector<std::string_view>& fields) const { data::append_record(out, fields, table_, format_); }
  void add(std::string& out, const data::Record& record) const {
    if (format_ != data::Format::json_lines) return add(out, record.fields);
    out += table_.encoding == data::Encoding::latin1 ? data::as_latin1(record.object) : record.object;
    out += '\n';
  }
  bool has_header() const { return format_ != data::Format::json_lines && table_.header; }

 private:
  const data::TableOptions& table_;
  data::Format format_;
};

}  // namespace

Result<Chosen> write_window(const WindowPolicy& policy, const std::filesystem::path& project, TimePoint now, uint64_t seed, const std::filesystem::path& output,
                            const CancelToken& cancel) {
  Chosen chosen;
  Sources sources(policy, project, cancel);
  std::deque<int64_t> recent;
  Reservoir older(policy.reservoir, seed);
  TRY(sources.each(chosen, [&](const Row& row) -> Status {
    chosen.undated += !policy.time.empty() && !row.time;
    if (policy.since && (!row.time || *row.time < now - *policy.since)) {
      older.offer(row.number);
      return {};
    }
    recent.push_back(row.number);
    if (policy.rows && static_cast<int64_t>(recent.size()) > *policy.rows) {
      older.offer(recent.front());
      recent.pop_front();
    }
    return {};
  }));
  std::vector<int64_t> wanted(recent.begin(), recent.end());
  wanted.insert(wanted.end(), older.kept().begin(), older.kept().end());
  std::sort(wanted.begin(), wanted.end());
  if (wanted.empty())
    return stage_error("the window of " + policy.input + " is empty: no labelled row in " + list_of(policy.from) + " is new enough")
        .with_hint("add labelled rows, or widen retrain.windows." + policy.input);
  chosen.rows = static_cast<int64_t>(wanted.size());
  chosen.older = static_cast<int64_t>(older.kept().size());

  const RowWriter writer(policy);
  TRY_ASSIGN(auto file, AtomicFile::create(output));
  Sha256 hash;
  std::string text;
  const auto flush = [&]() -> Status {
    hash.update(text);
    TRY(file.write(text));
    text.clear();
    return {};
  };
  size_t next = 0;
  Chosen ignored;
  if (writer.has_header()) writer.add(text, {sources.columns().begin(), sources.columns().end()});
  TRY(sources.each(ignored, [&](const Row& row) -> Status {
    if (next == wanted.size() || row.number != wanted[next]) return {};
    writer.add(text, row.record);
    ++next;
    return text.size() < (1U << 20) ? Status() : flush();
  }));
  if (next < wanted.size()) return stage_error("the sources of the window of " + policy.input + " lost rows while they were read").with_hint("try again");
  TRY(flush());
  TRY(file.commit());
  chosen.digest = hash.finish();
  return chosen;
}

Result<int64_t> count_labelled(const std::vector<WindowPolicy>& windows, const std::filesystem::path& project, const CancelToken& cancel) {
  std::set<std::string> seen;
  int64_t rows = 0;
  for (WindowPolicy window : windows) {
    std::erase_if(window.from, [&](const std::string& source) { return !seen.insert(source).second; });
    window.time.clear();
    Chosen ignored;
    TRY(Sources(window, project, cancel).each(ignored, [&](const Row&) -> Status {
      ++rows;
      return {};
    }));
  }
  return rows;
}

}  // namespace mlopsctl::retrain
