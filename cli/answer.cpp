#include "cli/answer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/text_width.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::cli {

namespace {

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

const Json& at_path(const Json& row, std::string_view path) {
  static const Json nothing;
  const Json* here = &row;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (!here->is_object() || !here->contains(key)) return nothing;
    here = &(*here)[key];
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return *here;
}

bool right_aligned(As as) { return as == As::number || as == As::integer || as == As::percent || as == As::seconds || as == As::bytes; }

Style style_of_state(std::string_view state) {
  if (state == "succeeded" || state == "pass" || state == "reused" || state == "reuse" || state == "ok") return Style::green;
  if (state == "failed" || state == "fail" || state == "timed_out" || state == "refused") return Style::red;
  if (state == "inconclusive" || state == "run" || state == "interrupted" || state == "cancelled" || state == "warn") return Style::yellow;
  return Style::plain;
}

// Narrows the widest columns, those kept whole left alone, until the row fits the screen; a column keeps at least 8.
void squeeze(std::vector<int>& widths, const std::vector<Column>& columns, int available) {
  const auto total = [&] {
    int sum = 0;
    for (const int width : widths) sum += width + 2;
    return sum - 2;
  };
  while (total() > available) {
    int* widest = nullptr;
    for (size_t i = 0; i < widths.size(); ++i)
      if (!columns[i].whole && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    if (widest == nullptr || *widest <= 8) return;
    --*widest;
  }
}

std::string table_text(const Json& all, const Block& block, const Screen& screen) {
  const auto& columns = block.columns;
  Json rows = all;
  if (block.limit > 0 && rows.size() > block.limit) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(block.limit), rows.end());
  std::vector<std::vector<std::string>> cells;
  std::vector<int> widths;
  for (const auto& column : columns) widths.push_back(display_width(column.title));
  for (const auto& row : rows) {
    std::vector<std::string> line;
    for (size_t i = 0; i < columns.size(); ++i) {
      line.push_back(printable(cell(at_path(row, columns[i].key), columns[i].as)));
      widths[i] = std::max(widths[i], display_width(line.back()));
    }
    cells.push_back(std::move(line));
  }
  if (screen.terminal) squeeze(widths, columns, screen.width);

  const auto print = [&](const std::vector<std::string>& line, bool head) {
    std::string text;
    for (size_t i = 0; i < columns.size(); ++i) {
      const bool last = i + 1 == columns.size();
      std::string padded = pad(line[i], widths[i], screen.utf8, right_aligned(columns[i].as));
      if (last) padded.erase(padded.find_last_not_of(' ') + 1);
      const Style style = head ? Style::bold : columns[i].as == As::state ? style_of_state(line[i]) : Style::plain;
      text += screen.paint(style, padded);
      if (!last) text += "  ";
    }
    if (!screen.color) text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::vector<std::string> titles;
  for (const auto& column : columns) titles.push_back(column.title);
  std::string out = print(titles, true);
  for (const auto& line : cells) out += print(line, false);
  if (rows.size() < all.size()) out += screen.paint(Style::dim, "and " + std::to_string(all.size() - rows.size()) + " more (--json shows all)") + "\n";
  return out;
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  const char* const units[] = {"kB", "MB", "GB", "TB"};
  size_t unit = 0;
  value /= 1000;
  while (value >= 999.5 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  return format(value < 9.95 ? "%.1f " : "%.0f ", value) + units[unit];
}

std::string cell(const Json& value, As as) {
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::string joined;
    for (const auto& item : value) joined += (joined.empty() ? "" : ", ") + cell(item, as);
    return joined.empty() ? "-" : joined;
  }
  if (value.is_number()) {
    const double number = value.get<double>();
    switch (as) {
      case As::number:
        return format(number == std::floor(number) && std::abs(number) >= 2 ? "%.0f" : "%.4f", number);  // counts are whole
      case As::integer:
        return format("%.0f", number);
      case As::percent:
        return format("%.1f %%", 100 * number);
      case As::seconds:
        return human_duration(number);
      case As::bytes:
        return human_bytes(value.get<uint64_t>());
      default:
        return value.is_number_float() ? format("%.6g", number) : value.dump();
    }
  }
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_string()) return canonical(value);
  std::string text = value.get<std::string>();
  if (as == As::digest) return text.size() > 19 && text.starts_with("sha256:") ? text.substr(0, 19) : engine::as_written(text);  // sha256:<12>
  if (as == As::time && text.size() >= 19 && text[10] == 'T') return text.substr(0, 10) + " " + text.substr(11, 8);
  return text;
}

Answer& Answer::line(std::string text, Style style) {
  blocks.push_back({Block::Kind::line, std::move(text), {}, style, 0});
  return *this;
}

Answer& Answer::table(std::string key, std::vector<Column> columns, size_t limit) {
  blocks.push_back({Block::Kind::table, std::move(key), std::move(columns), Style::plain, limit});
  return *this;
}

Answer& Answer::verbatim(std::string text) {
  blocks.push_back({Block::Kind::verbatim, std::move(text), {}, Style::plain, 0});
  return *this;
}

std::string as_json(const Answer& answer) { return answer.streamed ? canonical(answer.value) + "\n" : pretty(answer.value); }

std::string as_text(const Answer& answer, const Screen& screen) {
  std::string out;
  for (const auto& block : answer.blocks) {
    switch (block.kind) {
      case Block::Kind::line:
        out += screen.paint(block.style, block.text) + "\n";
        break;
      case Block::Kind::verbatim:
        out += block.text;
        break;
      case Block::Kind::table:
        out += table_text(at_path(answer.value, block.text), block, screen);
        break;
    }
  }
  return out;
}

}  // namespace mlopsctl::cli
