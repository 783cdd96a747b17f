// Small pieces of SVG and HTML. Colours come from classes and CSS variables of the page, so that one picture serves light and dark.
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::cli::report {

std::string escape(std::string_view text);    // for text and attribute values; invalid UTF-8 and control characters become U+FFFD
std::string fixed(double value, int digits);  // "0.8710"; "n/a" for what is no number
std::string compact(double value);            // coordinates: at most two digits after the point
std::string percent(double share);            // "87.1 %"

class Svg {
 public:
  // `title` and `description` are what a screen reader says.
  Svg(double width, double height, std::string_view title, std::string_view description);

  Svg& rect(double x, double y, double width, double height, std::string_view css_class, std::string_view tip = {}, double radius = 2);
  Svg& line(double x1, double y1, double x2, double y2, std::string_view css_class);
  Svg& circle(double x, double y, double radius, std::string_view css_class, std::string_view tip = {});
  Svg& path(std::string_view data, std::string_view css_class);
  // anchor: start, middle, end
  Svg& text(double x, double y, std::string_view text, std::string_view css_class = "", std::string_view anchor = "start");
  Svg& raw(std::string_view markup);
  std::string str() const;

 private:
  std::string body_;
};

}  // namespace mlopsctl::cli::report
