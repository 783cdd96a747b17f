#include "pipeline/spec/top_level.hpp"
#include "pipeline/spec/alerts.hpp"
#include "pipeline/spec/retrain.hpp"

namespace mlopsctl::spec {

std::vector<Field> stage_fields() {
  return {
      with_default("inputs", list(text("train")), Json::array(),
                   "What the stage reads: an input, a stage (all its outputs), or one output of a stage, such as clean.test."),
      optional("seed", integer(0, {}, "1"), "Seed of this stage; the pipeline's own where absent."),
      with_default("timeout", duration("30m"), 0, "Stop the stage after this time; 0 sets no limit."),
      with_default("retries", integer(0, 10), 0, "How often a failed stage is tried again."),
      with_default("runner", choice({"process", "thread"}), "process", "Where the stage runs: in a child process, or in a thread of mlopsctl itself."),
      with_default("cache", boolean(), true, "Whether a known result may be used instead of running the stage."),
  };
}

std::vector<Field> input_fields() {
  return {
      required("path", text("data/train.csv"), "The file, relative to the project folder; .gz is read as it is."),
      required("text", text("text"), "Column with the text; a number counts from 0 where the file has no header."),
      optional("label", text("label"), "Column with the label; absent for rows without one."),
      optional("id", text("id"), "Column that identifies a row; the row's number where absent."),
      optional("group", text("user"), "Column whose equal values must not be separated by a split."),
      optional("weight", text("weight"),
               "Column that says how many rows a row stands for, as `mlopsctl label import` writes it; each for itself where absent."),
      with_default("columns", list(text("airline")), Json::array(), "Further columns that the rows keep, for slices."),
      optional("labels", map(text("negative")), "Renames labels: {0: negative, 4: positive}."),
      with_default("format", choice({"auto", "csv", "tsv", "jsonl"}), "auto", "How the file is written; auto goes by its name."),
      with_default("encoding", choice({"auto", "utf-8", "latin-1"}), "auto", "auto takes UTF-8 where the file is valid UTF-8, else latin-1."),
      with_default("header", boolean(), true, "Whether the first record names the columns; without it they are called 0, 1, 2 ..."),
      optional("delimiter", character("\";\""), "What separates fields; a comma in CSV and a tab in TSV where absent."),
      with_default("quotes", boolean(), true, "Whether \" quotes fields; false where it is an ordinary character."),
  };
}

TypePtr pipeline_type(const StageCatalog& catalog) {
  std::vector<Alternative> kinds;
  const auto common = stage_fields();
  for (const auto& kind : catalog) {
    Alternative alternative{kind.kind, kind.doc, common};
    alternative.fields.insert(alternative.fields.end(), kind.fields.begin(), kind.fields.end());
    kinds.push_back(std::move(alternative));
  }
  return object({
      required("apiVersion", choice({"mlopsctl/v1"}), "Version of this format."),
      required("name", dns_label("my-pipeline"), "Name of the pipeline: lower-case letters, digits and '-'."),
      with_default("seed", integer(0, {}, "1"), 0, "Seed of everything random."),
      with_default("vars", named_map(text("../data")), Json::object(), "Variables: ${name} stands for the value anywhere in a text; $$ is a plain $."),
      with_default("inputs", named_map(object(input_fields())), Json::object(), "Files that come from outside, by name."),
      with_default("alerts", named_map(alert_type()), Json::object(), "Who is told, and how, when a gate or a drift check says something, by name."),
      with_default("decisions",
                   object({with_default("trust", list(text("\"ed25519:...\"")), Json::array(),
                                        "Public keys whose decision records may release a model; none: the key that this project signs with.")}),
                   Json::object(), "Whose decisions count."),
      optional("retrain", retrain_type(), "When `mlopsctl retrain` trains anew, and on which rows."),
      required("stages", named_map(variant("kind", std::move(kinds)), 1), "What is done, by name."),
  });
}

}  // namespace mlopsctl::spec
