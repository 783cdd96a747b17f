#include "cli/cmds.hpp"
#include "cli/deployment.hpp"
#include "cli/promotion.hpp"
#include "pipeline/k8s/rollout/follow.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"
#include "pipeline/k8s/rollout/pause.hpp"

namespace mlopsctl::cli {

namespace {

// The Deployment NAME in --namespace, else in the context's namespace.
k8s::ObjectRef deployment_asked_for(const Session& session, const k8s::Api& cluster) {
  const std::string name_space = session.arguments().value("--namespace");
  return k8s::ref(k8s::resources::deployments, name_space.empty() ? cluster.access().name_space : name_space, session.arguments().positional("NAME"));
}

k8s::LeaseOptions lease_of(const k8s::ObjectRef& deployment, const k8s::DeployOptions& options) {
  k8s::LeaseOptions lease{deployment.name_space, k8s::lease_name(deployment.name), options.holder};
  lease.waiting = options.waiting;
  return lease;
}

// Under the Lease, what `begin` makes of the journal is driven to its end.
Result<Answer> go_on(Session& session,
                     const std::function<Result<k8s::Rollout>(k8s::Cluster& cluster, const k8s::ObjectRef& deployment, const k8s::Journal&)>& begin) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  const k8s::ObjectRef deployment = deployment_asked_for(session, cluster);
  k8s::DeployOptions options = deploy_options(session);
  TRY_ASSIGN(auto held, k8s::Lease::acquire(cluster, lease_of(deployment, options)));
  const auto driven = [&]() -> Result<k8s::Rollout> {
    TRY_ASSIGN(const auto journal, k8s::read_journal(held.object()));
    TRY_ASSIGN(auto rollout, begin(cluster, deployment, journal));
    return k8s::drive(cluster, held, std::move(rollout), drive_options(session, options));
  }();
  const auto released = held.release();
  if (!driven) return driven.error();
  if (!released) session.say("the Lease could not be given back; it runs out by itself");
  Answer answer;
  tell_end(*driven, answer);
  return answer;
}

// What moved since the last look, each in a line or an event of its own.
class Teller {
 public:
  Teller(Session& session, k8s::ObjectRef deployment) : session_(session), deployment_(std::move(deployment)) {}

  void tell(const k8s::Followed& seen) {
    std::string rollout = seen.rollout.text();
    if (!seen.at_work && !seen.rollout.paused) rollout += "; nobody is at work on it: mlopsctl rollout resume|abort " + deployment_.name;
    Json event = summary_of(seen.rollout);
    event["type"] = "rollout", event["at_work"] = seen.at_work, event["holder"] = seen.holder.empty() ? Json() : Json(seen.holder);
    if (std::exchange(rollout_, rollout) != rollout) say(rollout, std::move(event));
    pods(deployment_.name, seen.stable, stable_);
    if (seen.candidate) pods(k8s::candidate_name(deployment_.name), *seen.candidate, candidate_);
  }
  void say(const std::string& sentence, Json event) {
    if (!session_.json()) return session_.say(sentence);
    session_.env().out.write(canonical(event) + "\n");
    session_.env().out.flush();
  }

 private:
  void pods(const std::string& name, const k8s::Progress& progress, std::string& told) {
    const std::string text = progress.text();
    if (std::exchange(told, text) == text) return;
    say("Deployment " + deployment_.name_space + "/" + name + ": " + text, {{"type", "pods"},
                                                                            {"deployment", name},
                                                                            {"wanted", progress.wanted},
                                                                            {"updated", progress.updated},
                                                                            {"available", progress.available},
                                                                            {"old", progress.old}});
  }

  Session& session_;
  k8s::ObjectRef deployment_;
  std::string rollout_, stable_, candidate_;
};

}  // namespace

Result<Answer> cmd_rollout_watch(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  const k8s::ObjectRef deployment = deployment_asked_for(session, cluster);
  Teller teller(session, deployment);
  k8s::FollowOptions options;
  options.timeout = std::chrono::seconds(session.arguments().integer("--timeout"));
  options.moved = [&](const k8s::Followed& seen) { teller.tell(seen); };
  options.lost = [&](const std::string& why) {
    teller.say(why + "; the promotion goes on, and is watched again as soon as the cluster answers", {{"type", "lost"}, {"why", why}});
  };
  TRY_ASSIGN(const auto end, k8s::follow_rollout(cluster, deployment, options));
  Answer answer;
  tell_end(end, answer);
  answer.value["type"] = "ended";
  answer.streamed = true;
  return answer;
}

Result<Answer> cmd_rollout_pause(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  const k8s::ObjectRef deployment = deployment_asked_for(session, cluster);
  k8s::DeployOptions options = deploy_options(session);
  TRY_ASSIGN(const auto paused, k8s::pause_rollout(cluster, deployment, lease_of(deployment, options), drive_options(session, options)));
  Answer answer;
  tell_end(paused, answer);
  // Here it is what was asked for.
  if (paused.paused) answer.exit_code = 0;
  return answer;
}

Result<Answer> cmd_rollout_resume(Session& session) {
  const bool without = session.arguments().has("--without-verdict");
  return go_on(session, [without](k8s::Cluster&, const k8s::ObjectRef& deployment, const k8s::Journal& journal) -> Result<k8s::Rollout> {
    if (!journal.now) return k8s::nothing_under_way(deployment);
    return k8s::resumed(*journal.now, without);
  });
}

Result<Answer> cmd_rollout_abort(Session& session) {
  const std::string who = our_name(session);
  auto answer = go_on(session, [&who](k8s::Cluster&, const k8s::ObjectRef& deployment, const k8s::Journal& journal) -> Result<k8s::Rollout> {
    if (!journal.now) return k8s::nothing_under_way(deployment);
    return k8s::aborted(*journal.now, "aborted by " + who.substr(0, who.find(',')));
  });
  // Here it is what was asked for.
  if (answer && answer->exit_code == 1) answer->exit_code = 0;
  return answer;
}

Result<Answer> cmd_rollback_in_cluster(Session& session) {
  const k8s::Origin origin = deploy_options(session).origin;
  const std::string to = session.arguments().value("--to");
  return go_on(session, [&](k8s::Cluster& cluster, const k8s::ObjectRef& deployment, const k8s::Journal& journal) -> Result<k8s::Rollout> {
    if (journal.now && to.empty()) return k8s::aborted(*journal.now, "rolled back by " + origin.who);
    if (journal.now)
      return config_error("a promotion of " + deployment.name + " has not ended: " + journal.now->text())
          .with_hint("undo it first: mlopsctl rollout abort " + deployment.name);
    return k8s::begin_rollback(cluster, deployment, to, origin);
  });
}

Result<Answer> cmd_rollout_status(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  const k8s::ObjectRef deployment = deployment_asked_for(session, cluster);
  TRY_ASSIGN(const auto seen, k8s::observe(cluster, deployment));
  if (seen.deployment.is_null()) return config_error("there is no " + deployment.str()).with_hint("name its namespace with --namespace");
  TRY_ASSIGN(const auto journal, k8s::look_up_journal(cluster, deployment.name_space, deployment.name));
  const k8s::Progress progress = k8s::judge(seen);
  const std::string model = k8s::model_of(seen.deployment);
  Answer answer(Json{{"deployment", deployment.str()},
                     {"model", model.empty() ? Json() : Json(model)},
                     {"pods", progress.wanted},
                     {"available", progress.available},
                     {"rollout", journal.now ? summary_of(*journal.now) : Json()},
                     {"holder", journal.holder.empty() ? Json() : Json(journal.holder)}});
  answer.line(deployment.str() + (model.empty() ? "" : " serves " + model.substr(0, 19)) + ": " + progress.text());
  if (journal.now) {
    answer.line(journal.now->text() + "; begun by " + journal.now->who, Style::yellow);
    answer.line(journal.holder.empty() ? "nobody is at work on it: mlopsctl rollout resume|abort " + deployment.name : "at work, or dead: " + journal.holder);
  } else {
    answer.line("no promotion is under way");
  }
  return answer;
}

Result<Answer> cmd_rollout_history(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  const k8s::ObjectRef deployment = deployment_asked_for(session, cluster);
  TRY_ASSIGN(const auto journal, k8s::look_up_journal(cluster, deployment.name_space, deployment.name));
  Answer answer(Json{{"deployment", deployment.str()}, {"promotions", journal.history}});
  if (journal.history.empty()) return std::move(answer.line("there was no promotion of " + deployment.str()));
  answer.table("promotions", {{"began", "BEGAN", As::time},
                              {"who", "WHO"},
                              {"commit", "COMMIT", As::digest},
                              {"record", "DECISION"},
                              {"strategy", "STRATEGY"},
                              {"from", "FROM", As::digest},
                              {"to", "TO", As::digest},
                              {"outcome", "OUTCOME"},
                              {"reason", "WHY"}});
  return answer;
}

}  // namespace mlopsctl::cli
