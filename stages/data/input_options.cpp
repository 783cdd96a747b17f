#include "stages/data/input_options.hpp"

namespace mlopsctl::data {

namespace {

std::string text_of(const Json& options, const char* key) {
  const auto found = options.find(key);
  if (found == options.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

InputOptions input_options(const Json& options) {
  InputOptions result;
  result.text = "text";
  if (!options.is_object()) return result;
  if (const auto text = text_of(options, "text"); !text.empty()) result.text = text;
  result.label = text_of(options, "label");
  result.id = text_of(options, "id");
  result.group = text_of(options, "group");
  result.weight = text_of(options, "weight");
  if (const auto columns = options.find("columns"); columns != options.end() && columns->is_array()) result.columns = columns->get<std::vector<std::string>>();
  if (const auto labels = options.find("labels"); labels != options.end()) result.labels = *labels;

  const std::string format = text_of(options, "format"), encoding = text_of(options, "encoding"), delimiter = text_of(options, "delimiter");
  if (format == "csv") result.table.format = Format::csv;
  if (format == "tsv") result.table.format = Format::tsv;
  if (format == "jsonl") result.table.format = Format::json_lines;
  if (encoding == "utf-8") result.table.encoding = Encoding::utf8;
  if (encoding == "latin-1") result.table.encoding = Encoding::latin1;
  if (!delimiter.empty()) result.table.delimiter = delimiter.front();
  result.table.header = options.value("header", true);
  result.table.quotes = options.value("quotes", true);
  return result;
}

}  // namespace mlopsctl::data
