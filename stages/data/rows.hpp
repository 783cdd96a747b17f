// Rows: the artifact that preprocess writes and every other stage reads. A folder with
//   rows.csv   header `id,text,label[,raw][,group]`; text is cleaned; raw is the text before cleaning, empty where cleaning changed nothing
//   rows.json  {"format": "mlopsctl-rows-1", "labels": [...], "recipe": {...}, "rows": n, "origin": "train.csv"}
// so that data always travels with the recipe that cleaned it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::data {

struct RowsInfo {
  std::vector<std::string> labels;  // sorted; empty for unlabelled rows
  Json recipe = Json::object();     // see text::Recipe
  std::string origin;               // for messages
};

// All rows in memory: one arena and views into it. Row i of n.
class Rows {
 public:
  static Result<Rows> load(const std::filesystem::path& folder);

  size_t size() const { return text_.size(); }
  std::string_view id(size_t i) const { return id_[i]; }
  std::string_view text(size_t i) const { return text_[i]; }   // cleaned
  std::string_view raw(size_t i) const { return raw_[i].empty() ? text_[i] : raw_[i]; }
  int label(size_t i) const { return label_[i]; }              // index into info().labels; -1: none
  std::string_view group(size_t i) const { return group_.empty() ? std::string_view() : group_[i]; }
  const RowsInfo& info() const { return info_; }

 private:
  friend class RowsBuilder;
  RowsInfo info_;
  std::vector<std::string> arena_;  // blocks that never move
  std::vector<std::string_view> id_, text_, raw_, group_;
  std::vector<int> label_;
};

// Writes a rows folder into scratch (no flush: the store does that).
class RowsWriter {
 public:
  static Result<RowsWriter> create(const std::filesystem::path& folder, RowsInfo info, bool with_raw, bool with_group);
  Status add(std::string_view id, std::string_view text, std::string_view label, std::string_view raw, std::string_view group);
  Status finish();  // writes rows.json

 private:
  RowsWriter() = default;
  std::filesystem::path folder_;
  RowsInfo info_;
  bool with_raw_ = false, with_group_ = false;
  int64_t rows_ = 0;
  std::string buffer_;
};

}  // namespace mlopsctl::data
