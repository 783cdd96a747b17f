// A small catalog and a way to load a text as the pipeline file, for the tests of this folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::spec {

StageCatalog small_catalog();

// Every fault on lines of its own: "pipeline.yaml:3:5: stages.fit: message" and, if there is one, "  hint: ...".
std::string say(const Error& error);

// A folder of its own, removed at the end.
class Project {
 public:
  Project();
  ~Project();
  std::filesystem::path write(const std::string& name, const std::string& text) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// Loads `text` as pipeline.yaml, with the small catalog. Folders do not appear in messages.
Result<Pipeline> load_text(const std::string& text, const std::vector<std::string>& sets = {});
Result<Pipeline> load_texts(const std::vector<std::string>& texts, const std::vector<std::string>& sets = {});  // a.yaml, b.yaml, ...
// What loading `text` complains of; "" when it does not.
std::string faults_of(const std::string& text, const std::vector<std::string>& sets = {});

// A file whose only stage `fit` (kind train) has `lines` besides, each indented by four.
std::string with_stage(const std::string& lines);

}  // namespace mlopsctl::spec
