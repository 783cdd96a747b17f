#include "cli/deployment.hpp"

#include <algorithm>
#include <cstring>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <random>

#include <unistd.h>

#include "cli/version.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/k8s/access.hpp"
#include "pipeline/k8s/deploy.hpp"

namespace mlopsctl::cli {

Result<std::vector<const spec::StageSpec*>> deploy_stages(const spec::Pipeline& pipeline, const std::vector<std::string>& asked) {
  std::vector<const spec::StageSpec*> stages;
  std::vector<std::string> names;
  for (const auto& stage : pipeline.stages) {
    if (stage.kind == "deploy") names.push_back(stage.name);
  }
  for (const auto& name : asked) {
    const spec::StageSpec* stage = pipeline.stage(name);
    if (stage == nullptr || stage->kind != "deploy") {
      const auto near = nearest(name, names);
      return usage_error("\"" + name + "\" is no deploy stage of the pipeline " + pipeline.name,
                         near ? "did you mean " + *near + "?" : "leave the name out to take all");
    }
    stages.push_back(stage);
  }
  if (!asked.empty()) return stages;
  for (const auto& name : names) {
    const spec::StageSpec* stage = pipeline.stage(name);
    const auto target = stage->params.find("target");
    if (target != stage->params.end() && target->is_object() && target->contains("kubernetes") && !(*target)["kubernetes"].is_null()) stages.push_back(stage);
  }
  if (stages.empty())
    return config_error("the pipeline " + pipeline.name + " has no deploy stage with a kubernetes target")
        .with_hint("add one: {kind: deploy, inputs: [judge], target: {kubernetes: {namespace: reviews}}}");
  return stages;
}

namespace {

Status add_file(const std::filesystem::path& file, k8s::ManifestSet& set) {
  TRY_ASSIGN(auto text, read_file(file));
  TRY_ASSIGN(auto more, k8s::parse_manifests(std::move(text), file.string()));
  set.manifests.insert(set.manifests.end(), std::make_move_iterator(more.manifests.begin()), std::make_move_iterator(more.manifests.end()));
  return {};
}

Result<k8s::ManifestSet> manifests_at(const std::filesystem::path& path) {
  k8s::ManifestSet set;
  std::error_code ignored;
  if (path == "-") {
    TRY_ASSIGN(set, k8s::parse_manifests({std::istreambuf_iterator<char>(std::cin), {}}, "standard input"));
    if (set.manifests.empty()) return config_error("there are no manifests on standard input");
  } else if (!std::filesystem::is_directory(path, ignored)) {
    TRY(add_file(path, set));
  } else {
    TRY_ASSIGN(const auto files, list_files(path));
    for (const FileEntry& file : files)
      if (file.relative.ends_with(".yaml") || file.relative.ends_with(".yml") || file.relative.ends_with(".json")) TRY(add_file(path / file.relative, set));
  }
  if (set.manifests.empty())
    return config_error("there are no manifests in " + path.string()).with_hint("make some: mlopsctl render --output " + path.string());
  return set;
}

}  // namespace

Result<std::vector<StageManifests>> rendered_stages(Session& session, const CheckedPipeline& pipeline, const std::vector<std::string>& asked, bool model_needed,
                                                    const std::optional<deploy::OtherArgs>& other_args) {
  TRY_ASSIGN(const auto stages, deploy_stages(pipeline.pipeline, asked));
  TRY_ASSIGN(auto store, session.existing_store());
  engine::RunOptions options = session.run_options();
  options.only.clear();
  const auto plan = engine::make_plan(pipeline.pipeline, session.registry(), store ? &*store : nullptr, options);
  if (!plan && model_needed) return plan.error();
  std::vector<StageManifests> all;
  for (const spec::StageSpec* stage : stages) {
    const auto model = plan ? deploy::planned_model(*stage, *plan) : std::nullopt;
    TRY_ASSIGN(auto set, deploy::render_stage(*stage, model.value_or(Digest()), other_args));
    all.push_back({stage, std::move(set), model.has_value(), model.value_or(Digest())});
    if (!plan) continue;
    for (const auto& planned : plan->stages)
      if (planned.name == stage->name && planned.action == engine::Action::blocked) all.back().blocked = engine::to_string(planned.reasons.front());
  }
  return all;
}

Result<k8s::ManifestSet> manifests_asked_for(Session& session) {
  if (const auto path = session.arguments().find("--manifests")) return manifests_at(*path);
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(auto stages, rendered_stages(session, pipeline, session.arguments().positional_values("STAGE")));
  k8s::ManifestSet set;
  for (StageManifests& each : stages) {
    if (!each.model_known) return config_error("the model of " + each.stage->name + " is not made yet").with_hint("make it first: mlopsctl run");
    set.manifests.insert(set.manifests.end(), std::make_move_iterator(each.set.manifests.begin()), std::make_move_iterator(each.set.manifests.end()));
  }
  return set;
}

Result<k8s::Api> cluster_asked_for(Session& session) {
  const Env& env = session.env();
  k8s::AccessOptions where;
  where.kubeconfig = session.arguments().value("--kubeconfig");
  where.context = session.arguments().value("--context");
  where.environment = [&](const std::string& name) { return env.variables(name); };
  TRY_ASSIGN(const auto access, k8s::find_access(where));
  k8s::ApiOptions options;
  options.user_agent = "mlopsctl/" + version_info()["version"].get<std::string>();
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (const char* equals = std::strchr(*entry, '=')) options.environment[std::string(*entry, static_cast<size_t>(equals - *entry))] = equals + 1;
  options.waiting = [&session](const std::string& why, std::chrono::milliseconds time) {
    if (!session.json()) session.say(why + "; trying again in " + std::to_string((time.count() + 999) / 1000) + " s");
  };
  return k8s::Api::connect(access, std::move(options), env.clock, env.cancel);
}

Result<std::vector<std::string>> namespaces_asked_for(Session& session) {
  if (const auto asked = session.arguments().find("--namespace")) return std::vector{*asked};
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(const auto stages, deploy_stages(pipeline.pipeline, {}));
  std::vector<std::string> names;
  for (const spec::StageSpec* stage : stages) {
    const std::string name = stage->params.at("target").at("kubernetes").at("namespace");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void say_trouble(Session& session, const std::string& object, const k8s::Trouble& trouble, const std::string& log) {
  if (session.json()) return;
  session.say("trouble: " + (trouble.pod.empty() ? object : "pod " + trouble.pod) + (trouble.container.empty() ? "" : ", container " + trouble.container) +
              ": " + trouble.text);
  if (log.empty()) return;
  std::string lines = "  its log ends with:";
  for (size_t at = 0; at < log.size();) {
    const size_t end = std::min(log.find('\n', at), log.size());
    lines += "\n    " + log.substr(at, end - at);
    at = end + 1;
  }
  session.say(lines);
}

std::string our_name(Session& session) {
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  char unique[16];
  std::snprintf(unique, sizeof unique, "%06x", std::random_device()() & 0xffffffU);
  return session.env().variables("USER").value_or("uid " + std::to_string(::getuid())) + "@" + host + ", process " + std::to_string(::getpid()) + "-" + unique;
}

}  // namespace mlopsctl::cli
