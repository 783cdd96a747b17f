// Labels that people filled in, into the file of labelled rows that the pipeline reads: id,text,label,weight,stratum,sample, one sample a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "stages/data/table.hpp"
#include "stages/label/sample.hpp"

namespace mlopsctl::label {

// Labels of the sample's rows that a file of labelled rows has.
struct Known {
  std::map<std::string, std::string> labels;  // by id
  bool of_another = false;                    // the file is of another sample
};
// Of this sample: all that the file has; of another: those of rows with the same id and text, for a label is a fact about a text, whichever sample asked for
// it. None where the file is not there. Errors, all that there are: it is of a larger draw of this sample; an unknown label or id, a row twice.
Result<Known> known_labels(const std::filesystem::path& file, const Sample& sample);

// What people fill in: id,text,label of each row that is not in the sample's file yet; the label is empty, or as another sample has it.
std::string form_of(const Sample& sample, const Known& known);

struct Imported {
  std::string csv;  // the whole new file of labelled rows
  int64_t added = 0, known = 0, empty = 0, rows = 0;
};
// Adds the labels of `filled` to those of `file`. An empty label means: not yet. A row's weight is how many rows of its stratum there are for each that is
// labelled, so it falls as labels come in. The same file once more changes nothing. Errors, all that there are, by line: an unknown label (with what may be
// meant) or id, a row twice, another label than the file has; the file is of another sample; a stratum of which nothing is labelled.
Result<Imported> import_labels(const std::filesystem::path& filled, const data::TableOptions& options, const Sample& sample, const std::filesystem::path& file);

}  // namespace mlopsctl::label
