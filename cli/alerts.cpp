#include "cli/alerts.hpp"

#include <algorithm>

#include "cli/version.hpp"

namespace mlopsctl::cli {

std::vector<alert::Alert> alerts_of(const engine::RunRecord& record) {
  std::vector<alert::Alert> alerts;
  for (const auto& stage : record.stages) {
    const bool ended_well = stage.state == engine::StageState::succeeded || stage.state == engine::StageState::reused;
    if (!ended_well || !stage.report.verdict || (stage.kind != "evaluate" && stage.kind != "drift-check")) continue;
    const engine::Verdict& verdict = *stage.report.verdict;
    alert::Alert alert;
    alert.source = stage.kind == "evaluate" ? "gate" : "drift";
    alert.pipeline = record.pipeline;
    alert.stage = stage.name;
    alert.outcome = engine::to_string(verdict.outcome);
    alert.summary = verdict.summary;
    for (const auto& check : verdict.checks) {
      if (check.outcome == engine::Outcome::pass) continue;
      if (alert.outcome == "pass") alert.outcome = engine::to_string(check.outcome);  // an alarm that stops nothing
      alert.checks.push_back(check.name);
      alert.details.push_back(check.detail.empty() ? check.name : check.detail);
    }
    std::sort(alert.checks.begin(), alert.checks.end());
    for (const auto& artifact : stage.artifacts)
      if (artifact.type == "model") alert.model = artifact.digest.str();
    alert.run = record.id;
    alert.commit = record.provenance.commit;
    alert.time = record.finished;
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

AlertWorld::AlertWorld(Session& session) : world_{session.env().variables, session.env().clock, session.env().cancel, {}} {
  world_.client.user_agent = "mlopsctl/" + version_info()["version"].get<std::string>();
  world_.client.ca_file = session.env().variables("SSL_CERT_FILE").value_or("");
  world_.client.waiting = [&session](const std::string& why, std::chrono::milliseconds time) {
    if (!session.json()) session.say(why + "; trying again in " + std::to_string((time.count() + 999) / 1000) + " s");
  };
}

}  // namespace mlopsctl::cli
