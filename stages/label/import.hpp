// Labels that people filled in, into the file of labelled rows that the pipeline reads: id,text,label,weight,stratum,sample, one sample a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "stages/data/table.hpp"
#include "stages/label/sample.hpp"

namespace mlopsctl::label {

// The labels of a file of labelled rows, by id; none where the file is not there. Errors, all that there are: it is of another sample, or of a larger draw
// of this one; an unknown label or id, a row twice.
Result<std::map<std::string, std::string>> read_labelled(const std::filesystem::path& file, const Sample& sample);

struct Imported {
  std::string csv;  // the whole new file of labelled rows
  int64_t added = 0, known = 0, empty = 0, rows = 0;
};
// Adds the labels of `filled` to those of `file`. An empty label means: not yet. A row's weight is how many rows of its stratum there are for each that is
// labelled, so it falls as labels come in. The same file once more changes nothing. Errors, all that there are, by line: an unknown label (with what may be
// meant) or id, a row twice, another label than the file has; a stratum of which nothing is labelled.
Result<Imported> import_labels(const std::filesystem::path& filled, const data::TableOptions& options, const Sample& sample, const std::filesystem::path& file);

}  // namespace mlopsctl::label
