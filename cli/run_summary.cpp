#include "cli/run_summary.hpp"

#include <algorithm>

#include "cli/releases.hpp"
#include "pipeline/alert/deliver.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli {

namespace {

using engine::StageState;

// Metrics that everybody looks at first, in this order; the rest follow by name.
constexpr std::string_view first_metrics[] = {"accuracy", "macro_f1", "weighted_f1", "micro_f1", "roc_auc", "log_loss", "ece", "rows"};

size_t interest(std::string_view metric) {
  return static_cast<size_t>(std::find(std::begin(first_metrics), std::end(first_metrics), metric) - std::begin(first_metrics));
}

constexpr std::string_view champion_prefix = "champion.";

void add_metrics(const engine::StageRun& stage, std::vector<MetricRow>& into) {
  std::vector<MetricRow> rows;
  for (const auto& [name, value] : stage.report.metrics) {
    if (name.starts_with(champion_prefix)) continue;
    MetricRow row{stage.name, name, value, std::nullopt};
    const auto champion = stage.report.metrics.find(std::string(champion_prefix) + name);
    if (champion != stage.report.metrics.end()) row.champion = champion->second;
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const MetricRow& a, const MetricRow& b) { return interest(a.metric) < interest(b.metric); });
  into.insert(into.end(), rows.begin(), rows.end());
}

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::string metric_text(const std::optional<double>& value) { return cell(number_or_null(value), As::number); }

Style style_of(engine::Outcome outcome) {
  return outcome == engine::Outcome::pass ? Style::green : outcome == engine::Outcome::fail ? Style::red : Style::yellow;
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<' || c == '[') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

RunSummary summarize(const engine::RunRecord& record, engine::Store& store, const std::filesystem::path& project) {
  RunSummary summary;
  summary.total = record.stages.size();
  if (auto told = alert::deliveries_of(record.id, store.folder())) summary.alerts = std::move(*told);
  for (const auto& stage : record.stages) {
    if (stage.state == StageState::reused) ++summary.reused;
    if (stage.attempts > 0) ++summary.ran;
    if (stage.state != StageState::reused && stage.state != StageState::succeeded) continue;
    if (stage.report.verdict) summary.verdicts.emplace_back(stage.name, *stage.report.verdict);
    if (stage.report.verdict && stage.report.metrics.contains("accuracy")) add_metrics(stage, summary.metrics);
    for (const auto& artifact : stage.artifacts) {
      if (artifact.type != "release") continue;
      const Json said = release_summary(store, stage);
      const std::string alias = said.is_object() && said.contains("alias") && said["alias"].is_string() ? said["alias"].get<std::string>() : "";
      const auto path = release_path(store, alias, artifact.digest);
      ReleaseRow row{stage.name, artifact.name, path.lexically_relative(project).generic_string(), artifact.digest, {}, {}};
      for (const auto& publication : stage.report.publications) {
        const auto model = std::find_if(stage.artifacts.begin(), stage.artifacts.end(), [&](const auto& each) { return each.name == publication.output; });
        const auto now = store.alias(publication.alias);
        const bool stands = now && *now && model != stage.artifacts.end() && (*now)->model == model->digest;
        (stands ? row.aliases : row.moved).push_back(publication.alias);
      }
      summary.releases.push_back(std::move(row));
    }
  }
  return summary;
}

Json to_json(const RunSummary& summary) {
  Json json;
  json["verdicts"] = Json::array();
  for (const auto& [stage, verdict] : summary.verdicts) {
    Json row = engine::to_json(verdict);
    row["stage"] = stage;
    json["verdicts"].push_back(std::move(row));
  }
  json["metrics"] = Json::array();
  for (const auto& row : summary.metrics) {
    const bool both = row.challenger && row.champion;
    json["metrics"].push_back({{"stage", row.stage},
                               {"metric", row.metric},
                               {"challenger", number_or_null(row.challenger)},
                               {"champion", number_or_null(row.champion)},
                               {"difference", both ? Json(*row.challenger - *row.champion) : Json()}});
  }
  json["releases"] = Json::array();
  for (const auto& row : summary.releases) {
    Json aliases = Json::array();
    for (const auto& alias : row.aliases) aliases.push_back({{"alias", alias}});
    json["releases"].push_back({{"stage", row.stage}, {"output", row.name}, {"path", row.path}, {"digest", row.digest.str()}, {"aliases", aliases}});
  }
  json["alerts"] = summary.alerts;
  json["stages_total"] = summary.total;
  json["stages_run"] = summary.ran;
  json["stages_reused"] = summary.reused;
  return json;
}

void add_to(Answer& answer, const RunSummary& summary) {
  for (const auto& [stage, verdict] : summary.verdicts)
    answer.line("verdict of " + stage + ": " + std::string(engine::to_string(verdict.outcome)) + (verdict.summary.empty() ? "" : "; " + verdict.summary),
                style_of(verdict.outcome));
  if (!summary.metrics.empty()) {
    std::vector<Column> columns{
        {"metric", "METRIC"}, {"challenger", "CHALLENGER", As::number}, {"champion", "CHAMPION", As::number}, {"difference", "DIFFERENCE", As::number}};
    const bool several = std::any_of(summary.metrics.begin(), summary.metrics.end(), [&](const auto& row) { return row.stage != summary.metrics[0].stage; });
    if (several) columns.insert(columns.begin(), {"stage", "STAGE"});
    answer.table("metrics", columns, several ? 0 : std::size(first_metrics));
  }
  for (const auto& row : summary.releases) {
    std::string aliases;
    for (const auto& alias : row.aliases) aliases += (aliases.empty() ? "; registered as " : ", ") + alias;
    for (const auto& alias : row.moved) aliases += "; " + alias + " names another model now (`mlopsctl model alias " + alias + "`)";
    answer.line("release: " + row.path + aliases);
  }
  for (const Json& delivery : summary.alerts)
    if (delivery.at("error").is_string()) answer.line("alert " + alert::to_text(delivery), Style::red);
    else if (delivery.value("sent", 0) + delivery.value("waiting", 0) > 0) answer.line("alert " + alert::to_text(delivery));
}

std::string markdown(const engine::RunRecord& record, const RunSummary& summary, const std::string& report) {
  std::string out = "## " + escape_markdown(record.pipeline) + ": " + std::string(engine::to_string(record.state)) + "\n\n";
  for (const auto& [stage, verdict] : summary.verdicts)
    out += "**Verdict of " + escape_markdown(stage) + ": " + std::string(engine::to_string(verdict.outcome)) + "**" +
           (verdict.summary.empty() ? "" : ", " + escape_markdown(verdict.summary)) + "\n\n";
  if (!summary.metrics.empty()) {
    out += "| Metric | Challenger | Champion |\n| --- | ---: | ---: |\n";
    for (const auto& row : summary.metrics)
      out += "| " + escape_markdown(row.metric) + " | " + metric_text(row.challenger) + " | " + metric_text(row.champion) + " |\n";
    out += "\n";
  }
  out += "| Stage | Kind | State | Time | Why |\n| --- | --- | --- | ---: | --- |\n";
  for (const auto& stage : record.stages) {
    const std::string why = stage.error ? stage.error->message : stage.reasons.empty() ? "" : engine::to_string(stage.reasons.front());
    std::string state(engine::to_string(stage.state));
    std::replace(state.begin(), state.end(), '_', ' ');
    out += "| " + escape_markdown(stage.name) + " | " + escape_markdown(stage.kind) + " | " + state + " | " +
           (stage.attempts > 0 ? human_duration(stage.seconds) : "") + " | " + escape_markdown(why) + " |\n";
  }
  out += "\n";
  for (const auto& row : summary.releases) out += "Release: `" + row.path + "`\n\n";
  for (const Json& delivery : summary.alerts) out += "Alert " + escape_markdown(alert::to_text(delivery)) + "\n\n";
  if (!report.empty()) out += "Report: `" + report + "` (one self-contained page; upload it as an artifact to read it)\n\n";
  out += "Run `" + record.id + "`, " + human_duration(record.seconds) +
         (record.provenance.commit.empty() ? "" : ", commit `" + record.provenance.commit.substr(0, 12) + "`") + "\n\n";
  return out;
}

}  // namespace mlopsctl::cli
