#include "cli/report/curves.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/report/parts.hpp"
#include "cli/report/svg.hpp"

namespace mlopsctl::cli::report {
namespace {

// "0.42", "5e-05"
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// 1, 2 or 5 times a power of ten, so that some four of them make the whole.
double tick(double whole) {
  const double power = std::pow(10, std::floor(std::log10(whole / 4)));
  for (const double step : {1.0, 2.0, 5.0})
    if (whole / (step * power) <= 5) return step * power;
  return 10 * power;
}

struct Range {
  double low = 0, high = 0;
  bool any = false;
  void take(double value) {
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    any = true;
  }
};

std::optional<double> number(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? std::optional<double>(found->get<double>()) : std::nullopt;
}
std::optional<double> number(const Json& row, size_t at) {
  return at < row.size() && row[at].is_number() ? std::optional<double>(row[at].get<double>()) : std::nullopt;
}

Series over_steps(std::string name, std::string css_class, const Json& steps, size_t column) {
  Series series{std::move(name), std::move(css_class), {}, false};
  for (const Json& row : steps)
    if (const auto step = number(row, size_t{0})) series.points.emplace_back(*step, number(row, column));
  return series;
}

Series over_epochs(std::string name, std::string css_class, const Json& epochs, const char* key) {
  Series series{std::move(name), std::move(css_class), {}, true};
  for (const Json& line : epochs)
    if (const auto step = number(line, "step"))
      if (const auto value = number(line, key)) series.points.emplace_back(*step, value);
  return series;
}

std::string epochs_table(const Json& epochs, const std::optional<double>& best) {
  constexpr std::pair<const char*, const char*> columns[] = {
      {"epoch", "Epoch"},       {"step", "Steps"},       {"train_loss", "Training loss"}, {"validation_loss", "Validation loss"},
      {"accuracy", "Accuracy"}, {"macro_f1", "Macro F1"}};
  std::string out = "<thead><tr>";
  for (const auto& [key, title] : columns) out += std::string("<th class=\"n\">") + title + "</th>";
  out += "<th></th></tr></thead><tbody>";
  for (const Json& line : epochs) {
    out += "<tr>";
    for (const auto& [key, title] : columns) {
      const auto value = number(line, key);
      out += "<td class=\"n\">" + (value ? line[key].is_number_integer() ? compact(*value) : fixed(*value, 4) : "") + "</td>";
    }
    out += std::string("<td>") + (best && number(line, "epoch") == best ? "the model" : "") + "</td></tr>";
  }
  return scrolling("Epochs", out + "</tbody>");
}

}  // namespace

std::string line_chart(const Axes& axes, const std::vector<Series>& series) {
  constexpr double width = 480, left = 58, right = 466, top = 12, bottom = 212;
  Range x, y;
  for (const Series& each : series)
    for (const auto& [step, value] : each.points) {
      if (!value) continue;
      x.take(step);
      y.take(*value);
    }
  if (axes.limit) y.take(*axes.limit);
  if (axes.mark) x.take(*axes.mark);
  if (!x.any) return "";
  if (x.high == x.low) x.high = x.low + 1;
  if (y.high == y.low) y.high += y.high == 0 ? 1 : std::abs(y.high) / 10;
  const double step = tick(y.high - y.low);
  y.low = std::floor(y.low / step + 1e-9) * step;
  y.high = std::ceil(y.high / step - 1e-9) * step;
  const auto at_x = [&](double value) { return left + (value - x.low) / (x.high - x.low) * (right - left); };
  const auto at_y = [&](double value) { return bottom - (value - y.low) / (y.high - y.low) * (bottom - top); };

  const auto named = [&](double value) { return x.high - x.low > 10 ? compact(std::round(value)) : short_number(value); };

  Svg svg(width, bottom + 58, axes.title, axes.description);
  for (double value = y.low; value <= y.high + step / 2; value += step) {
    svg.line(left, at_y(value), right, at_y(value), "grid");
    svg.text(left - 8, at_y(value) + 4, short_number(std::abs(value) < step / 1e6 ? 0 : value), "axis", "end");
  }
  for (const double value : {x.low, (x.low + x.high) / 2, x.high}) svg.text(at_x(value), bottom + 16, named(value), "axis", "middle");
  svg.text((left + right) / 2, bottom + 32, axes.across, "axis", "middle");
  if (axes.limit) svg.line(left, at_y(*axes.limit), right, at_y(*axes.limit), "limit");
  if (axes.mark) svg.line(at_x(*axes.mark), top, at_x(*axes.mark), bottom, "ideal");
  double legend = left;
  for (const Series& each : series) {
    if (each.points.empty()) continue;
    std::string data;
    bool broken = true;
    for (const auto& [at, value] : each.points) {
      if (value) data += (broken ? "M" : "L") + compact(at_x(at)) + " " + compact(at_y(*value));
      broken = !value;
    }
    svg.path(data, "curve " + each.css_class);
    for (const auto& [at, value] : each.points)
      if (each.dots && value)
        svg.circle(at_x(at), at_y(*value), 4, each.css_class, each.name + " " + axes.point + " " + named(at) + ": " + short_number(*value));
    svg.rect(legend, bottom + 42, 12, 12, each.css_class).text(legend + 18, bottom + 52, each.name, "small");
    legend += 130;
  }
  return svg.str();
}

std::string learning_curves(const Json& training) {
  if (!training.is_object() || !training.contains("steps") || !training.contains("epochs")) return "";
  const Json &steps = training["steps"], &epochs = training["epochs"];
  const auto chart = [](const std::string& title, const std::vector<Series>& series) {
    const std::string drawn = line_chart({title, "over the steps of the training", "step", "after step", {}, {}}, series);
    return drawn.empty() ? "" : "<div><h3>" + escape(title) + "</h3>" + drawn + "</div>";
  };
  std::string out = "<div class=\"pair\">";
  out += chart("Loss", {over_steps("training", "series0", steps, 2), over_epochs("validation", "series1", epochs, "validation_loss")});
  out += chart("On the validation rows", {over_epochs("accuracy", "series0", epochs, "accuracy"), over_epochs("macro F1", "series1", epochs, "macro_f1")});
  out += chart("Norm of the gradients", {over_steps("before clipping", "series0", steps, 3)});
  out += chart("Learning rate", {over_steps("learning rate", "series0", steps, 1)});
  return out + "</div>" + epochs_table(epochs, number(training, "best_epoch"));
}

}  // namespace mlopsctl::cli::report
