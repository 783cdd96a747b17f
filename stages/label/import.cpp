#include "stages/label/import.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "pipeline/base/json.hpp"
#include "pipeline/base/list_of.hpp"
#include "stages/data/faults.hpp"

namespace mlopsctl::label {

namespace {

constexpr size_t most_faults = 20;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// A file of ids and labels, line by line, with its faults.
class Reading {
 public:
  Reading(std::string origin, const Sample& sample) : origin_(std::move(origin)), sample_(sample) {
    for (size_t i = 0; i < sample.rows.size(); ++i) rows_.emplace(sample.rows[i].id, i);
  }

  // `taken`: an id and its label, which are known and new to this file. `extra`: a further column that is asked for.
  Status read(const data::TableOptions& options, const std::string& extra,
              const std::function<void(const std::string& id, std::string_view label, std::string_view extra, int64_t line)>& taken) {
    TRY_ASSIGN(auto reader, data::TableReader::open(origin_, options, origin_));
    TRY_ASSIGN(const size_t id_at, reader.column("id"));
    TRY_ASSIGN(const size_t label_at, reader.column("label"));
    size_t extra_at = 0;
    if (!extra.empty()) { TRY_ASSIGN(extra_at, reader.column(extra)); }
    std::map<std::string, int64_t, std::less<>> lines;
    data::Record record;
    data::BadRecord bad;
    while (faults_.size() < most_faults) {
      TRY_ASSIGN(const data::Next next, reader.next(record, bad));
      if (next == data::Next::end) break;
      if (next == data::Next::bad) {
        faults_.push_back(std::move(bad.fault));
        continue;
      }
      const std::string id(record.fields[id_at]);
      const std::string_view label = trimmed(record.fields[label_at]);
      if (id.empty() && label.empty()) continue;  // as spreadsheets leave them at the end
      const auto [seen, first] = lines.emplace(id, record.line);
      if (!rows_.contains(id) && !extra.empty() && record.fields[extra_at] == sample_.name())
        refuse(record.line, "the row \"" + id + "\" is of a larger draw of this sample", "name what was written with that: --sample FILE.sample.json");
      else if (!rows_.contains(id)) refuse(record.line, "the row \"" + id + "\" is none of the sample", "leave the column id as it was written");
      else if (!first) refuse(record.line, "the row \"" + id + "\" stands in line " + std::to_string(seen->second) + " already", "remove one of the two");
      else if (!label.empty() && std::find(sample_.labels.begin(), sample_.labels.end(), label) == sample_.labels.end()) unknown(record.line, label);
      else taken(id, label, extra.empty() ? std::string_view() : record.fields[extra_at], record.line);
    }
    return {};
  }

  void refuse(int64_t line, std::string message, std::string hint) {
    faults_.push_back(data::row_fault(origin_, line, std::move(message)).with_hint(std::move(hint)));
    faults_.back().kind = ErrorKind::config;
  }
  Status faults() { return faults_.empty() ? Status() : Status(data::together(std::move(faults_))); }
  size_t row(const std::string& id) const { return rows_.at(id); }

 private:
  void unknown(int64_t line, std::string_view label) {
    const auto near = nearest(label, sample_.labels);
    refuse(line, "unknown label \"" + std::string(label) + "\"; the models know: " + list_of(sample_.labels),
           near ? "did you mean " + *near + "?" : "write one of them, or nothing where it cannot be told");
  }

  std::string origin_;
  const Sample& sample_;
  std::map<std::string, size_t, std::less<>> rows_;
  std::vector<Error> faults_;
};

// Rows of a stratum that were asked for, and those whose label was brought along.
struct Share {
  int64_t drawn = 0, labelled = 0;
};
using Shares = std::vector<std::array<Share, 2>>;  // by stratum

Shares shares_of(const Sample& sample, const std::map<std::string, std::string>& labelled) {
  Shares shares(sample.strata.size());
  for (const Sample::Row& row : sample.rows) {
    Share& share = shares[row.stratum][row.asked_by.empty() ? 0 : 1];
    ++share.drawn;
    share.labelled += labelled.contains(row.id) ? 1 : 0;
  }
  return shares;
}

std::string csv_of(const Sample& sample, const std::map<std::string, std::string>& labelled, const Shares& shares) {
  std::string csv = "id,text,label,weight,stratum,sample,asked_by\n";
  const std::string name = sample.name();
  for (const Sample::Row& row : sample.rows) {
    const auto found = labelled.find(row.id);
    if (found == labelled.end()) continue;
    const auto& both = shares[row.stratum];
    const Share& own = both[row.asked_by.empty() ? 0 : 1];
    // One division: rows that weigh the same have the same bits.
    const double weight =
        static_cast<double>(sample.strata[row.stratum].rows * own.drawn) / static_cast<double>((both[0].drawn + both[1].drawn) * own.labelled);
    data::append_csv(csv, {row.id, row.text, found->second, canonical(Json(weight)), std::to_string(row.stratum), name, row.asked_by});
  }
  return csv;
}

// The labels of a file of this sample, by id.
Result<std::map<std::string, std::string>> read_labelled(const std::filesystem::path& file, const Sample& sample) {
  std::map<std::string, std::string> labelled;
  std::error_code fault;
  if (!std::filesystem::exists(file, fault) && !fault) return labelled;
  Reading reading(file.string(), sample);
  std::optional<Error> other;
  data::TableOptions options;
  options.format = data::Format::csv;
  TRY(reading.read(options, "sample", [&](const std::string& id, std::string_view label, std::string_view name, int64_t line) {
    labelled.emplace(id, label);
    if (name != sample.name() && !other)
      other = data::row_fault(file.string(), line, "this row is of the sample " + std::string(name) + ", not of " + sample.name());
  }));
  if (!other) {
    TRY(reading.faults());
    return labelled;
  }
  other->kind = ErrorKind::config;
  other->hint = "give each sample a file of its own; `mlopsctl label sample --labels FILE` brings along what is labelled of another";
  return *other;
}

// A label that another sample asked for.
struct Fact {
  std::string label, asked_by, file;
};
using Facts = std::map<std::string, std::optional<Fact>, std::less<>>;  // by the texts that matter

// Adds what `file` has; whether any of it is of another sample.
Result<bool> gather(const std::filesystem::path& file, const Sample& sample, Known& known, Facts& facts) {
  bool own = false, another = false;
  std::error_code fault;
  if (!std::filesystem::exists(file, fault) && !fault) return known.absent.push_back(file), another;
  data::TableOptions options;
  options.format = data::Format::csv;
  TRY_ASSIGN(auto reader, data::TableReader::open(file, options, file.string()));
  TRY_ASSIGN(const size_t id, reader.column("id"));
  TRY_ASSIGN(const size_t text, reader.column("text"));
  TRY_ASSIGN(const size_t label_at, reader.column("label"));
  TRY_ASSIGN(const size_t name, reader.column("sample"));
  const auto asked_by = reader.column("asked_by");
  data::Record record;
  data::BadRecord bad;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) return another;
    if (next == data::Next::bad) return std::move(bad.fault);
    const std::string_view asker = asked_by ? record.fields[*asked_by] : std::string_view();
    if (record.fields[name] == sample.name()) {
      if (!std::exchange(own, true)) {
        TRY_ASSIGN(auto here, read_labelled(file, sample));
        known.here.merge(here);
      }
      if (!asker.empty()) known.asked_by.emplace(record.fields[id], asker);
      continue;
    }
    another = true;
    const auto fact = facts.find(record.fields[text]);
    if (fact == facts.end()) continue;
    const std::string_view label = trimmed(record.fields[label_at]);
    if (std::find(sample.labels.begin(), sample.labels.end(), label) == sample.labels.end()) {
      ++known.unknown;
    } else if (!fact->second) {
      fact->second = Fact{std::string(label), std::string(asker.empty() ? record.fields[name] : asker), file.string()};
    } else if (fact->second->label != label) {
      auto two = data::row_fault(file.string(), record.line,
                                 "the text of this row is \"" + std::string(label) + "\" here and \"" + fact->second->label + "\" in " + fact->second->file);
      two.kind = ErrorKind::config;
      return std::move(two).with_hint("mend one of the two");
    }
  }
}

}  // namespace

Result<Known> known_labels(const std::vector<std::filesystem::path>& files, const Sample& sample) {
  Known known;
  Facts facts;
  for (const Sample::Row& row : sample.rows) facts.emplace(row.text, std::nullopt);
  for (const auto& file : files) {
    TRY_ASSIGN(const bool another, gather(file, sample, known, facts));
    if (!another && known.file.empty()) known.file = file;
  }
  for (const Sample::Row& row : sample.rows) {
    const auto& fact = facts.find(row.text)->second;
    if (!fact || known.here.contains(row.id)) continue;
    known.brought.emplace(row.id, fact->label);
    known.asked_by.emplace(row.id, fact->asked_by);
  }
  return known;
}

std::string form_of(const Sample& sample, const Known& known) {
  std::string csv = "id,text,label\n";
  for (const Sample::Row& row : sample.rows) {
    if (known.here.contains(row.id)) continue;
    const auto brought = known.brought.find(row.id);
    data::append_csv(csv, {row.id, row.text, brought == known.brought.end() ? std::string_view() : brought->second});
  }
  return csv;
}

Result<Imported> import_labels(const std::filesystem::path& filled, const data::TableOptions& options, const Sample& drawn, const std::filesystem::path& file) {
  TRY_ASSIGN(auto labelled, read_labelled(file, drawn));
  // A smaller draw of this sample may have brought labels along.
  TRY_ASSIGN(const Known known, known_labels({file}, drawn));
  Sample sample = drawn;
  for (Sample::Row& row : sample.rows)
    if (const auto found = known.asked_by.find(row.id); found != known.asked_by.end()) row.asked_by = found->second;
  Imported imported;
  Reading reading(filled.string(), sample);
  TRY(reading.read(options, "", [&](const std::string& id, std::string_view label, std::string_view, int64_t line) {
    if (label.empty()) ++imported.empty;
    else if (const auto [there, added] = labelled.emplace(id, label); added) ++imported.added;
    else if (there->second == label) ++imported.known;
    else
      reading.refuse(line, "the row \"" + id + "\" is \"" + std::string(label) + "\" here and \"" + there->second + "\" in " + file.string(),
                     "mend one of the two");
  }));
  TRY(reading.faults());
  const Shares shares = shares_of(sample, labelled);
  for (size_t stratum = 0; stratum < shares.size(); ++stratum)
    for (const bool brought : {false, true}) {
      const Share& share = shares[stratum][brought ? 1 : 0];
      if (share.drawn == 0 || share.labelled > 0) continue;
      const auto row = std::find_if(sample.rows.begin(), sample.rows.end(),
                                    [&](const Sample::Row& each) { return each.stratum == stratum && each.asked_by.empty() != brought; });
      const bool all = shares[stratum][brought ? 0 : 1].drawn == 0;
      return config_error("of the " + std::to_string(sample.strata[stratum].rows) + " rows where " + sample.strata[stratum].name + " none " +
                          (all       ? ""
                           : brought ? "whose label was filled in "
                                     : "that was asked for ") +
                          "is labelled yet, so nothing can stand for them")
          .with_hint("label more rows, the row " + row->id + " for one; where nobody can, draw more with `mlopsctl label sample --rows` or --agreeing");
    }
  imported.rows = static_cast<int64_t>(labelled.size());
  imported.csv = csv_of(sample, labelled, shares);
  return imported;
}

}  // namespace mlopsctl::label
