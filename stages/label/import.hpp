// Labels that people filled in, into the file of labelled rows that the pipeline reads: id,text,label,weight,stratum,sample,asked_by, one sample
// a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "stages/data/table.hpp"
#include "stages/label/sample.hpp"

namespace mlopsctl::label {

// What is labelled already of a sample's rows.
struct Known {
  std::map<std::string, std::string> here;         // by id: in the sample's own file
  std::map<std::string, std::string> brought;      // by id: of other samples, where the text is the same; a label is a fact about a text
  std::map<std::string, std::string> asked_by;     // of those that an older sample asked for, that one's name
  int64_t unknown = 0;                             // further labels of the same texts that not both models know
  std::filesystem::path file;                      // the sample's own: the first of `files` that is, or is not there yet; empty: none
  std::vector<std::filesystem::path> absent = {};  // of `files`: those that are not there yet
};
// By files of labelled rows. Errors, all that there are: a file is of a larger draw of this sample, or of several samples; an unknown id, a row twice; two
// labels for one text.
Result<Known> known_labels(const std::vector<std::filesystem::path>& files, const Sample& sample);

// What people fill in: id,text,label of each row that is not in the sample's own file yet; the label is empty, or was brought along.
std::string form_of(const Sample& sample, const Known& known);

struct Imported {
  std::string csv;  // the whole new file of labelled rows
  int64_t added = 0, known = 0, empty = 0, rows = 0;
};
// Adds the labels of `filled` to those of `file`. An empty label means: not yet. A row's weight is how many rows of its stratum there are for each that is
// labelled, so it falls as labels come in. Labels that were brought along do not stand for rows that were asked for, since nobody drew them evenly: of a
// stratum's rows each of the two kinds stands for the share that it has of the draw (two-phase sampling, Cochran 1977, ch. 12). The same file once more changes
// nothing. Errors, all that there are, by line: an unknown label (with what may be meant) or id, a row twice, another label than the file has; the file is of
// another sample; a stratum of which nothing is labelled.
Result<Imported> import_labels(const std::filesystem::path& filled, const data::TableOptions& options, const Sample& sample, const std::filesystem::path& file);

}  // namespace mlopsctl::label
