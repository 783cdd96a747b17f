#include "cli/report/parts.hpp"

#include <cmath>

#include "cli/answer.hpp"
#include "cli/report/style.hpp"
#include "cli/report/svg.hpp"
#include "pipeline/base/shown.hpp"

namespace mlopsctl::cli::report {

std::string tone(engine::Outcome outcome) { return outcome == engine::Outcome::pass ? "good" : outcome == engine::Outcome::fail ? "bad" : "warn"; }

std::string badge(std::string_view text, std::string_view tone) { return "<span class=\"badge " + std::string(tone) + "\">" + escape(text) + "</span>"; }

std::string card(std::string_view title, std::string_view body, std::string_view css_class) {
  return "<section class=\"card" + (css_class.empty() ? "" : " " + std::string(css_class)) + "\"><h2>" + escape(title) + "</h2>" + std::string(body) +
         "</section>\n";
}

std::string code(std::string_view text) { return "<code>" + escape(text) + "</code>"; }

std::string scrolling(std::string_view name, std::string_view rows) {
  return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + escape(name) + "\"><table>" + std::string(rows) + "</table></div>";
}

std::string plain(const Json& value) {
  if (!value.is_number_float()) return cell(value, As::text);
  const double number = value.get<double>();
  return number != 0 && std::abs(number) < 5e-5 ? shown(number, "%.0e") : fixed(number, 4);
}

std::string table(const Json& found) {
  const Json& rows = member(found, "rows");
  std::string out = "<thead><tr>";
  size_t at = 0;
  for (const auto& column : member(found, "columns")) {
    const bool numbers = rows.is_array() && !rows.empty() && rows[0].is_array() && at < rows[0].size() && rows[0][at].is_number();
    out += std::string(numbers ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">") + escape(cell(column, As::text)) + "</th>";
    ++at;
  }
  out += "</tr></thead><tbody>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const auto& value : row) {
      const bool number = value.is_number();
      out += std::string(number ? "<td class=\"n\">" : "<td>") + escape(plain(value)) + "</td>";
    }
    out += "</tr>";
  }
  return scrolling(cell(member(found, "title"), As::text), out + "</tbody>");
}

std::string checks_table(const engine::Verdict& verdict) {
  if (verdict.checks.empty()) return "";
  std::string out =
      "<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"n\">Measured</th><th scope=\"col\" "
      "class=\"n\">Threshold</th><th scope=\"col\">In words</th></tr></thead><tbody>";
  for (const auto& check : verdict.checks)
    out += "<tr><td>" + escape(check.name) + "</td><td>" + badge(engine::to_string(check.outcome), tone(check.outcome)) + "</td><td class=\"n\">" +
           fixed(check.measured, 4) + "</td><td class=\"n\">" + (check.threshold ? fixed(*check.threshold, 4) : "") + "</td><td>" + escape(check.detail) +
           "</td></tr>";
  return scrolling("Checks", out + "</tbody>");
}

std::string figure(std::string_view title, std::string_view picture, const Json& as_table) {
  return "<figure><figcaption>" + escape(title) + "</figcaption>" + std::string(picture) + "<details><summary>The same as a table</summary>" + table(as_table) +
         "</details></figure>";
}

std::string whole_page(std::string_view title, std::string_view body) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>" +
         escape(title) + "</title>\n<style>" + std::string(style_sheet) + "</style>\n</head>\n<body>\n<main>\n" + std::string(body) +
         "<footer>Written by mlopsctl. Everything on this page is in this file.</footer>\n</main>\n</body>\n</html>\n";
}

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : nothing;
}

double number_of(const Json& value) { return value.is_number() ? value.get<double>() : 0; }

}  // namespace mlopsctl::cli::report
