#include "cli/report/page.hpp"

#include <algorithm>
#include <cmath>

#include "cli/answer.hpp"
#include "cli/report/evaluation.hpp"
#include "cli/report/parts.hpp"
#include "cli/report/plots.hpp"
#include "cli/report/svg.hpp"
#include "pipeline/alert/deliver.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli::report {

namespace {

std::string tone_of(engine::RunState state) {
  if (state == engine::RunState::succeeded) return "good";
  return state == engine::RunState::interrupted ? "warn" : "bad";
}

std::string head(const engine::RunRecord& record) {
  std::string out = "<header><h1>" + escape(record.pipeline) + " " + badge(engine::to_string(record.state), tone_of(record.state)) + "</h1><p class=\"meta\">";
  out += "<span>run " + code(record.id) + "</span><span>" + escape(cell(Json(record.started), As::time)) + " UTC</span><span>" +
         escape(human_duration(record.seconds)) + "</span>";
  const auto& from = record.provenance;
  if (!from.commit.empty())
    out += "<span>commit " + code(from.commit.substr(0, 12)) + (from.branch.empty() ? "" : " on " + escape(from.branch)) +
           (from.dirty ? ", with changes" : "") + "</span>";
  return out + "</p></header>\n";
}

std::string verdicts(const RunSummary& summary) {
  std::string out;
  for (const auto& [stage, verdict] : summary.verdicts) {
    std::string body =
        "<p>" + badge(engine::to_string(verdict.outcome), tone(verdict.outcome)) + " " + escape(verdict.summary) + "</p>" + checks_table(verdict);
    out += card("Verdict of " + stage, body, "verdict " + tone(verdict.outcome));
  }
  return out;
}

// Metrics of which less is better.
bool less_is_better(std::string_view metric) {
  return metric == "ece" || metric == "brier" || metric.find("loss") != std::string_view::npos || metric.find("error") != std::string_view::npos;
}

std::string metric_text(const std::optional<double>& value) { return value ? escape(cell(Json(*value), As::number)) : ""; }

std::string metrics(const RunSummary& summary) {
  if (summary.metrics.empty()) return "";
  std::string table =
      "<thead><tr><th>Metric</th><th class=\"n\">Challenger</th><th class=\"n\">Champion</th><th "
      "class=\"n\">Difference</th></tr></thead><tbody>";
  std::vector<Bar> bars;
  for (const auto& row : summary.metrics) {
    std::string difference;
    if (row.challenger && row.champion) {
      const double exact = *row.challenger - *row.champion;
      const double delta = std::abs(exact) < 0.00005 ? 0 : exact;  // what would show as 0.0000
      const bool better = less_is_better(row.metric) ? delta < 0 : delta > 0;
      difference = "<span class=\"" + std::string(delta == 0 ? "" : better ? "up" : "down") + "\">" + (delta > 0 ? "+" : "") + fixed(delta, 4) + "</span>";
    }
    table += "<tr><td>" + escape(row.metric) + "</td><td class=\"n\">" + metric_text(row.challenger) + "</td><td class=\"n\">" + metric_text(row.champion) +
             "</td><td class=\"n\">" + difference + "</td></tr>";
    const bool share = row.challenger && *row.challenger >= 0 && *row.challenger <= 1 && !less_is_better(row.metric);
    if (share && bars.size() < 6) bars.push_back({row.metric, row.challenger, row.champion});
  }
  return card("Metrics", "<div class=\"pair\"><div>" + scrolling("Metrics", table + "</tbody>") + "</div><div>" + metric_bars(bars) + "</div></div>");
}

std::string stages_table(const engine::RunRecord& record) {
  std::string out =
      "<thead><tr><th>Stage</th><th>Kind</th><th>State</th><th class=\"n\">Time</th><th "
      "class=\"n\">Memory</th><th>Why</th></tr></thead><tbody>";
  for (const auto& stage : record.stages) {
    std::string state(engine::to_string(stage.state));
    std::string why;
    for (const auto& reason : stage.reasons) why += (why.empty() ? "" : "<br>") + escape(engine::to_string(reason));
    out += "<tr><td>" + escape(stage.name) + "</td><td>" + escape(stage.kind) + "</td><td class=\"state-" + state + "\">" +
           escape(state == "timed_out" ? "timed out" : state) + "</td><td class=\"n\">" + (stage.attempts > 0 ? escape(human_duration(stage.seconds)) : "") +
           "</td><td class=\"n\">" + (stage.peak_memory > 0 ? escape(human_bytes(static_cast<uint64_t>(stage.peak_memory))) : "") + "</td><td>" + why +
           "</td></tr>";
  }
  return scrolling("Stages", out + "</tbody>");
}

std::string failures(const engine::RunRecord& record) {
  std::string out;
  for (const auto& stage : record.stages) {
    if (!stage.error) continue;
    std::string body = "<p>" + escape(stage.error->message) + "</p>";
    if (stage.error->span)
      body += "<pre>" + escape(stage.error->span->file + ":" + std::to_string(stage.error->span->line) + ":" + std::to_string(stage.error->span->column)) +
              "\n" + escape(stage.error->span->excerpt) + "</pre>";
    for (const auto& note : stage.error->notes) body += "<p class=\"soft\">" + escape(note) + "</p>";
    if (!stage.error->hint.empty()) body += "<p>Hint: " + escape(stage.error->hint) + "</p>";
    out += card("Stage " + stage.name + " failed", body, "verdict bad");
  }
  return out;
}

std::string warnings(const engine::RunRecord& record) {
  std::string list;
  for (const auto& stage : record.stages) {
    for (const auto& warning : stage.report.warnings) list += "<li><b>" + escape(stage.name) + "</b>: " + escape(warning) + "</li>";
  }
  return list.empty() ? "" : card("Remarks", "<ul>" + list + "</ul>", "verdict warn");
}

std::string alerts(const RunSummary& summary) {
  std::string list;
  bool failed = false;
  for (const Json& delivery : summary.alerts) {
    failed = failed || delivery.at("error").is_string();
    list += "<li>" + escape(alert::to_text(delivery)) + "</li>";
  }
  return list.empty() ? "" : card("Alerts", "<ul>" + list + "</ul>", failed ? "verdict bad" : "");
}

std::string releases(const RunSummary& summary) {
  if (summary.releases.empty()) return "";
  std::string list;
  for (const auto& row : summary.releases) {
    list += "<li><b>" + escape(row.stage) + "</b>: " + code(row.path) + ", " + code(row.digest.brief());
    for (const auto& alias : row.aliases) list += ", registered as <b>" + escape(alias) + "</b>";
    list += "</li>";
  }
  return card("Release", "<ul>" + list + "</ul>");
}

std::string pairs_table(const std::vector<std::pair<std::string, std::string>>& rows, const char* first, const char* second) {
  std::string out = "<thead><tr><th>" + std::string(first) + "</th><th>" + second + "</th></tr></thead><tbody>";
  for (const auto& [name, value] : rows) out += "<tr><td>" + escape(name) + "</td><td>" + code(value) + "</td></tr>";
  return scrolling(first, out + "</tbody>");
}

std::string stage_details(const engine::RunRecord& record) {
  std::string body;
  for (const auto& stage : record.stages) {
    std::vector<std::pair<std::string, std::string>> parts, artifacts, values;
    for (const auto& part : stage.parts) parts.emplace_back(part.name, part.value);
    for (const auto& artifact : stage.artifacts)
      artifacts.emplace_back(artifact.name + " (" + artifact.type + ", " + human_bytes(artifact.size) + ")", artifact.digest.str());
    for (const auto& [name, value] : stage.report.metrics) values.emplace_back(name, cell(Json(value), As::text));
    body += "<details><summary>" + escape(stage.name) + " <span class=\"soft\">" + escape(stage.kind) + "</span></summary>";
    if (!values.empty()) body += "<h3>What it measured</h3>" + pairs_table(values, "Metric", "Value");
    if (!artifacts.empty()) body += "<h3>What it made</h3>" + pairs_table(artifacts, "Artifact", "Digest");
    if (!parts.empty())
      body += "<h3>What its result depends on" + (stage.key ? " <span class=\"soft\">(key " + stage.key->str().substr(0, 16) + ")</span>" : std::string()) +
              "</h3>" + pairs_table(parts, "Part", "Value");
    body += "</details>";
  }
  return card("Every stage in detail", body);
}

std::string surroundings(const engine::RunRecord& record) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!record.command.empty()) rows.emplace_back("command", record.command);
  if (!record.provenance.remote.empty()) rows.emplace_back("repository", record.provenance.remote);
  for (const auto& [name, value] : record.host.items()) rows.emplace_back(name, cell(value, As::text));
  for (const auto& [name, value] : record.versions.items()) rows.emplace_back(name, cell(value, As::text));
  return card("Made with", pairs_table(rows, "What", "Value"));
}

}  // namespace

std::string html_page(const engine::RunRecord& record, const RunSummary& summary) {
  std::string out = head(record) + failures(record) + verdicts(summary) + metrics(summary);
  for (const bool judged : {true, false}) {  // what was decided first, then what it was decided on
    for (const auto& stage : record.stages) out += stage.report.verdict.has_value() == judged ? evaluation_cards(stage) : "";
  }
  out += releases(summary) + alerts(summary) + warnings(record);
  out += card("Stages", stage_graph(record) + "<h3>Time</h3>" + stage_times(record) + stages_table(record));
  return whole_page(record.pipeline + ", run " + record.id, out + stage_details(record) + surroundings(record));
}

}  // namespace mlopsctl::cli::report
