// What may be wrong with rows that read well: repeated texts, the same text on both sides of a split, too few rows, unexpected labels.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "stages/preprocess/source_rows.hpp"

namespace mlopsctl::preprocess {

// A split under construction: indices into SourceRows::rows, ascending.
struct Part {
  std::string name;
  std::vector<size_t> rows;
};

enum class Dedupe { none, within_splits, across_splits };

struct DuplicateCount {
  int64_t within = 0;  // rows whose cleaned text stands earlier in the same part
  int64_t across = 0;  // rows whose cleaned text stands in another, later part (a training row that is also a test row)
};

// Counts, and removes what `policy` says. Across splits the later part keeps the text: a test row is never given up for a training row.
DuplicateCount remove_duplicates(const SourceRows& source, std::vector<Part>& parts, Dedupe policy);

// `checks` is the canonical value of the field of that name. All failures at once; warnings are appended.
Status check_quality(const SourceRows& source, const std::vector<Part>& parts, const DuplicateCount& duplicates, const Json& checks,
                     std::vector<std::string>& warnings);

// The content of profile.json: per part rows, label mix, text lengths (quantiles), and what was refused.
Json profile(const SourceRows& source, const std::vector<Part>& parts, const DuplicateCount& duplicates);

}  // namespace mlopsctl::preprocess
