#include "stages/data/rows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "stages/data/table.hpp"

namespace mlopsctl::data {

namespace {

constexpr size_t arena_block = 1u << 20;
constexpr std::string_view format_name = "mlopsctl-rows-1";

Error not_rows(const std::filesystem::path& folder, std::string_view why) {
  Error error = stage_error(folder.string() + " is not a rows artifact: " + std::string(why));
  error.hint = "name the output of a preprocess stage";
  return error;
}

Result<Json> read_description(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "rows.json";
  std::error_code fault;
  if (!std::filesystem::exists(path, fault) && !fault) return not_rows(folder, "it has no rows.json");
  TRY_ASSIGN(const std::string text, read_file(path));
  TRY_ASSIGN(Json description, parse_json(text, path.string()));
  const auto format = description.find("format");
  if (format == description.end() || *format != format_name) return not_rows(folder, "rows.json does not say \"format\": \"" + std::string(format_name) + "\"");
  return description;
}

Result<RowsInfo> info_of(const Json& description, const std::filesystem::path& folder) {
  RowsInfo info;
  try {
    info.labels = description.at("labels").get<std::vector<std::string>>();
    info.recipe = description.at("recipe");
    info.origin = description.at("origin").get<std::string>();
    info.columns = description.value("columns", std::vector<std::string>());
  } catch (const Json::exception&) { return not_rows(folder, "rows.json lacks labels, recipe or origin"); }
  return info;
}

}  // namespace

std::optional<double> weight_in(std::string_view text) {
  double weight = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), weight);
  return fault == std::errc() && end == text.data() + text.size() && std::isfinite(weight) && weight > 0 ? std::optional(weight) : std::nullopt;
}

RowsBuilder::RowsBuilder(RowsInfo info, bool with_raw, bool with_group) : with_raw_(with_raw), with_group_(with_group) { rows_.info_ = std::move(info); }

std::string_view RowsBuilder::keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  std::vector<std::string>& arena = rows_.arena_;
  if (arena.empty() || arena.back().capacity() - arena.back().size() < bytes.size()) {
    arena.emplace_back();
    arena.back().reserve(std::max(arena_block, bytes.size()));
  }
  std::string& block = arena.back();
  const size_t start = block.size();
  block += bytes;
  return std::string_view(block).substr(start);
}

Status RowsBuilder::add(std::string_view id, std::string_view text, std::string_view label, const RowExtras& extras) {
  int index = -1;
  if (!label.empty()) {
    const std::vector<std::string>& labels = rows_.info_.labels;
    const auto found = std::lower_bound(labels.begin(), labels.end(), label);
    if (found == labels.end() || *found != label)
      return stage_error("label \"" + std::string(label) + "\" of row " + std::string(id) + " is not in the list of labels");
    index = static_cast<int>(found - labels.begin());
  }
  rows_.id_.push_back(keep(id));
  rows_.text_.push_back(keep(text));
  rows_.label_.push_back(index);
  if (with_raw_) rows_.raw_.push_back(keep(extras.raw));
  if (with_group_) rows_.group_.push_back(keep(extras.group));
  if (rows_.info_.weighted) rows_.weight_.push_back(extras.weight);
  for (const std::string_view cell : extras.columns) rows_.cells_.push_back(keep(cell));
  return {};
}

Result<Rows> Rows::load(const std::filesystem::path& folder) {
  TRY_ASSIGN(const Json description, read_description(folder));
  TRY_ASSIGN(RowsInfo info, info_of(description, folder));
  if (!std::is_sorted(info.labels.begin(), info.labels.end())) return not_rows(folder, "its labels are not sorted");

  const std::string origin = (folder / "rows.csv").string();
  TableOptions options;
  options.format = Format::csv;
  options.encoding = Encoding::utf8;
  TRY_ASSIGN(TableReader reader, TableReader::open(folder / "rows.csv", options, origin));
  TRY_ASSIGN(const size_t id, reader.column("id"));
  TRY_ASSIGN(const size_t text, reader.column("text"));
  TRY_ASSIGN(const size_t label, reader.column("label"));
  const Result<size_t> raw = reader.column("raw");
  const Result<size_t> group = reader.column("group"), weight = reader.column(weight_column);
  std::vector<size_t> columns;
  for (const std::string& name : info.columns) {
    TRY_ASSIGN(const size_t column, reader.column(std::string(column_prefix) + name));
    columns.push_back(column);
  }
  info.weighted = weight.ok();

  RowsBuilder builder(std::move(info), raw.ok(), group.ok());
  Record record;
  BadRecord bad;
  while (true) {
    TRY_ASSIGN(const Next next, reader.next(record, bad));
    if (next == Next::end) break;
    if (next == Next::bad) return std::move(bad.fault).note("while reading " + folder.string());
    RowExtras extras;
    if (raw.ok()) extras.raw = record.fields[*raw];
    if (group.ok()) extras.group = record.fields[*group];
    if (weight.ok()) {
      const auto number = weight_in(record.fields[*weight]);
      if (!number) return not_rows(folder, "\"" + std::string(record.fields[*weight]) + "\" is no weight");
      extras.weight = *number;
    }
    for (const size_t column : columns) extras.columns.push_back(record.fields[column]);
    TRY(builder.add(record.fields[id], record.fields[text], record.fields[label], extras));
  }
  Rows rows = builder.finish();
  const auto count = description.find("rows");
  if (count == description.end() || !count->is_number_integer() || count->get<int64_t>() != static_cast<int64_t>(rows.size()))
    return not_rows(folder, "rows.json and rows.csv disagree on the number of rows (" + std::to_string(rows.size()) + " found)");
  return rows;
}

}  // namespace mlopsctl::data
