// The rows of the outside files, in memory, before and after cleaning.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/engine/stage.hpp"
#include "stages/text/recipe.hpp"

namespace mlopsctl::preprocess {

struct SourceRow {
  int source = 0;    // index of the input
  int64_t line = 0;  // where its record starts in that file
  std::string_view id, raw, label, group;
  std::string_view text;  // cleaned; equal to raw where cleaning changed nothing
  double weight = 1;      // how many rows it stands for
  size_t cells = 0;       // where its further columns begin in SourceRows::cells
};

struct RejectedRow {
  std::string origin;
  int64_t line = 0;
  std::string reason, raw;
};

// Owns the bytes that its rows view.
class SourceRows {
 public:
  std::vector<SourceRow> rows;
  std::vector<RejectedRow> rejects;
  std::vector<std::vector<std::string>> columns;  // of each input: the further columns that its rows keep
  std::vector<bool> weighted;                     // of each input
  std::vector<std::string_view> cells;            // row after row
  int64_t null_rows = 0;                          // rows without a text or, where a label column is named, without a label

  // Copies into a block that never moves.
  std::string_view keep(std::string_view bytes);

 private:
  std::deque<std::string> blocks_;
};

struct ReadPolicy {
  bool refuse_bad_rows = true;      // false: put them into `rejects` and go on
  Json label_map = Json::object();  // applied after the input's own
  std::string group_column;         // empty: the input's own, if any
};

// Reads one external input and appends its rows. With refuse_bad_rows the Error carries the first 20 faults of the file.
Status read_source(engine::StageContext& context, int index, bool several_sources, const ReadPolicy& policy, SourceRows& into);

// Sets `text` of every row; uses every core, the result does not depend on how many.
void clean(SourceRows& rows, const text::Recipe& recipe);

}  // namespace mlopsctl::preprocess
