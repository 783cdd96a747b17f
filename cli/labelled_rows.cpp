#include "cli/labelled_rows.hpp"

#include "pipeline/base/json.hpp"

namespace mlopsctl::cli {

namespace {

// TSV knows no quotes that every reader agrees on: tabs and line ends inside a field become escapes.
void append_tsv(std::string& out, const std::vector<std::string_view>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += '\t';
    for (const char c : fields[i]) {
      if (c == '\t') out += "\\t";
      else if (c == '\n') out += "\\n";
      else if (c == '\r') out += "\\r";
      else out += c;
    }
  }
  out += '\n';
}

}  // namespace

data::Format table_format(std::string_view word, const std::string& file) {
  std::string name = word == "auto" ? file : "." + std::string(word);
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".tsv") || name.ends_with(".tab")) return data::Format::tsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".jsonlines")) return data::Format::json_lines;
  return data::Format::csv;
}

Result<char> delimiter_of(const Arguments& arguments) {
  const std::string text = arguments.value("--delimiter");
  if (text.empty()) return '\0';
  if (text == "\\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text[0];
  return usage_error("--delimiter expects one character, got \"" + text + "\"", "write it in quotes: --delimiter \";\"");
}

void LabelledRows::header(std::string& out) const {
  if (format_ == data::Format::json_lines) return;
  row(out, {columns_.begin(), columns_.end()});
}

void LabelledRows::row(std::string& out, const std::vector<std::string_view>& fields) const {
  if (format_ == data::Format::csv) return data::append_csv(out, fields);
  if (format_ == data::Format::tsv) return append_tsv(out, fields);
  out += '{';
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ", ";
    member(out, i, fields[i]);
  }
  out += "}\n";
}

void LabelledRows::object(std::string& out, std::string_view object, const std::vector<std::string_view>& added) const {
  const size_t brace = object.rfind('}');
  out += object.substr(0, brace);
  for (size_t i = 0; i < added.size(); ++i) {
    out += ", ";
    member(out, columns_.size() - added.size() + i, added[i]);
  }
  out += "}\n";
}

void LabelledRows::member(std::string& out, size_t column, std::string_view value) const {
  out += canonical(Json(columns_[column])) + ": ";
  out += confidence_ && column + 1 == columns_.size() ? std::string(value) : canonical(Json(std::string(value)));
}

}  // namespace mlopsctl::cli
