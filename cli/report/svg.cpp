#include "cli/report/svg.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace mlopsctl::cli::report {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Length of the valid UTF-8 character at `at`; 0 when there is none.
size_t character_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if ((lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xED && byte(at + 1) > 0x9F) || (lead == 0xF0 && byte(at + 1) < 0x90) ||
      (lead == 0xF4 && byte(at + 1) > 0x8F))
    return 0;
  return length;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t length = character_length(text, at);
    if (length != 1) {
      out += length == 0 ? replacement : text.substr(at, length);
      at += length == 0 ? 1 : length;
      continue;
    }
    const char c = text[at++];
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') out += replacement;
    else out += c;
  }
  return out;
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string compact(double value) {
  std::string text = fixed(std::isfinite(value) ? value : 0, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

Svg::Svg(double width, double height, std::string_view title, std::string_view description) {
  body_ = "<svg viewBox=\"0 0 " + compact(width) + " " + compact(height) + "\" role=\"img\" style=\"max-width:" + compact(width) + "px\"><title>" +
          escape(title) + "</title><desc>" + escape(description) + "</desc>";
}

Svg& Svg::rect(double x, double y, double width, double height, std::string_view css_class, std::string_view tip, double radius) {
  body_ += "<rect x=\"" + compact(x) + "\" y=\"" + compact(y) + "\" width=\"" + compact(width) + "\" height=\"" + compact(height) + "\" rx=\"" +
           compact(radius) + "\" class=\"" + std::string(css_class) + "\"" + (tip.empty() ? "/>" : "><title>" + escape(tip) + "</title></rect>");
  return *this;
}

Svg& Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  body_ += "<line x1=\"" + compact(x1) + "\" y1=\"" + compact(y1) + "\" x2=\"" + compact(x2) + "\" y2=\"" + compact(y2) + "\" class=\"" +
           std::string(css_class) + "\"/>";
  return *this;
}

Svg& Svg::circle(double x, double y, double radius, std::string_view css_class, std::string_view tip) {
  body_ += "<circle cx=\"" + compact(x) + "\" cy=\"" + compact(y) + "\" r=\"" + compact(radius) + "\" class=\"" + std::string(css_class) + "\"" +
           (tip.empty() ? "/>" : "><title>" + escape(tip) + "</title></circle>");
  return *this;
}

Svg& Svg::path(std::string_view data, std::string_view css_class) {
  body_ += "<path d=\"" + std::string(data) + "\" class=\"" + std::string(css_class) + "\"/>";
  return *this;
}

Svg& Svg::text(double x, double y, std::string_view text, std::string_view css_class, std::string_view anchor) {
  body_ += "<text x=\"" + compact(x) + "\" y=\"" + compact(y) + "\"" + (css_class.empty() ? "" : " class=\"" + std::string(css_class) + "\"") +
           (anchor == "start" ? "" : " text-anchor=\"" + std::string(anchor) + "\"") + ">" + escape(text) + "</text>";
  return *this;
}

Svg& Svg::raw(std::string_view markup) {
  body_ += markup;
  return *this;
}

std::string Svg::str() const { return body_ + "</svg>"; }

}  // namespace mlopsctl::cli::report
