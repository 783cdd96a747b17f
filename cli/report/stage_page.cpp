#include "cli/report/stage_page.hpp"

#include <algorithm>
#include <cmath>

#include "cli/answer.hpp"
#include "cli/report/curves.hpp"
#include "cli/report/evaluation.hpp"
#include "cli/report/parts.hpp"
#include "cli/report/plots.hpp"
#include "cli/report/svg.hpp"
#include "cli/run_summary.hpp"
#include "pipeline/stats/e_value.hpp"
#include "pipeline/stats/normal.hpp"

namespace mlopsctl::cli::report {

namespace {

constexpr double wanted_power = 0.8;

std::string when(const std::string& started) { return cell(Json(started), As::time); }

// A drift check's own table says more of each check than the verdict does.
bool has_own_table(const engine::StageRun& stage) { return stage.kind == "drift-check"; }

// "class_mix" as words.
std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string shares_figure(const Json& distribution) {
  std::vector<Bar> bars;
  Json rows = Json::array();
  const Json &labels = member(distribution, "labels"), &before = member(distribution, "before"), &now = member(distribution, "now");
  for (size_t k = 0; k < labels.size() && k < before.size() && k < now.size(); ++k) {
    bars.push_back({cell(labels[k], As::text), number_of(now[k]), number_of(before[k])});
    rows.push_back({labels[k], before[k], now[k]});
  }
  return figure("Predicted labels", paired_bars("Predicted labels", "the share of each, in the window and in the reference", {"window", "reference"}, bars),
                {{"title", "Predicted labels"}, {"columns", {"label", "share in the reference", "in the window"}}, {"rows", std::move(rows)}});
}

// The first value at which so large a share is reached.
Json quantile(const Json& values, const Json& shares, double share) {
  for (size_t i = 0; i < values.size() && i < shares.size(); ++i)
    if (number_of(shares[i]) >= share - 1e-9) return values[i];
  return nullptr;
}

std::string cumulative_figure(const std::string& title, const std::string& across, const Json& distribution) {
  const Json &at = member(distribution, "at"), &before = member(distribution, "before"), &now = member(distribution, "now");
  const auto series = [&](const char* name, const char* css_class, const Json& shares) {
    Series line{name, css_class, {}, false};
    for (size_t i = 0; i < at.size() && i < shares.size(); ++i) line.points.emplace_back(number_of(at[i]), number_of(shares[i]));
    return line;
  };
  Json rows = Json::array();
  for (const double share : {0.05, 0.25, 0.5, 0.75, 0.95}) rows.push_back({percent(share), quantile(at, before, share), quantile(at, now, share)});
  const std::string description = "the share of the texts with at most so much, in the window and in the reference; the test asks for the largest gap";
  return figure(title, line_chart({title, description, across, "up to", {}, {}}, {series("window", "series0", now), series("reference", "series1", before)}),
                {{"title", title}, {"columns", {"share of the texts", "at most, in the reference", "in the window"}}, {"rows", std::move(rows)}});
}

std::string distributions(const Json& found) {
  std::string out;
  for (const Json& each : found) {
    const std::string signal = cell(member(each, "signal"), As::text);
    if (signal == "class_mix") out += shares_figure(each);
    else if (signal == "text_length") out += cumulative_figure("Length of the texts", "characters", each);
    else if (signal == "confidence") out += cumulative_figure("Confidence", "probability of the predicted label", each);
  }
  return out.empty() ? "" : card("What was compared", "<div class=\"pair\">" + out + "</div>");
}

std::string power_figure(const std::string& title, const std::string& chance, const std::string& across, const Json& points, const std::optional<double>& mark,
                         const std::string& marked) {
  Series line{"chance", "series0", {}, true};
  Json rows = Json::array();
  for (const Json& point : points) {
    line.points.emplace_back(number_of(point[0]), number_of(point[1]));
    rows.push_back({point[0], percent(number_of(point[1]))});
  }
  const std::string description = "the chance to " + chance + ", by " + across + "; the line across is 80 of 100" + (mark ? ", the one upwards " + marked : "");
  return figure(title, line_chart({title, description, across, "at", wanted_power, mark}, {line}),
                {{"title", title}, {"columns", {across, "chance"}}, {"rows", std::move(rows)}});
}

// Of a contest with the champion: the chance to settle it on so many rows, where the difference is the one measured (of "no worse": where there is none).
std::string contest_power(const engine::Check& check) {
  const Json &evidence = check.evidence, &interval = member(evidence, "interval");
  const double rows = number_of(member(evidence, "rows")), alpha = number_of(member(evidence, "alpha")), border = number_of(member(evidence, "border"));
  if (!member(evidence, "border").is_number() || !interval.is_array() || interval.size() != 2 || rows <= 0 || alpha <= 0) return "";
  const double error = (number_of(interval[1]) - number_of(interval[0])) / (2 * stats::normal_quantile(1 - alpha));
  const double beyond = border < 0 ? -border : number_of(member(evidence, "gain")) - border;
  if (error <= 0 || beyond <= 0) return "";
  const Json& discordant = member(evidence, "discordant");  // of a comparison that is repeated, which takes more rows
  Json points = Json::array();
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0}) {
    const auto so_many = static_cast<int64_t>(std::ceil(rows * factor));
    points.push_back({so_many, discordant.is_number() ? stats::e_value_power(so_many, number_of(discordant), border, border + beyond, alpha)
                                                      : stats::normal_power(beyond, error * std::sqrt(rows / static_cast<double>(so_many)), alpha)});
  }
  return power_figure(check.name, "tell", "labelled rows (normal approximation)", points, rows, "the rows there were");
}

// Of a floor or a ceiling: the chance to keep to it on so many rows, by what is true of all rows.
std::string bound_power(const engine::Check& check) {
  const Json& interval = member(check.evidence, "interval");
  if (member(check.evidence, "test") != "comparison" || !check.threshold || !interval.is_array() || interval.size() != 2) return "";
  const double error =
      (number_of(interval[1]) - number_of(interval[0])) / (2 * stats::normal_quantile((1 + number_of(member(check.evidence, "confidence"))) / 2));
  if (error <= 0) return "";
  const double side = check.name.find(" <= ") == std::string::npos ? 1 : -1;
  Json points = Json::array();
  for (double errors = -3; errors <= 3; errors += 0.5) {
    const double truth = *check.threshold + errors * error;
    points.push_back({truth, stats::normal_tail(-side * errors)});
  }
  return power_figure(check.name, "pass", "true value (normal approximation)", points, check.measured, "what was measured");
}

std::string powers(const engine::StageRun& stage) {
  std::string out;
  for (const Json& each : member(stage.report.summary, "power"))
    out += power_figure(spoken(cell(member(each, "signal"), As::text)), "tell", "true change", member(each, "points"), number_of(member(each, "threshold")),
                        "the threshold");
  for (const engine::Check& check : stage.report.verdict->checks) out += contest_power(check) + bound_power(check);
  return out.empty() ? "" : card("What it could have seen", "<div class=\"pair\">" + out + "</div>");
}

std::string history(const Judged& judged) {
  std::vector<std::string> checks;
  std::vector<PastRun> runs;
  Json rows = Json::array();
  for (const Past& past : judged.past) {
    PastRun run{when(past.started), {}};
    std::string failed;
    for (const auto& check : past.verdict.checks) {
      const bool good = check.outcome == engine::Outcome::pass;
      run.good[check.name] = good;
      if (!good) failed += (failed.empty() ? "" : ", ") + check.name;
      if (std::find(checks.begin(), checks.end(), check.name) == checks.end()) checks.push_back(check.name);
    }
    rows.push_back({past.run, run.started, engine::to_string(past.verdict.outcome), failed});
    runs.push_back(std::move(run));
  }
  if (checks.empty()) return "";
  return card("How it went before", figure("Checks of " + judged.stage.name, alarm_history(checks, runs),
                                           {{"title", "History"}, {"columns", {"run", "started (UTC)", "verdict", "not passed"}}, {"rows", std::move(rows)}}));
}

std::string head(const Judged& judged) {
  const engine::Verdict& verdict = *judged.stage.report.verdict;
  return "<header><h1>" + escape(judged.stage.name) + " " + badge(engine::to_string(verdict.outcome), tone(verdict.outcome)) + "</h1><p class=\"meta\"><span>" +
         escape(judged.stage.kind) + " of " + escape(judged.record.pipeline) + "</span><span>run " + code(judged.record.id) + "</span><span>" +
         escape(when(judged.record.started)) + " UTC</span></p></header>\n" +
         card("Verdict", "<p>" + escape(verdict.summary) + "</p>" + (has_own_table(judged.stage) ? "" : checks_table(verdict)),
              "verdict " + tone(verdict.outcome));
}

}  // namespace

std::string stage_page(const Judged& judged) {
  return whole_page(judged.stage.name + ", run " + judged.record.id, head(judged) + distributions(member(judged.stage.report.summary, "distributions")) +
                                                                         evaluation_cards(judged.stage) + powers(judged.stage) + history(judged));
}

Json stage_json(const Judged& judged) {
  Json past = Json::array();
  for (const Past& each : judged.past) past.push_back({{"run", each.run}, {"started", each.started}, {"verdict", engine::to_json(each.verdict)}});
  return {{"run", judged.record.id},
          {"pipeline", judged.record.pipeline},
          {"stage", judged.stage.name},
          {"kind", judged.stage.kind},
          {"verdict", engine::to_json(*judged.stage.report.verdict)},
          {"metrics", judged.stage.report.metrics},
          {"summary", judged.stage.report.summary},
          {"history", std::move(past)}};
}

std::string stage_markdown(const Judged& judged) {
  const engine::Verdict& verdict = *judged.stage.report.verdict;
  const auto text = [](const Json& value) { return escape_markdown(plain(value)); };
  std::string out =
      "## " + escape_markdown(judged.stage.name) + ": " + std::string(engine::to_string(verdict.outcome)) + "\n\n" + escape_markdown(verdict.summary) + "\n";
  const bool listed = !verdict.checks.empty() && !has_own_table(judged.stage);
  if (listed) out += "\n| check | outcome | measured | threshold | in words |\n|---|---|---|---|---|\n";
  for (const auto& check : listed ? verdict.checks : std::vector<engine::Check>())
    out += "| " + escape_markdown(check.name) + " | " + std::string(engine::to_string(check.outcome)) + " | " + fixed(check.measured, 4) + " | " +
           (check.threshold ? fixed(*check.threshold, 4) : "") + " | " + escape_markdown(check.detail) + " |\n";
  for (const Json& found : member(judged.stage.report.summary, "tables")) {
    const Json& columns = member(found, "columns");
    out += "\n### " + text(member(found, "title")) + "\n\n|";
    for (const Json& column : columns) out += " " + text(column) + " |";
    out += "\n|";
    for (size_t i = 0; i < columns.size(); ++i) out += "---|";
    out += "\n";
    for (const Json& row : member(found, "rows")) {
      out += "|";
      for (const Json& value : row) out += " " + text(value) + " |";
      out += "\n";
    }
  }
  return out + "\nRun `" + judged.record.id + "` of " + escape_markdown(judged.record.pipeline) + ", " + when(judged.record.started) + " UTC\n";
}

}  // namespace mlopsctl::cli::report
