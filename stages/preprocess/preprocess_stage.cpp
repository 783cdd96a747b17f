#include "stages/preprocess/preprocess_stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "pipeline/base/files.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/data/rows.hpp"
#include "stages/data/table.hpp"
#include "stages/preprocess/quality.hpp"
#include "stages/preprocess/source_rows.hpp"
#include "stages/preprocess/split.hpp"
#include "stages/text/recipe.hpp"

namespace mlopsctl::preprocess {

namespace {

using engine::InputShape;
using engine::OutputDecl;
using engine::StageContext;

spec::StageKindSpec make_spec() {
  using spec::boolean, spec::choice, spec::integer, spec::list, spec::map, spec::number, spec::object, spec::optional, spec::required, spec::steps,
      spec::with_default;
  return {"preprocess",
          "Reads outside files, cleans their texts, splits, checks and profiles the rows.",
          {
              with_default("steps", steps(text::step_table()), Json::array(), "Cleaning steps in the order they are applied; none leaves texts as they are."),
              optional("split",
                       object({
                           required("shares", spec::named_map(number(1e-6, {}, "0.8"), 1),
                                    "Share of the rows per split, by name: {train: 0.8, test: 0.2}. All inputs are merged first."),
                           with_default("stratify", boolean(), true, "Keep the label mix in every split."),
                           optional("group_by", spec::text("SentenceId"), "Column whose equal values must stay in one split; overrides stratify."),
                       }),
                       "Merge the inputs and split them anew; without it every input becomes a split of its own name."),
              with_default("dedupe", choice({"none", "within_splits", "across_splits"}), "none",
                           "Drop rows whose cleaned text is repeated within a split, or also those that stand in a later split (test rows are kept)."),
              optional("sample",
                       object({optional("rows", integer(1), "Rows to keep per input."),
                               optional("share", number(0, 1, "0.1"), "Share of the rows to keep per input.")}),
                       "A seeded sample per input, stratified by label, taken before the split."),
              with_default("labels", map(spec::text("negative")), Json::object(), "Renames labels of every input: {value found: label meant}."),
              with_default("on_bad_row", choice({"fail", "reject"}), "fail",
                           "What a row that cannot be used does: end the stage, or go to rejects.csv and be counted."),
              with_default("checks",
                           object({
                               with_default("min_rows", integer(0), 1, "Fewest rows a split may have."),
                               with_default("max_null_share", number(0, 1, "0.01"), 1.0, "Largest share of rows without text or label."),
                               optional("allowed_labels", list(spec::text("positive")), "The labels there may be."),
                               with_default("leakage", choice({"ignore", "warn", "fail"}), "warn", "What a text that stands in two splits does."),
                           }),
                           Json::object(), "Quality checks; a failed one ends the stage."),
          }};
}

// The splits in the order of the file where it matters (train before test), else by input.
std::vector<std::string> split_names(const Json& params, const std::vector<InputShape>& inputs) {
  std::vector<std::string> names;
  if (!params["split"].is_null()) {
    for (const auto& [name, share] : params["split"]["shares"].items()) names.push_back(name);
    // Json sorts keys; leakage is counted towards later splits, so the usual order is restored.
    const std::vector<std::string> usual = {"train", "validation", "test"};
    std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
      return std::find(usual.begin(), usual.end(), a) - usual.begin() < std::find(usual.begin(), usual.end(), b) - usual.begin();
    });
    return names;
  }
  for (const auto& input : inputs) names.push_back(input.role);
  return names;
}

// Shares are parts of one, or weights such as 80 and 20; 0.8 and 0.3 is a slip.
Status check_shares(const spec::StageSpec& stage, const Json& shares) {
  double sum = 0, largest = 0;
  for (const auto& [name, share] : shares.items()) {
    sum += share.get<double>();
    largest = std::max(largest, share.get<double>());
  }
  if (largest > 1 || std::abs(sum - 1) <= 0.011) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", sum);
  Error error = config_error(std::string("the shares add up to ") + text + "; expected 1").with_hint("change one of them; `sample` keeps a part of the rows");
  error.field = "stages." + stage.name + ".split.shares";
  const auto place = stage.fields.find("split.shares");
  error.span = place == stage.fields.end() ? stage.span : place->second.span();
  return error;
}

class PreprocessStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 1; }

  Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    if (inputs.empty()) return config_error("preprocess needs at least one input").with_hint("name one of the file's inputs: inputs: [train, test]");
    for (const auto& input : inputs)
      if (input.type != "source")
        return config_error("preprocess reads outside files; \"" + input.name + "\" is the output of a stage")
            .with_hint("list names from the top-level `inputs`");
    if (const Json& split = stage.params["split"]; !split.is_null()) TRY(check_shares(stage, split["shares"]));
    std::vector<OutputDecl> result;
    const std::set<std::string> taken = {"profile", "rejects"};
    for (const auto& name : split_names(stage.params, inputs)) {
      if (taken.contains(name))
        return config_error("a split cannot be called \"" + name + "\": preprocess writes an output of that name itself").with_hint("choose another name");
      result.push_back({name, "rows"});
    }
    result.push_back({"profile", "profile"});
    result.push_back({"rejects", "table"});
    return result;
  }

  Status run(StageContext& context) const override;

 private:
  spec::StageKindSpec spec_ = make_spec();
};

// Keeps a seeded sample of the rows of each input, where `sample` says so.
void take_sample(const Json& sample_params, uint64_t seed, int sources, SourceRows& source) {
  if (sample_params.is_null()) return;
  std::vector<SourceRow> kept;
  for (int s = 0; s < sources; ++s) {
    std::vector<size_t> rows;
    std::vector<std::string_view> labels;
    for (size_t i = 0; i < source.rows.size(); ++i) {
      if (source.rows[i].source != s) continue;
      rows.push_back(i);
      labels.push_back(source.rows[i].label);
    }
    size_t count = rows.size();
    if (!sample_params["share"].is_null()) count = static_cast<size_t>(sample_params["share"].get<double>() * static_cast<double>(count) + 0.5);
    if (!sample_params["rows"].is_null()) count = std::min(count, sample_params["rows"].get<size_t>());
    for (const size_t k : sample(count, seed + static_cast<uint64_t>(s), labels)) kept.push_back(source.rows[rows[k]]);
  }
  source.rows = std::move(kept);
}

Result<std::vector<Part>> divide(const StageContext& context, const std::vector<InputShape>& inputs, const SourceRows& source) {
  const Json& params = context.params();
  std::vector<Part> parts;
  for (auto& name : split_names(params, inputs)) parts.push_back({std::move(name), {}});
  if (params["split"].is_null()) {
    for (size_t i = 0; i < source.rows.size(); ++i) parts[static_cast<size_t>(source.rows[i].source)].rows.push_back(i);
    return parts;
  }
  const Json& how = params["split"];
  SplitRequest request;
  for (const Part& part : parts) request.shares.push_back(how["shares"][part.name].get<double>());
  request.seed = context.seed();
  request.stratify = how["stratify"].get<bool>();
  std::vector<std::string_view> labels, groups;
  for (const auto& row : source.rows) {
    labels.push_back(row.label);
    if (!how["group_by"].is_null()) groups.push_back(row.group);
  }
  const auto part_of = split(request, labels, groups);
  for (size_t i = 0; i < part_of.size(); ++i) parts[static_cast<size_t>(part_of[i])].rows.push_back(i);
  return parts;
}

Status write_part(StageContext& context, const Part& part, const SourceRows& source, const text::Recipe& recipe, const std::vector<std::string>& labels) {
  data::RowsInfo info;
  info.labels = labels;
  info.recipe = recipe.json();
  info.origin = context.stage() + "." + part.name;
  const bool with_group = std::any_of(part.rows.begin(), part.rows.end(), [&](size_t i) { return !source.rows[i].group.empty(); });
  // Where inputs are merged, each row has the columns of all of them.
  std::set<int> sources;
  for (const size_t i : part.rows) sources.insert(source.rows[i].source);
  for (const int each : sources) {
    const auto s = static_cast<size_t>(each);
    info.weighted = info.weighted || source.weighted[s];
    for (const std::string& column : source.columns[s])
      if (std::find(info.columns.begin(), info.columns.end(), column) == info.columns.end()) info.columns.push_back(column);
  }
  const std::vector<std::string> columns = info.columns;
  TRY_ASSIGN(auto writer, data::RowsWriter::create(context.output(part.name), std::move(info), !recipe.empty(), with_group));
  data::RowExtras extras;
  for (const size_t i : part.rows) {
    const SourceRow& row = source.rows[i];
    extras.raw = row.text == row.raw ? std::string_view() : row.raw;
    extras.group = row.group;
    extras.weight = row.weight;
    extras.columns.assign(columns.size(), {});
    const auto& own = source.columns[static_cast<size_t>(row.source)];
    for (size_t c = 0; c < own.size(); ++c)
      extras.columns[static_cast<size_t>(std::find(columns.begin(), columns.end(), own[c]) - columns.begin())] = source.cells[row.cells + c];
    TRY(writer.add(row.id, row.text, row.label, extras));
  }
  return writer.finish();
}

Status write_rejects(StageContext& context, const SourceRows& source) {
  std::string table;
  data::append_csv(table, {"file", "line", "reason", "row"});
  for (const auto& reject : source.rejects) data::append_csv(table, {reject.origin, std::to_string(reject.line), reject.reason, reject.raw});
  return write_file(context.output("rejects"), table);
}

size_t weighted_rows(const SourceRows& source) {
  return static_cast<size_t>(std::ranges::count_if(source.rows, [&](const SourceRow& row) { return source.weighted[static_cast<size_t>(row.source)]; }));
}
size_t weighted_rows(const SourceRows& source, const std::vector<Part>& parts) {
  size_t count = 0;
  for (const Part& part : parts)
    for (const auto row : part.rows) count += source.weighted[static_cast<size_t>(source.rows[row].source)];
  return count;
}

Status PreprocessStage::run(StageContext& context) const {
  const Json& params = context.params();
  TRY_ASSIGN(const auto recipe, text::Recipe::make(params["steps"]));
  const int sources = static_cast<int>(context.inputs().size());
  const bool merged = !params["split"].is_null() && sources > 1;

  ReadPolicy policy;
  policy.refuse_bad_rows = params["on_bad_row"] == "fail";
  policy.label_map = params["labels"];
  if (!params["split"].is_null() && !params["split"]["group_by"].is_null()) policy.group_column = params["split"]["group_by"].get<std::string>();

  SourceRows source;
  std::vector<Error> faults;
  for (int s = 0; s < sources; ++s) {
    auto read = read_source(context, s, merged, policy, source);
    if (!read) faults.push_back(std::move(read).error());
  }
  if (!faults.empty()) {
    Error first = std::move(faults.front());
    for (size_t i = 1; i < faults.size(); ++i) {
      auto nested = std::move(faults[i].also);
      faults[i].also.clear();
      first.also.push_back(std::move(faults[i]));
      first.also.insert(first.also.end(), std::make_move_iterator(nested.begin()), std::make_move_iterator(nested.end()));
    }
    return first;
  }

  const size_t weighted = weighted_rows(source);
  take_sample(params["sample"], context.seed(), sources, source);
  context.progress(0.5, "cleaning " + count_of(source.rows.size(), "text"));
  clean(source, recipe);

  const std::vector<InputShape> shapes(context.inputs().begin(), context.inputs().end());
  TRY_ASSIGN(auto parts, divide(context, shapes, source));
  const std::string dedupe = params["dedupe"];
  const auto duplicates = remove_duplicates(source, parts,
                                            dedupe == "none"            ? Dedupe::none
                                            : dedupe == "within_splits" ? Dedupe::within_splits
                                                                        : Dedupe::across_splits);
  auto& report = context.report();
  if (dedupe != "across_splits") TRY(check_quality(source, parts, duplicates, params["checks"], report.warnings));
  else TRY(check_quality(source, parts, DuplicateCount{duplicates.within, 0}, params["checks"], report.warnings));

  if (const size_t lost = weighted - weighted_rows(source, parts); lost > 0)
    report.warnings.push_back(count_of(lost, "row") + " with weights " + (lost == 1 ? "was" : "were") + " left out, and what " + (lost == 1 ? "it" : "they") +
                              " stood for with " + (lost == 1 ? "it" : "them") + ": take all of such an input (no sample, dedupe: none)");

  std::set<std::string> labels;
  for (const auto& row : source.rows)
    if (!row.label.empty()) labels.emplace(row.label);
  for (size_t p = 0; p < parts.size(); ++p) {
    context.progress(0.6 + 0.4 * static_cast<double>(p) / static_cast<double>(parts.size()), "writing " + parts[p].name);
    TRY(write_part(context, parts[p], source, recipe, {labels.begin(), labels.end()}));
    report.metrics["rows." + parts[p].name] = static_cast<double>(parts[p].rows.size());
  }
  TRY(write_rejects(context, source));
  report.summary = profile(source, parts, duplicates);
  report.metrics["rejected"] = static_cast<double>(source.rejects.size());
  if (!source.rejects.empty())
    report.warnings.push_back(count_of(source.rejects.size(), "row") + (source.rejects.size() == 1 ? " was" : " were") + " refused; see rejects.csv");
  return write_file(context.output("profile"), pretty(report.summary));
}

}  // namespace

std::unique_ptr<engine::Stage> make_preprocess_stage() { return std::make_unique<PreprocessStage>(); }

}  // namespace mlopsctl::preprocess
