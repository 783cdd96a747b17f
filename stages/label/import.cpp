#include "stages/label/import.hpp"

#include <algorithm>
#include <functional>

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

// Of each row of the sample.
std::string csv_of(const Sample& sample, const std::map<std::string, std::string>& labelled, const std::vector<int64_t>& counts) {
  std::string csv = "id,text,label,weight,stratum,sample\n";
  const std::string name = sample.name();
  for (const Sample::Row& row : sample.rows) {
    const auto found = labelled.find(row.id);
    if (found == labelled.end()) continue;
    const double weight = static_cast<double>(sample.strata[row.stratum].rows) / static_cast<double>(counts[row.stratum]);
    data::append_csv(csv, {row.id, row.text, found->second, canonical(Json(weight)), std::to_string(row.stratum), name});
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
  other->hint = "name another file; `mlopsctl label sample --labels` brings along what is labelled there already";
  return *other;
}

}  // namespace

Result<Known> known_labels(const std::filesystem::path& file, const Sample& sample) {
  Known known;
  std::error_code fault;
  if (!std::filesystem::exists(file, fault) && !fault) return known;
  std::map<std::string_view, std::string_view> texts;
  for (const Sample::Row& row : sample.rows) texts.emplace(row.id, row.text);
  data::TableOptions options;
  options.format = data::Format::csv;
  TRY_ASSIGN(auto reader, data::TableReader::open(file, options, file.string()));
  TRY_ASSIGN(const size_t id, reader.column("id"));
  TRY_ASSIGN(const size_t text, reader.column("text"));
  TRY_ASSIGN(const size_t label, reader.column("label"));
  TRY_ASSIGN(const size_t name, reader.column("sample"));
  data::Record record;
  data::BadRecord bad;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) return known;
    if (next == data::Next::bad) return std::move(bad.fault);
    if (record.fields[name] == sample.name()) {
      TRY_ASSIGN(known.labels, read_labelled(file, sample));
      known.of_another = false;
      return known;
    }
    known.of_another = true;
    const auto row = texts.find(record.fields[id]);
    if (row != texts.end() && row->second == record.fields[text] &&
        std::find(sample.labels.begin(), sample.labels.end(), record.fields[label]) != sample.labels.end())
      known.labels.emplace(row->first, record.fields[label]);
  }
}

std::string form_of(const Sample& sample, const Known& known) {
  std::string csv = "id,text,label\n";
  for (const Sample::Row& row : sample.rows) {
    const auto found = known.labels.find(row.id);
    if (found == known.labels.end()) data::append_csv(csv, {row.id, row.text, ""});
    else if (known.of_another) data::append_csv(csv, {row.id, row.text, found->second});
  }
  return csv;
}

Result<Imported> import_labels(const std::filesystem::path& filled, const data::TableOptions& options, const Sample& sample,
                               const std::filesystem::path& file) {
  TRY_ASSIGN(auto labelled, read_labelled(file, sample));
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
  std::vector<int64_t> counts(sample.strata.size(), 0);
  for (const auto& [id, label] : labelled) ++counts[sample.rows[reading.row(id)].stratum];
  for (size_t stratum = 0; stratum < counts.size(); ++stratum) {
    if (counts[stratum] > 0) continue;
    const auto row = std::find_if(sample.rows.begin(), sample.rows.end(), [&](const Sample::Row& each) { return each.stratum == stratum; });
    return config_error("of the " + std::to_string(sample.strata[stratum].rows) + " rows where " + sample.strata[stratum].name +
                        " none is labelled yet, so nothing can stand for them")
        .with_hint("label more rows, the row " + row->id + " for one; where nobody can, draw more with `mlopsctl label sample --rows` or --agreeing");
  }
  imported.rows = static_cast<int64_t>(labelled.size());
  imported.csv = csv_of(sample, labelled, counts);
  return imported;
}

}  // namespace mlopsctl::label
