#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "stages/data/rows.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::data {

namespace {

constexpr size_t buffered = 1u << 20;

}  // namespace

Result<RowsWriter> RowsWriter::create(const std::filesystem::path& folder, RowsInfo info, bool with_raw, bool with_group) {
  TRY(make_folders(folder));
  RowsWriter writer;
  writer.folder_ = folder;
  writer.info_ = std::move(info);
  writer.with_raw_ = with_raw;
  writer.with_group_ = with_group;
  writer.collect_labels_ = writer.info_.labels.empty();
  std::sort(writer.info_.labels.begin(), writer.info_.labels.end());
  const std::string path = (folder / "rows.csv").string();
  writer.file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!writer.file_.valid()) return io_error("create", path, errno);
  writer.fields_ = {"id", "text", "label"};
  if (with_raw) writer.fields_.push_back("raw");
  if (with_group) writer.fields_.push_back("group");
  if (writer.info_.weighted) writer.fields_.push_back(weight_column);
  std::vector<std::string> names;
  for (const std::string& name : writer.info_.columns) names.push_back(std::string(column_prefix) + name);
  writer.fields_.insert(writer.fields_.end(), names.begin(), names.end());
  append_csv(writer.buffer_, writer.fields_);
  return writer;
}

Status RowsWriter::add(std::string_view id, std::string_view text, std::string_view label, const RowExtras& extras) {
  if (!label.empty() && collect_labels_ && seen_labels_.find(label) == seen_labels_.end()) seen_labels_.emplace(label);
  if (!label.empty() && !collect_labels_ && !std::binary_search(info_.labels.begin(), info_.labels.end(), label))
    return stage_error("label \"" + std::string(label) + "\" of row " + std::string(id) + " is not in the list of labels");
  fields_.assign({id, text, label});
  if (with_raw_) fields_.push_back(extras.raw == text ? std::string_view() : extras.raw);
  if (with_group_) fields_.push_back(extras.group);
  const std::string weight = info_.weighted ? canonical(Json(extras.weight)) : std::string();
  if (info_.weighted) fields_.push_back(weight);
  fields_.insert(fields_.end(), extras.columns.begin(), extras.columns.end());
  append_csv(buffer_, fields_);
  ++rows_;
  return buffer_.size() < buffered ? Status() : flush();
}

Status RowsWriter::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("write", (folder_ / "rows.csv").string(), errno);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return {};
}

Status RowsWriter::finish() {
  TRY(flush());
  if (::close(file_.release()) != 0) return io_error("close", (folder_ / "rows.csv").string(), errno);
  if (collect_labels_) info_.labels.assign(seen_labels_.begin(), seen_labels_.end());
  Json description = {{"format", "mlopsctl-rows-1"}, {"labels", info_.labels}, {"recipe", info_.recipe}, {"rows", rows_}, {"origin", info_.origin}};
  if (!info_.columns.empty()) description["columns"] = info_.columns;
  return write_file(folder_ / "rows.json", pretty(description));
}

}  // namespace mlopsctl::data
