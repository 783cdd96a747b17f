#include "cli/report/evaluation.hpp"

#include "cli/answer.hpp"
#include "cli/report/curves.hpp"
#include "cli/report/parts.hpp"
#include "cli/report/plots.hpp"
#include "cli/report/svg.hpp"

namespace mlopsctl::cli::report {

namespace {

std::string confusion(const Json& matrix) {
  std::vector<std::string> labels;
  std::vector<std::vector<double>> counts;
  for (const auto& label : member(matrix, "labels")) labels.push_back(cell(label, As::text));
  for (const auto& row : member(matrix, "counts")) {
    counts.emplace_back();
    for (const auto& count : row) counts.back().push_back(number_of(count));
  }
  return labels.empty() ? "" : "<div><h3>Confusion</h3>" + confusion_matrix(labels, counts, "Confusion matrix") + "</div>";
}

std::string reliability(const Json& rows) {
  std::vector<Bin> bins;
  for (const auto& row : rows) bins.push_back({number_of(member(row, "confidence")), number_of(member(row, "accuracy")), number_of(member(row, "rows"))});
  return bins.empty() ? "" : "<div><h3>Is it as sure as it should be?</h3>" + reliability_diagram(bins) + "</div>";
}

// What a preprocess stage says of the rows it wrote: splits by labels.
std::string profile(const Json& splits) {
  std::vector<LabelCounts> bars;
  std::string rows;
  for (const auto& [name, split] : splits.items()) {
    LabelCounts bar{name, {}};
    for (const auto& [label, count] : member(split, "labels").items()) bar.counts.emplace_back(label, number_of(count));
    bars.push_back(std::move(bar));
    const Json& words = member(split, "words");
    rows += "<tr><td>" + escape(name) + "</td><td class=\"n\">" + cell(member(split, "rows"), As::integer) + "</td>";
    for (const char* quantile : {"min", "p50", "p95", "max"}) rows += "<td class=\"n\">" + escape(cell(member(words, quantile), As::integer)) + "</td>";
    rows += "</tr>";
  }
  if (bars.empty()) return "";
  return "<div class=\"pair\"><div>" + label_bars(bars) + "</div>" +
         scrolling("Rows and words",
                   "<thead><tr><th>Rows</th><th class=\"n\">all</th><th class=\"n\">fewest words</th><th class=\"n\">median</th><th class=\"n\">95 %</th>"
                   "<th class=\"n\">most</th></tr></thead><tbody>" +
                       rows + "</tbody>") +
         "</div>";
}

std::string thresholds(const engine::StageRun& stage) {
  if (!stage.report.verdict || member(stage.report.summary, "reference").is_null()) return "";
  std::vector<Signal> signals;
  for (const auto& check : stage.report.verdict->checks) {
    if (check.threshold && *check.threshold > 0) signals.push_back({check.name, check.measured, *check.threshold});
  }
  if (signals.empty()) return "";
  const auto& summary = stage.report.summary;
  const std::string between = "from " + cell(member(member(summary, "reference"), "source"), As::text) + " (" +
                              cell(member(member(summary, "reference"), "rows"), As::integer) + " rows) to " +
                              cell(member(member(summary, "current"), "source"), As::text) + " (" +
                              cell(member(member(summary, "current"), "rows"), As::integer) + " rows)";
  return "<p class=\"soft\">" + escape(between) + "</p>" + threshold_lines(signals);
}

}  // namespace

std::string evaluation_cards(const engine::StageRun& stage) {
  const Json& summary = stage.report.summary;
  std::string body = thresholds(stage);
  const std::string pictures = confusion(member(summary, "confusion_matrix")) + reliability(member(summary, "reliability"));
  if (!pictures.empty()) body += "<div class=\"pair\">" + pictures + "</div>";
  body += learning_curves(member(summary, "training"));
  if (member(summary, "splits").is_object()) body += profile(member(summary, "splits"));
  for (const auto& found : member(summary, "tables")) {
    if (cell(member(found, "title"), As::text) != "Metrics")
      body += "<h3>" + escape(cell(member(found, "title"), As::text)) + "</h3>" + table(found);  // shown above, beside the champion
  }
  return body.empty() ? "" : card("What " + stage.name + " found", body);
}

}  // namespace mlopsctl::cli::report
