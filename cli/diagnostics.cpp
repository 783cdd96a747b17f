#include "cli/diagnostics.hpp"

#include <algorithm>

#include "cli/text_width.hpp"
#include "pipeline/base/error_json.hpp"

namespace mlopsctl::cli {

namespace {

constexpr size_t longest_excerpt = 160;  // bytes before a line is cut around the fault

// The line with its number, and carets below the fault. Tabs become one blank each, so that the carets stand right.
std::string excerpt(const SourceSpan& span, const Screen& screen) {
  std::string_view line = span.excerpt;
  size_t start = span.column > 0 ? std::min(static_cast<size_t>(span.column - 1), line.size()) : 0;
  size_t length = std::min(static_cast<size_t>(std::max(span.length, 1)), std::max<size_t>(line.size() - start, 1));
  std::string before, after;
  if (line.size() > longest_excerpt) {
    size_t from = start > longest_excerpt / 2 ? start - longest_excerpt / 2 : 0;
    while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
    size_t to = std::min(line.size(), from + longest_excerpt);
    while (to < line.size() && (static_cast<unsigned char>(line[to]) & 0xC0) == 0x80) ++to;
    if (from > 0) before = "...";
    if (to < line.size()) after = "...";
    line = line.substr(from, to - from);
    start -= from;
    length = std::min(length, line.size() - start);
  }
  const std::string shown_before = before + printable(line.substr(0, start));
  const std::string shown = printable(line.substr(start, length));
  const std::string number = std::to_string(span.line);
  const std::string margin = number.size() < 5 ? std::string(5 - number.size(), ' ') : "";
  std::string out = screen.paint(Style::dim, margin + number + " | ") + shown_before + shown +
                    (start + length < line.size() ? printable(line.substr(start + length)) : "") + after + "\n";
  const int width = std::max(1, display_width(shown));
  out += screen.paint(Style::dim, std::string(margin.size() + number.size(), ' ') + " | ") +
         std::string(static_cast<size_t>(display_width(shown_before)), ' ') + screen.paint(Style::red, "^" + std::string(static_cast<size_t>(width - 1), '~')) +
         "\n";
  return out;
}

std::string place(const SourceSpan& span) {
  std::string text = printable(span.file);
  if (span.line > 0) text += ":" + std::to_string(span.line) + ":" + std::to_string(std::max(span.column, 1));
  return text + ": ";
}

std::string render_one(const Error& error, const Screen& screen) {
  std::string out;
  if (error.span) out += screen.paint(Style::bold, place(*error.span));
  out += screen.paint(Style::red, "error:") + " ";
  if (!error.field.empty()) out += error.field + ": ";
  out += error.message + "\n";
  if (error.span && error.span->line > 0 && !error.span->excerpt.empty()) out += excerpt(*error.span, screen);
  for (const auto& note : error.notes) out += screen.paint(Style::cyan, "note:") + " " + note + "\n";
  if (!error.hint.empty()) out += screen.paint(Style::green, "hint:") + " " + error.hint + "\n";
  return out;
}

// The faults of a tree in order, each without its own `also`.
void flatten(const Error& error, std::vector<const Error*>& into) {
  into.push_back(&error);
  for (const Error& further : error.also) flatten(further, into);
}

}  // namespace

std::string render_error(const Error& error, const Screen& screen) {
  std::vector<const Error*> faults;
  flatten(error, faults);
  std::string out;
  for (const Error* fault : faults) out += render_one(*fault, screen);
  if (faults.size() > 1) out += std::to_string(faults.size()) + " errors\n";
  return out;
}

Json error_json(const Error& error) {
  Json json = to_json(error);
  json["type"] = "error";
  return json;
}

}  // namespace mlopsctl::cli
