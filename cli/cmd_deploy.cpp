#include "cli/cmds.hpp"
#include "cli/decisions.hpp"
#include "cli/deployment.hpp"
#include "cli/promotion.hpp"
#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/diff.hpp"

namespace mlopsctl::cli {

namespace {

// A value of a field on one line, cut where it is long.
std::string brief(const Json& value) {
  if (value.is_null()) return "-";
  std::string text = value.is_string() ? value.get<std::string>() : canonical(value);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text.size() <= 100 ? text : text.substr(0, 97) + "...";
}

Answer answer_of(const k8s::ClusterDiff& diff) {
  Answer answer(Json{{"same", diff.same()}, {"objects", Json::array()}});
  for (const k8s::ObjectDiff& each : diff.objects) {
    Json changes = Json::array();
    for (const auto& change : each.changes) changes.push_back({{"path", change.path}, {"before", change.before}, {"after", change.after}});
    const auto error = each.refusal ? std::optional(k8s::to_error(*each.refusal, each.object)) : std::nullopt;
    answer.value["objects"].push_back({{"object", each.object},
                                       {"would", k8s::to_string(each.kind)},
                                       {"changes", changes},
                                       {"refusal", error ? Json(error->message) : Json()},
                                       {"hint", error && !error->hint.empty() ? Json(error->hint) : Json()}});
    switch (each.kind) {
      case k8s::ObjectDiff::Kind::same:
        break;
      case k8s::ObjectDiff::Kind::create:
        answer.line("+ " + each.object, Style::green);
        break;
      case k8s::ObjectDiff::Kind::change:
        answer.line("~ " + each.object, Style::yellow);
        for (const auto& change : each.changes) answer.line("    " + change.path + ": " + brief(change.before) + " -> " + brief(change.after));
        break;
      case k8s::ObjectDiff::Kind::refused:
        answer.line("! " + error->message, Style::red);
        if (!error->hint.empty()) answer.line("    hint: " + error->hint);
        break;
    }
  }
  if (diff.same()) answer.line("the cluster has all of it already: nothing would change", Style::green);
  answer.exit_code = diff.same() ? 0 : 1;
  return answer;
}

}  // namespace

Result<Answer> cmd_diff_live(Session& session) {
  TRY_ASSIGN(const auto manifests, manifests_asked_for(session));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  TRY_ASSIGN(const auto diff, k8s::diff(cluster, manifests, session.arguments().has("--force-conflicts")));
  return answer_of(diff);
}

Result<Answer> cmd_deploy(Session& session) {
  const Arguments& arguments = session.arguments();
  TRY_ASSIGN(const auto manifests, manifests_asked_for(session));
  TRY(decided(session, manifests));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  if (arguments.has("--dry-run")) {
    TRY_ASSIGN(const auto before, k8s::preflight(cluster, manifests, arguments.has("--force-conflicts")));
    Answer answer = answer_of(before.diff);
    answer.value["findings"] = Json::array();
    for (const k8s::Finding& finding : before.findings) {
      const bool problem = finding.level == k8s::Finding::Level::problem;
      answer.value["findings"].push_back({{"level", problem ? "problem" : "note"},
                                          {"check", finding.check},
                                          {"object", finding.object},
                                          {"message", finding.message},
                                          {"hint", finding.hint}});
      answer.line((problem ? "problem: " : "note: ") + (finding.object.empty() ? "" : finding.object + ": ") + finding.message,
                  problem ? Style::red : Style::plain);
      if (!finding.hint.empty()) answer.line("    hint: " + finding.hint);
    }
    answer.exit_code = before.fine() ? 0 : 1;
    return answer;
  }

  return deploy_and_tell(session, cluster, manifests);
}

Result<Answer> deploy_and_tell(Session& session, k8s::Cluster& cluster, const k8s::ManifestSet& manifests) {
  const Arguments& arguments = session.arguments();
  k8s::DeployOptions options = deploy_options(session);
  options.force = arguments.has("--force-conflicts");
  options.wait = !arguments.has("--no-wait");
  if (arguments.has("--timeout")) options.timeout = std::chrono::seconds(arguments.integer("--timeout"));
  options.origin.record = record_about(manifests);
  const auto start = session.env().clock.steady();
  TRY_ASSIGN(const auto report, k8s::deploy(cluster, manifests, options));
  const double seconds = std::chrono::duration<double>(session.env().clock.steady() - start).count();
  Answer answer(Json{{"changed", report.changed()}, {"ready", options.wait}, {"seconds", seconds}, {"objects", Json::array()}});
  size_t changed = 0;
  for (const auto& each : report.applied) {
    answer.value["objects"].push_back({{"object", each.object}, {"did", k8s::to_string(each.what)}});
    changed += each.what == k8s::Applied::What::unchanged ? 0 : 1;
  }
  if (report.rollout) {
    tell_end(*report.rollout, answer);
    if (report.rollout->phase != k8s::Rollout::Phase::promoted) return answer;
  }
  const std::string count = std::to_string(report.applied.size()) + " objects, " + std::to_string(changed) + " of them new or changed";
  answer.line("deployed " + count + (options.wait ? "; all pods are available after " + human_duration(seconds) : ""), Style::green);
  return answer;
}

}  // namespace mlopsctl::cli
