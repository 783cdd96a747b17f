// Rows: the artifact that preprocess writes and every other stage reads. A folder with
//   rows.csv   header `id,text,label[,raw][,group][,weight][,column.NAME]...`; text is cleaned; raw is the text before cleaning, empty where cleaning
//              changed nothing
//   rows.json  {"format": "mlopsctl-rows-1", "labels": [...], "recipe": {...}, "rows": n, "origin": "train.csv"[, "columns": [NAME, ...]]}
// so that data always travels with the recipe that cleaned it. What stands in brackets is there only where it was asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::data {

inline constexpr std::string_view weight_column = "weight", column_prefix = "column.";  // in rows.csv

struct RowsInfo {
  std::vector<std::string> labels;     // sorted; empty for unlabelled rows
  Json recipe = Json::object();        // see text::Recipe
  std::string origin;                  // for messages
  bool weighted = false;               // rows say how many rows they stand for
  std::vector<std::string> columns{};  // further ones of the file that the rows keep
};

// All rows in memory: one arena and views into it. Row i of n.
class Rows {
 public:
  // A folder that is not a rows artifact, or one whose two files disagree, is an error.
  static Result<Rows> load(const std::filesystem::path& folder);
  Rows(Rows&&) noexcept = default;
  Rows& operator=(Rows&&) noexcept = default;

  size_t size() const { return text_.size(); }
  std::string_view id(size_t i) const { return id_[i]; }
  std::string_view text(size_t i) const { return text_[i]; }  // cleaned
  std::string_view raw(size_t i) const { return raw_.empty() || raw_[i].empty() ? text_[i] : raw_[i]; }
  int label(size_t i) const { return label_[i]; }  // index into info().labels; -1: none
  std::string_view group(size_t i) const { return group_.empty() ? std::string_view() : group_[i]; }
  double weight(size_t i) const { return weight_.empty() ? 1 : weight_[i]; }                                    // how many rows it stands for
  std::string_view column(size_t i, size_t column) const { return cells_[i * info_.columns.size() + column]; }  // of info().columns
  const RowsInfo& info() const { return info_; }
  const std::vector<std::string_view>& texts() const { return text_; }  // all of text(i), for a vectorizer or a classifier

 private:
  friend class RowsBuilder;
  Rows() = default;
  RowsInfo info_;
  std::vector<std::string> arena_;  // blocks that never move
  std::vector<std::string_view> id_, text_, raw_, group_, cells_;
  std::vector<int> label_;
  std::vector<double> weight_;
};

// A finite number above 0.
std::optional<double> weight_in(std::string_view text);

// What a row may have besides id, text and label. `columns` has as many values as RowsInfo::columns has names.
struct RowExtras {
  std::string_view raw, group;
  double weight = 1;
  std::vector<std::string_view> columns{};
};

// Makes Rows in memory; everything is copied.
class RowsBuilder {
 public:
  explicit RowsBuilder(RowsInfo info, bool with_raw = false, bool with_group = false);
  // A label that info.labels does not hold is an error; the empty label means none.
  Status add(std::string_view id, std::string_view text, std::string_view label, const RowExtras& extras = {});
  Rows finish() { return std::move(rows_); }

 private:
  std::string_view keep(std::string_view bytes);
  Rows rows_;
  bool with_raw_, with_group_;
};

// Writes a rows folder into scratch (no flush: the store does that). Where info.labels is empty, the labels seen become the list.
class RowsWriter {
 public:
  static Result<RowsWriter> create(const std::filesystem::path& folder, RowsInfo info, bool with_raw, bool with_group);
  // `raw` is stored only where it differs from `text`.
  Status add(std::string_view id, std::string_view text, std::string_view label, const RowExtras& extras = {});
  Status finish();  // writes rows.json

 private:
  RowsWriter() = default;
  Status flush();
  std::filesystem::path folder_;
  RowsInfo info_;
  bool with_raw_ = false, with_group_ = false, collect_labels_ = false;
  int64_t rows_ = 0;
  std::set<std::string, std::less<>> seen_labels_;
  std::vector<std::string_view> fields_;
  std::string buffer_;
  FileDescriptor file_;
};

}  // namespace mlopsctl::data
