#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/decisions.hpp"
#include "cli/deployment.hpp"
#include "cli/promotion.hpp"
#include "pipeline/base/list_of.hpp"
#include "pipeline/k8s/rollout/begin.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::cli {

namespace {

// Namespaces, and what has the release's name or begins with it, but for what is another release's: "shop-eu" is not a part of "shop".
k8s::ManifestSet of_release(k8s::ManifestSet set, const std::string& name) {
  const auto is_of = [](const k8s::Manifest& each, const std::string& release) { return each.name == release || each.name.starts_with(release + "-"); };
  std::vector<std::string> others;
  for (const auto& each : set.manifests)
    if (each.kind == "Deployment" && each.name.starts_with(name + "-")) others.push_back(each.name);
  std::erase_if(set.manifests, [&](const auto& each) {
    return each.kind != "Namespace" && (!is_of(each, name) || std::any_of(others.begin(), others.end(), [&](const auto& other) { return is_of(each, other); }));
  });
  return set;
}

Result<const k8s::Manifest*> deployment_of(const k8s::ManifestSet& set, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& each : set.manifests) {
    if (each.kind != "Deployment") continue;
    if (each.name == name) return &each;
    names.push_back(each.name);
  }
  const auto near = nearest(name, names);
  return config_error("there is no release \"" + name + "\" to promote")
      .with_hint(near            ? "did you mean " + *near + "?"
                 : names.empty() ? "deploy one: mlopsctl deploy"
                                 : "there is " + list_of(names));
}

// "rolling", "blue-green", "canary:10,50,100"
Result<std::optional<k8s::Strategy>> strategy_asked_for(const Session& session) {
  const auto text = session.arguments().find("--strategy");
  if (!text) return std::optional<k8s::Strategy>();
  std::string as_annotation = *text;
  if (text->starts_with("canary:")) as_annotation = "{\"canary\":[" + text->substr(7) + "]}";
  auto strategy = k8s::read_strategy(as_annotation);
  if (!strategy) return usage_error("--strategy: expected rolling, blue-green or canary:10,50,100, got " + *text);
  if (strategy->kind == k8s::Strategy::Kind::canary && strategy->percentages.back() != 100) strategy->percentages.push_back(100);
  return std::optional(std::move(*strategy));
}

}  // namespace

Result<Answer> cmd_promote(Session& session) {
  const std::string name = session.arguments().positional("NAME"), to = session.arguments().value("--to");
  TRY_ASSIGN(const auto strategy, strategy_asked_for(session));
  TRY_ASSIGN(auto all, manifests_asked_for(session));
  TRY_ASSIGN(const k8s::Manifest* deployment, deployment_of(all, name));
  const std::string model = k8s::model_of(deployment->object);
  if (!to.empty() && !model.starts_with(to) && !model.starts_with("sha256:" + to))
    return config_error("the release " + name + " has the model " + model.substr(0, 19) + ", not " + to)
        .with_hint("a model that it served before: mlopsctl rollback " + name + " --namespace " + deployment->name_space + " --to " + to);
  k8s::ManifestSet release = of_release(std::move(all), name);
  // As if they said so: capacity is asked for by it, too.
  if (strategy)
    for (auto& each : release.manifests)
      if (each.kind == "Deployment") k8s::set_strategy(each.object, *strategy);
  TRY(decided(session, release));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  return deploy_and_tell(session, cluster, release);
}

}  // namespace mlopsctl::cli
