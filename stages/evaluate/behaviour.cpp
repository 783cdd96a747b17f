#include "stages/evaluate/behaviour.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/proportion.hpp"
#include "stages/data/faults.hpp"
#include "stages/data/input_options.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr size_t most_faults = 20, most_shown = 5;

// Fills in kind and label; what is wrong with it, or nothing.
std::string understand(std::string_view expect, const std::vector<std::string>& labels, Expectation& row) {
  if (!row.transformed.empty()) {
    if (expect == "same") return row.kind = Expectation::Kind::same, "";
    if (expect.starts_with("more ")) row.kind = Expectation::Kind::more;
    else if (expect.starts_with("less ")) row.kind = Expectation::Kind::less;
    else return "expect is \"" + std::string(expect) + "\"; of a transformed text it is same, more LABEL or less LABEL";
    expect.remove_prefix(5);
  }
  const auto found = std::find(labels.begin(), labels.end(), expect);
  if (found == labels.end()) return "expect names the label \"" + std::string(expect) + "\"; the model's labels: " + list_of(labels);
  row.label = static_cast<int>(found - labels.begin());
  return "";
}

std::string name_of(const Expectation& row) { return row.suite + (row.name.empty() ? "" : ", " + row.name); }

}  // namespace

Result<std::vector<Expectation>> read_suite(const std::filesystem::path& path, const Json& options, const std::string& origin,
                                            const std::vector<std::string>& labels) {
  TRY_ASSIGN(auto reader, data::TableReader::open(path, data::input_options(options).table, origin));
  TRY_ASSIGN(const size_t text, reader.column("text"));
  TRY_ASSIGN(const size_t expect, reader.column("expect"));
  const auto place = [&](std::string_view column) -> std::optional<size_t> {
    const auto found = std::find(reader.columns().begin(), reader.columns().end(), column);
    return found == reader.columns().end() ? std::nullopt : std::optional(static_cast<size_t>(found - reader.columns().begin()));
  };
  const auto transformed = place("transformed"), name = place("name");
  std::vector<Expectation> rows;
  std::vector<Error> faults;
  data::Record record;
  data::BadRecord bad;
  while (faults.size() < most_faults) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) break;
    if (next == data::Next::bad) {
      faults.push_back(std::move(bad.fault));
      continue;
    }
    Expectation row;
    row.suite = origin;
    row.text = record.fields[text];
    if (transformed) row.transformed = record.fields[*transformed];
    if (name) row.name = record.fields[*name];
    row.line = record.line;
    if (std::string fault = understand(record.fields[expect], labels, row); !fault.empty())
      faults.push_back(data::row_fault(origin, record.line, std::move(fault)));
    else rows.push_back(std::move(row));
  }
  if (faults.empty() && rows.empty()) return stage_error(origin + " has no rows; a suite needs at least one");
  if (faults.empty()) return rows;
  Error first = data::together(std::move(faults));
  first.kind = ErrorKind::stage;
  return first;
}

Result<std::vector<engine::Check>> judge_behaviour(const std::vector<Expectation>& expectations, const ml::Model& model, double min,
                                                   const CancelToken& cancel) {
  std::vector<std::string_view> texts, transformed;
  for (const Expectation& row : expectations) {
    texts.push_back(row.text);
    if (!row.transformed.empty()) transformed.push_back(row.transformed);
  }
  TRY_ASSIGN(const auto before, model.score_raw(texts, cancel));
  TRY_ASSIGN(const auto after, model.score_raw(transformed, cancel));
  const size_t classes = model.labels().size();

  struct Tally {
    std::string name;
    int64_t rows = 0, kept = 0;
    std::vector<std::string> broken;
  };
  std::vector<Tally> tallies;
  size_t of_after = 0;
  for (size_t i = 0; i < expectations.size(); ++i) {
    const Expectation& row = expectations[i];
    const std::string name = name_of(row);
    auto tally = std::find_if(tallies.begin(), tallies.end(), [&](const Tally& each) { return each.name == name; });
    if (tally == tallies.end()) tally = tallies.insert(tally, {name, 0, 0, {}});
    const auto first = std::span(before).subspan(i * classes, classes);
    const auto second = row.transformed.empty() ? first : std::span(after).subspan(of_after++ * classes, classes);
    const auto wanted = static_cast<size_t>(row.label);
    bool kept = false;
    std::string found;
    const auto label = [&](std::span<const float> of) { return model.labels()[static_cast<size_t>(ml::best(of))]; };
    switch (row.kind) {
      case Expectation::Kind::label:
        kept = ml::best(first) == row.label;
        found = "is " + label(first) + ", expected " + model.labels()[wanted];
        break;
      case Expectation::Kind::same:
        kept = ml::best(first) == ml::best(second);
        found = "is " + label(first) + ", transformed " + label(second);
        break;
      case Expectation::Kind::more:
      case Expectation::Kind::less:
        kept = row.kind == Expectation::Kind::more ? second[wanted] >= first[wanted] : second[wanted] <= first[wanted];
        found = "makes " + model.labels()[wanted] + (row.kind == Expectation::Kind::more ? " less" : " more") + " probable, " +
                shown(static_cast<double>(first[wanted]), "%.3f") + " to " + shown(static_cast<double>(second[wanted]), "%.3f");
        break;
    }
    ++tally->rows;
    tally->kept += kept;
    if (!kept && tally->broken.size() < most_shown) tally->broken.push_back(row.suite + ":" + std::to_string(row.line) + " " + found);
  }

  std::vector<engine::Check> checks;
  for (const Tally& tally : tallies) {
    const double share = static_cast<double>(tally.kept) / static_cast<double>(tally.rows);
    const stats::Interval interval = stats::wilson(tally.kept, tally.rows);
    engine::Check check;
    check.name = "behaviour " + tally.name + " >= " + brief(min);
    check.outcome = share >= min ? engine::Outcome::pass : engine::Outcome::fail;
    check.measured = share;
    check.threshold = min;
    check.detail = std::to_string(tally.kept) + " of " + count_of(tally.rows, "expectation") + " hold (95 % interval " + shown(interval.low) + " to " +
                   shown(interval.high) + ")";
    for (const std::string& each : tally.broken) check.detail += "; " + each;
    check.evidence = {{"test", "share of expectations"},
                      {"estimate", share},
                      {"interval", {interval.low, interval.high}},
                      {"confidence", 0.95},
                      {"p", nullptr},
                      {"alpha", nullptr},
                      {"rows", tally.rows},
                      {"power", nullptr}};
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace mlopsctl::evaluate
