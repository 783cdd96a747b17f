#include "tests/unit/spec/catalog.hpp"

#include <atomic>
#include <fstream>

#include <unistd.h>

namespace mlopsctl::spec {

StageCatalog small_catalog() {
  const auto steps_table = steps({
      {"lowercase", "Lower case.", {}},
      {"stop_words",
       "Drops frequent words.",
       {with_default("language", choice({"en", "de"}), "en", "Which list."), optional("extra", list(text("film")), "More words.")}},
  });
  const auto models = variant(
      "type", {
                  {"linear-svm",
                   "A linear SVM.",
                   {with_default("c", number(0, {}, "0.5"), 1, "Cost."), with_default("ngrams", list(integer(1, 9), 2, 2), {1, 1}, "Lengths.")}},
                  {"naive-bayes", "Naive Bayes.", {with_default("smoothing", number(0), 1, "Added to counts."), optional("base", model(), "Start here.")}},
              });
  return {
      {"preprocess",
       "Cleans rows.",
       {with_default("steps", steps_table, Json::array(), "In order."),
        optional("split", object({required("shares", map(number(0, 1, "0.8")), "By name."), with_default("stratify", boolean(), true, "Keep the mix.")}),
                 "How to split.")}},
      {"train",
       "Trains a model.",
       {required("model", models, "The family."), with_default("learning_rate", number(0, 10, "0.001"), 0.1, "Step size."),
        with_default("budget", duration(), 60, "Time to train.")}},
      {"evaluate",
       "Judges.",
       {optional("champion", model(), "To compare with."), with_default("floor", any_of({number(0, 1), choice({"none", "auto"})}), "none", "Least accuracy.")}},
  };
}

namespace {

void say_one(const Error& error, std::string& out) {
  if (error.span) {
    out +=
        std::filesystem::path(error.span->file).filename().string() + ":" + std::to_string(error.span->line) + ":" + std::to_string(error.span->column) + ": ";
  }
  if (!error.field.empty()) out += error.field + ": ";
  out += error.message + "\n";
  if (!error.hint.empty()) out += "  hint: " + error.hint + "\n";
}

}  // namespace

std::string say(const Error& error) {
  std::string out;
  say_one(error, out);
  for (const auto& other : error.also) say_one(other, out);
  return out;
}

Project::Project() {
  static std::atomic<int> count = 0;
  folder_ = std::filesystem::temp_directory_path() / ("mlopsctl-spec-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(folder_);
}

Project::~Project() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path Project::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
  return folder_ / name;
}

Result<Pipeline> load_text(const std::string& text, const std::vector<std::string>& sets) {
  const Project project;
  return load({{project.write("pipeline.yaml", text)}, sets, {}}, small_catalog());
}

Result<Pipeline> load_texts(const std::vector<std::string>& texts, const std::vector<std::string>& sets) {
  const Project project;
  LoadOptions options;
  options.sets = sets;
  for (size_t i = 0; i < texts.size(); ++i) options.files.push_back(project.write(std::string(1, static_cast<char>('a' + i)) + ".yaml", texts[i]));
  return load(options, small_catalog());
}

std::string faults_of(const std::string& text, const std::vector<std::string>& sets) {
  const auto loaded = load_text(text, sets);
  return loaded ? "" : say(loaded.error());
}

std::string with_stage(const std::string& lines) {
  std::string text =
      "apiVersion: mlopsctl/v1\nname: demo\ninputs: {rows: {path: rows.csv, text: text}}\nstages:\n  fit:\n    kind: train\n    inputs: [rows]\n";
  size_t start = 0;
  while (start < lines.size()) {
    size_t end = lines.find('\n', start);
    if (end == std::string::npos) end = lines.size();
    text += "    " + lines.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return text;
}

}  // namespace mlopsctl::spec
