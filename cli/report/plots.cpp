#include "cli/report/plots.hpp"

#include <algorithm>
#include <cmath>

#include "cli/report/svg.hpp"
#include "cli/text_width.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli::report {

namespace {

std::string shortened(std::string_view text, int columns) { return fit(text, columns, true); }

// Labels of an axis 0..1 below a plot.
void percent_axis(Svg& svg, double left, double right, double bottom) {
  for (int i = 0; i <= 4; ++i) {
    const double x = left + (right - left) * i / 4;
    svg.line(x, 8, x, bottom, "grid");
    svg.text(x, bottom + 16, fixed(i / 4.0, 2), "axis", "middle");
  }
}

}  // namespace

std::string metric_bars(const std::vector<Bar>& bars) {
  return paired_bars("Metrics", "challenger against champion, each from 0 to 1", {"challenger", "champion"}, bars);
}

std::string paired_bars(const std::string& title, const std::string& description, const std::array<std::string, 2>& names, const std::vector<Bar>& bars) {
  constexpr double width = 640, left = 150, right = 580, row = 38;
  const double bottom = 12 + row * static_cast<double>(bars.size());
  Svg svg(width, bottom + 44, title, description);
  percent_axis(svg, left, right, bottom);
  const auto bar = [&](double y, const std::optional<double>& value, const char* css_class, const std::string& name) {
    if (!value) return;
    const double length = std::clamp(*value, 0.0, 1.0) * (right - left);
    svg.rect(left, y, std::max(length, 1.0), 12, css_class, name + " " + fixed(*value, 4));
    svg.text(left + length + 6, y + 10.5, fixed(*value, 4), "value");
  };
  for (size_t i = 0; i < bars.size(); ++i) {
    const double y = 14 + row * static_cast<double>(i);
    svg.text(left - 10, y + 17, shortened(bars[i].name, 20), "", "end");
    bar(y, bars[i].challenger, "challenger", bars[i].name + ", " + names[0]);
    bar(y + 14, bars[i].champion, "champion", bars[i].name + ", " + names[1]);
  }
  const double legend = bottom + 28;
  svg.rect(left, legend, 12, 12, "challenger").text(left + 18, legend + 10.5, names[0]);
  svg.rect(left + 110, legend, 12, 12, "champion").text(left + 128, legend + 10.5, names[1]);
  return svg.str();
}

std::string confusion_matrix(const std::vector<std::string>& labels, const std::vector<std::vector<double>>& counts, const std::string& title) {
  const double cell = labels.size() > 8 ? 34 : 64, left = 112, top = 46;
  const double side = cell * static_cast<double>(labels.size());
  Svg svg(left + side + 12, top + side + 30, title, "rows are the true labels, columns the predicted ones");
  svg.text(left + side / 2, 14, "predicted", "axis", "middle");
  svg.text(left - 10, top - 8, "true", "axis", "end");
  for (size_t i = 0; i < labels.size() && i < counts.size(); ++i) {
    double sum = 0;
    for (const double count : counts[i]) sum += count;
    const double y = top + cell * static_cast<double>(i);
    svg.text(left + cell * (static_cast<double>(i) + 0.5), top - 8, shortened(labels[i], cell > 40 ? 9 : 4), "", "middle");
    svg.text(left - 10, y + cell / 2 + 4, shortened(labels[i], 13), "", "end");
    for (size_t j = 0; j < labels.size() && j < counts[i].size(); ++j) {
      const double share = sum > 0 ? counts[i][j] / sum : 0;
      const double x = left + cell * static_cast<double>(j);
      svg.raw("<g class=\"" + std::string(i == j ? "right" : "wrong") + "\" style=\"--share:" + fixed(share, 3) + "\">");
      svg.rect(x + 1, y + 1, cell - 2, cell - 2, "heat", labels[i] + " taken for " + labels[j] + ": " + compact(counts[i][j]) + " (" + percent(share) + ")", 3);
      svg.text(x + cell / 2, y + cell / 2 + (cell > 40 ? 0 : 4), compact(counts[i][j]), share > 0.55 ? "on" : "", "middle");
      if (cell > 40) svg.text(x + cell / 2, y + cell / 2 + 15, percent(share), share > 0.55 ? "small on" : "small", "middle");
      svg.raw("</g>");
    }
  }
  return svg.str();
}

std::string reliability_diagram(const std::vector<Bin>& bins) {
  constexpr double left = 52, top = 10, side = 250;
  Svg svg(left + side + 14, top + side + 44, "Calibration",
          "how often predictions of each confidence are right; on the diagonal they are as sure as they should be");
  double most = 1;
  for (const Bin& bin : bins) most = std::max(most, bin.rows);
  const auto x = [&](double share) { return left + share * side; };
  const auto y = [&](double share) { return top + (1 - share) * side; };
  for (int i = 0; i <= 4; ++i) {
    const double share = i / 4.0;
    svg.line(x(share), top, x(share), top + side, "grid").line(left, y(share), left + side, y(share), "grid");
    svg.text(x(share), top + side + 16, fixed(share, 2), "axis", "middle").text(left - 8, y(share) + 4, fixed(share, 2), "axis", "end");
  }
  for (const Bin& bin : bins) {
    const double height = bin.rows / most * side * 0.25;
    svg.rect(x(bin.confidence) - 6, top + side - height, 12, height, "rows", compact(bin.rows) + " rows");
  }
  svg.line(x(0), y(0), x(1), y(1), "ideal");
  std::string data;
  for (const Bin& bin : bins) {
    if (bin.rows > 0) data += (data.empty() ? "M" : "L") + compact(x(bin.confidence)) + " " + compact(y(bin.accuracy));
  }
  svg.path(data, "curve");
  for (const Bin& bin : bins) {
    if (bin.rows > 0)
      svg.circle(x(bin.confidence), y(bin.accuracy), 4, "challenger",
                 "confidence " + fixed(bin.confidence, 2) + ", right " + fixed(bin.accuracy, 2) + ", " + compact(bin.rows) + " rows");
  }
  svg.text(left + side / 2, top + side + 36, "confidence", "axis", "middle");
  return svg.str();
}

std::string label_bars(const std::vector<LabelCounts>& splits) {
  constexpr double width = 520, left = 110, right = 440, row = 34;
  std::vector<std::string> labels;
  for (const auto& split : splits) {
    for (const auto& [label, count] : split.counts) {
      if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
    }
  }
  std::sort(labels.begin(), labels.end());
  const double bottom = 8 + row * static_cast<double>(splits.size());
  const double legend_rows = static_cast<double>((std::min<size_t>(labels.size(), 9) + 2) / 3);
  Svg svg(width, bottom + 12 + 20 * legend_rows, "Rows by label", "the share of each label in each split");
  const auto color = [&](const std::string& label) {
    const auto at = std::find(labels.begin(), labels.end(), label) - labels.begin();
    return "series" + std::to_string(at % 6);
  };
  for (size_t i = 0; i < splits.size(); ++i) {
    const double y = 8 + row * static_cast<double>(i);
    double sum = 0, x = left;
    for (const auto& [label, count] : splits[i].counts) sum += count;
    svg.text(left - 10, y + 15, shortened(splits[i].name, 14), "", "end");
    for (const auto& [label, count] : splits[i].counts) {
      const double length = sum > 0 ? count / sum * (right - left) : 0;
      svg.rect(x, y, std::max(0.0, length - 1), 20, color(label),
               splits[i].name + ", " + label + ": " + compact(count) + " (" + percent(sum > 0 ? count / sum : 0) + ")");
      x += length;
    }
    svg.text(right + 8, y + 15, compact(sum) + " rows", "small");
  }
  for (size_t i = 0; i < labels.size() && i < 9; ++i) {
    const double x = left + 130 * static_cast<double>(i % 3), y = bottom + 4 + 20 * static_cast<double>(i / 3);
    svg.rect(x, y, 12, 12, color(labels[i])).text(x + 18, y + 10.5, shortened(labels[i], 14), "small");
  }
  return svg.str();
}

std::string threshold_lines(const std::vector<Signal>& signals) {
  constexpr double width = 720, left = 190, right = 600, row = 30;
  double most = 1.25;
  for (const Signal& signal : signals) most = std::max(most, std::isfinite(signal.measured) ? signal.measured / signal.threshold : 0);
  most = std::min(most, 4.0);
  const double bottom = 8 + row * static_cast<double>(signals.size());
  const auto x = [&](double ratio) { return left + std::clamp(ratio, 0.0, most) / most * (right - left); };
  Svg svg(width, bottom + 26, "Drift", "each signal in units of its threshold; beyond the line it is an alarm");
  for (size_t i = 0; i < signals.size(); ++i) {
    const double y = 18 + row * static_cast<double>(i), ratio = signals[i].measured / signals[i].threshold;
    const char* tone = ratio >= 1 ? "state-failed" : "state-succeeded";
    svg.text(left - 10, y + 4, shortened(signals[i].name, 26), "", "end");
    svg.line(left, y, right, y, "grid").rect(left, y - 2, std::max(1.0, x(ratio) - left), 4, tone);
    svg.circle(x(ratio), y, 6, tone, signals[i].name + ": " + fixed(signals[i].measured, 4) + ", threshold " + fixed(signals[i].threshold, 4));
    svg.text(right + 10, y + 4, fixed(signals[i].measured, 3) + " of " + fixed(signals[i].threshold, 3), "small");
  }
  svg.line(x(1), 4, x(1), bottom, "limit").text(x(1), bottom + 16, "threshold", "axis", "middle");
  return svg.str();
}

std::string alarm_history(const std::vector<std::string>& checks, const std::vector<PastRun>& runs) {
  constexpr double left = 256, cell = 22, row = 24, top = 6, dates = 140;
  const double across = static_cast<double>(runs.size()), down = static_cast<double>(checks.size());
  Svg svg(left + std::max(cell * across, dates) + 12, top + row * down + 46, "History",
          "one column per run, the oldest first; a full circle with an exclamation mark: not passed; a small dot: passed");
  for (size_t i = 0; i < checks.size(); ++i) {
    const double y = top + row * (static_cast<double>(i) + 0.5);
    svg.text(left - 10, y + 4, shortened(checks[i], 32), "", "end").line(left, y, left + cell * across, y, "grid");
    for (size_t j = 0; j < runs.size(); ++j) {
      const auto found = runs[j].good.find(checks[i]);
      if (found == runs[j].good.end()) continue;
      const double x = left + cell * (static_cast<double>(j) + 0.5);
      const std::string tip = checks[i] + ", " + runs[j].started + ": " + (found->second ? "passed" : "not passed");
      svg.circle(x, y, found->second ? 3.5 : 8, found->second ? "state-succeeded" : "state-failed", tip);
      if (!found->second) svg.text(x, y + 4.5, "!", "on", "middle");
    }
  }
  if (runs.empty()) return svg.str();
  svg.text(left, top + row * down + 18, runs.front().started, "axis");
  if (runs.size() > 12) svg.text(left + cell * across, top + row * down + 18, runs.back().started, "axis", "end");
  else if (runs.size() > 1) svg.text(left, top + row * down + 34, "to " + runs.back().started, "axis");
  return svg.str();
}

std::string stage_times(const engine::RunRecord& record) {
  constexpr double width = 720, left = 170, right = 610, row = 26;
  double longest = 1e-3;
  for (const auto& stage : record.stages) longest = std::max(longest, stage.attempts > 0 ? stage.seconds : 0.0);
  Svg svg(width, 10 + row * static_cast<double>(record.stages.size()), "Time of each stage", "the longest took " + human_duration(longest));
  for (size_t i = 0; i < record.stages.size(); ++i) {
    const auto& stage = record.stages[i];
    const double y = 6 + row * static_cast<double>(i);
    const std::string state(engine::to_string(stage.state));
    svg.text(left - 10, y + 13, shortened(stage.name, 22), "", "end");
    const bool ran = stage.attempts > 0;
    const double length = ran ? std::max(2.0, stage.seconds / longest * (right - left)) : 6;
    svg.rect(left, y + 2, length, 14, "state-" + state, stage.name + ": " + state + (ran ? ", " + human_duration(stage.seconds) : ""), 3);
    svg.text(left + length + 8, y + 13, ran ? human_duration(stage.seconds) : state, "small");
  }
  return svg.str();
}

std::vector<std::vector<size_t>> dependencies(const engine::RunRecord& record) {
  constexpr std::string_view prefix = "input.";
  std::vector<std::vector<size_t>> edges(record.stages.size());
  for (size_t i = 0; i < record.stages.size(); ++i) {
    for (const auto& part : record.stages[i].parts) {
      if (!part.name.starts_with(prefix) || !part.value.starts_with("sha256:")) continue;
      const std::string input = part.name.substr(prefix.size());
      std::optional<size_t> source;
      for (size_t j = 0; j < i && !source; ++j) {
        if (input == record.stages[j].name || input.starts_with(record.stages[j].name + ".")) source = j;
      }
      for (size_t j = 0; j < i && !source; ++j) {
        for (const auto& artifact : record.stages[j].artifacts) {
          if (artifact.digest.str() == part.value) source = j;
        }
      }
      if (source && std::find(edges[i].begin(), edges[i].end(), *source) == edges[i].end()) edges[i].push_back(*source);
    }
  }
  return edges;
}

std::string stage_graph(const engine::RunRecord& record) {
  constexpr double box_width = 128, box_height = 40, gap_x = 56, gap_y = 18, margin = 6;
  const auto edges = dependencies(record);
  std::vector<size_t> layer(record.stages.size(), 0), place(record.stages.size(), 0), filled;
  for (size_t i = 0; i < record.stages.size(); ++i) {
    for (const size_t from : edges[i]) layer[i] = std::max(layer[i], layer[from] + 1);
    if (filled.size() <= layer[i]) filled.resize(layer[i] + 1, 0);
    place[i] = filled[layer[i]]++;
  }
  const size_t tallest = filled.empty() ? 1 : *std::max_element(filled.begin(), filled.end());
  const double height = static_cast<double>(tallest) * (box_height + gap_y) - gap_y;
  const auto x = [&](size_t i) { return margin + static_cast<double>(layer[i]) * (box_width + gap_x); };
  const auto y = [&](size_t i) {
    const double used = static_cast<double>(filled[layer[i]]) * (box_height + gap_y) - gap_y;
    return margin + (height - used) / 2 + static_cast<double>(place[i]) * (box_height + gap_y);
  };
  Svg svg(2 * margin + static_cast<double>(filled.size()) * (box_width + gap_x) - gap_x, height + 2 * margin, "Stages",
          "what depends on what, from left to right");
  for (size_t i = 0; i < record.stages.size(); ++i) {
    for (const size_t from : edges[i]) {
      const double x1 = x(from) + box_width, y1 = y(from) + box_height / 2, x2 = x(i), y2 = y(i) + box_height / 2;
      const double bend = std::max(20.0, (x2 - x1) / 2);
      svg.path("M" + compact(x1) + " " + compact(y1) + "C" + compact(x1 + bend) + " " + compact(y1) + " " + compact(x2 - bend) + " " + compact(y2) + " " +
                   compact(x2) + " " + compact(y2),
               "edge");
    }
  }
  for (size_t i = 0; i < record.stages.size(); ++i) {
    const auto& stage = record.stages[i];
    const std::string state(engine::to_string(stage.state));
    svg.rect(x(i), y(i), box_width, box_height, "box", stage.name + " (" + stage.kind + "): " + state, 8);
    svg.rect(x(i), y(i) + 8, 4, box_height - 16, "state-" + state);
    svg.text(x(i) + 14, y(i) + 17, shortened(stage.name, 15), "strong");
    svg.text(x(i) + 14, y(i) + 32, shortened(stage.kind, 17), "small");
  }
  return svg.str();
}

}  // namespace mlopsctl::cli::report
