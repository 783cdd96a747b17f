// A sample that was drawn for labelling, kept beside the file that people fill in: FILE.sample.json. It holds what they need not see, and what makes the
// labels worth their weight: from which stratum each row is, and how many rows that has.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "stages/label/draw.hpp"

namespace mlopsctl::label {

struct Sample {
  std::string input, input_digest, champion, challenger;  // the file, and digests
  uint64_t seed = 0;
  std::vector<std::string> labels;  // that both models know, sorted
  std::vector<Stratum> strata;
  struct Row {
    std::string id, text;
    size_t stratum;
    std::string asked_by = {};  // the older sample that brought its label along; empty: this one asks for it
  };
  std::vector<Row> rows;

  // Twelve digits: of the same file, models and seed, however many rows were drawn.
  std::string name() const;
};

Json to_json(const Sample& sample);
// Errors: the file is none of ours.
Result<Sample> read_sample(const std::filesystem::path& path);
// Where the sample of a file that is filled in is looked for.
std::filesystem::path sample_path(const std::filesystem::path& filled);

}  // namespace mlopsctl::label
