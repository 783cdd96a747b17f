#include "pipeline/k8s/render.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/document.hpp"
#include "pipeline/k8s/job_contract.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"
#include "pipeline/k8s/template.hpp"

namespace mlopsctl::k8s {

namespace {

std::string join_names(const std::string& left, const std::string& right) { return left + "-" + right; }

// Selectors are immutable and hold only what never changes: which kind of pod, of which release.
Json selector_of(const std::string& name, const std::string& instance) { return {{"app.kubernetes.io/name", name}, {"app.kubernetes.io/instance", instance}}; }

class Renderer {
 public:
  explicit Renderer(const ReleaseOptions& options) : o_(options) {}

  Result<ManifestSet> all() {
    config_data_ = {{"MLOPSCTL_API", o_.api}, {"MLOPSCTL_MODEL_DIGEST", o_.model.str()}};
    for (const auto& [name, value] : o_.env) config_data_[name] = value;
    config_map_ = join_names(o_.name, digest_of(canonical(config_data_)).hex().substr(0, 10));

    const bool system = o_.name_space == "default" || o_.name_space.starts_with("kube-");
    if (o_.create_namespace && !system) TRY(add(10, "namespace", {{"namespace", o_.name_space}, {"labels", namespace_labels()}}));
    TRY(add(20, "networkpolicy", {{"selector", all_servers()}, {"egress", egress()}}, o_.name));
    TRY(add(30, "serviceaccount", {}, o_.name));
    TRY(add(40, "configmap", {{"data", config_data_}}, config_map_));
    TRY(add(50, "service", service(), o_.name));
    TRY_ASSIGN(Values server, deployment());
    TRY(add(60, "deployment", std::move(server), o_.name));
    // A budget for a single pod would block every drain of its node for ever.
    if ((o_.autoscale ? o_.autoscale->min : o_.replicas) > 1) TRY(add(70, "pdb", {{"selector", all_servers()}}, o_.name));
    if (o_.autoscale) TRY(add(75, "hpa", {{"min", o_.autoscale->min}, {"max", o_.autoscale->max}, {"cpu", o_.autoscale->cpu}}, o_.name));
    for (const auto& job : o_.jobs) TRY(add_job(job));
    std::sort(set_.manifests.begin(), set_.manifests.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(set_);
  }

 private:
  Json labels(const std::string& name, const std::string& instance, const std::string& component) const {
    Json all = selector_of(name, instance);
    all["app.kubernetes.io/component"] = component;
    all["app.kubernetes.io/managed-by"] = "mlopsctl";
    all["app.kubernetes.io/version"] = o_.model.hex().substr(0, 12);
    for (const auto& [key, value] : o_.labels) all[key] = value;
    return all;
  }
  Json server_labels() const { return labels("model-server", o_.name, "server"); }
  Json server_selector() const { return selector_of("model-server", o_.name); }
  // All that answer, the candidate of a promotion as well (pipeline/k8s/rollout/manifests.hpp).
  Json all_servers() const { return {{"app.kubernetes.io/instance", o_.name}, {"app.kubernetes.io/component", "server"}}; }

  Json namespace_labels() const {
    Json all = {{"app.kubernetes.io/managed-by", "mlopsctl"}};
    for (const char* mode : {"enforce", "audit", "warn"}) {
      all[std::string("pod-security.kubernetes.io/") + mode] = "restricted";
      all[std::string("pod-security.kubernetes.io/") + mode + "-version"] = "latest";
    }
    for (const auto& [key, value] : o_.labels) all[key] = value;
    return all;
  }

  // Name resolution always (the cluster's, or a node-local cache's fixed address), and what the options name.
  Json egress() const {
    const Json dns_ports = {{{"port", 53}, {"protocol", "UDP"}}, {{"port", 53}, {"protocol", "TCP"}}};
    const Json dns = {{{"namespaceSelector", {{"matchLabels", {{"kubernetes.io/metadata.name", "kube-system"}}}}}},
                      {{"ipBlock", {{"cidr", "169.254.20.10/32"}}}}};
    Json rules = Json::array({{{"to", dns}, {"ports", dns_ports}}});
    for (const auto& allowed : o_.egress)
      rules.push_back(
          {{"to", Json::array({{{"ipBlock", {{"cidr", allowed.cidr}}}}})}, {"ports", Json::array({{{"port", allowed.port}, {"protocol", "TCP"}}})}});
    return rules;
  }

  Values service() const {
    return {{"type", o_.service.type},
            {"port", o_.service.port},
            {"node_port", o_.service.node_port ? Json(*o_.service.node_port) : Json()},
            {"selector", all_servers()}};
  }

  Result<Values> deployment() const {
    TRY_ASSIGN(Values values, pod(""));
    values["selector"] = server_selector();
    values["api"] = o_.api;
    values["model"] = o_.model.str();
    values["strategy"] = text_of(o_.strategy);
    values["gates"] = canonical(to_json(o_.gates));
    values["replicas"] = o_.autoscale ? Json() : Json(o_.replicas);
    values["grace_seconds"] = o_.grace_seconds;
    values["port"] = o_.port;
    values["args"] = Json::array({"serve", "--model", model_folder(), "--port", std::to_string(o_.port)});
    if (o_.api != "inference-v2" && o_.api != "huggingface") values["args"].insert(values["args"].end(), {"--api", o_.api});  // those two are always there
    return values;
  }

  std::string model_folder() const {
    if (o_.delivery.from == ModelDelivery::From::download) return o_.delivery.path + "/current";
    const bool claimed = o_.delivery.from == ModelDelivery::From::volume_claim;
    return claimed && !o_.delivery.path.starts_with('/') ? "/models/" + o_.delivery.path : claimed ? "/models" + o_.delivery.path : o_.delivery.path;
  }

  // What the server's pods and the jobs' have in common.
  Result<Values> pod(const std::string& claim) const {
    Json env = Json::array();
    for (const auto& [variable, ref] : o_.secret_env)
      env.push_back({{"name", variable}, {"valueFrom", {{"secretKeyRef", {{"name", ref.secret}, {"key", ref.key}}}}}});
    Json mounts = Json::array({{{"name", "tmp"}, {"mountPath", "/tmp"}}});
    Json volumes = Json::array({{{"name", "tmp"}, {"emptyDir", {{"sizeLimit", "1Gi"}}}}});
    const auto& delivery = o_.delivery;
    if (delivery.from == ModelDelivery::From::image_volume) {
      mounts.push_back({{"name", "model"}, {"mountPath", delivery.path}, {"readOnly", true}});
      volumes.push_back({{"name", "model"}, {"image", {{"reference", delivery.reference}, {"pullPolicy", "IfNotPresent"}}}});
    }
    if (delivery.from == ModelDelivery::From::volume_claim) {
      mounts.push_back({{"name", "model"}, {"mountPath", "/models"}, {"readOnly", true}});
      volumes.push_back({{"name", "model"}, {"persistentVolumeClaim", {{"claimName", delivery.claim}, {"readOnly", true}}}});
    }
    if (delivery.from == ModelDelivery::From::download) {
      mounts.push_back({{"name", "model"}, {"mountPath", delivery.path}, {"readOnly", true}});
      volumes.push_back({{"name", "model"}, {"emptyDir", Json::object()}});
    }
    if (!claim.empty()) {
      mounts.push_back({{"name", "data"}, {"mountPath", "/data"}});
      volumes.push_back({{"name", "data"}, {"persistentVolumeClaim", {{"claimName", claim}}}});
    }
    const auto& r = o_.resources;
    Values values{
        {"service_account", o_.name},
        {"image", o_.image},
        {"config_map", config_map_},
        {"env", env.empty() ? Json() : env},
        {"resources", {{"requests", {{"cpu", r.cpu_request}, {"memory", r.memory_request}}}, {"limits", {{"cpu", r.cpu_limit}, {"memory", r.memory_limit}}}}},
        {"volume_mounts", mounts},
        {"volumes", volumes},
        {"init_containers", Json()}};
    if (delivery.from == ModelDelivery::From::download) { TRY_ASSIGN(values["init_containers"], fetcher(values)); }
    return values;
  }

  Result<Json> fetcher(const Values& pod) const {
    Values values{{"source", o_.delivery.url + "@" + o_.model.str()}, {"folder", model_folder()}, {"path", o_.delivery.path}};
    for (const char* same : {"image", "config_map", "env", "resources"}) values[same] = pod.at(same);
    const auto& file = builtin_template("fetcher");
    TRY_ASSIGN(Json container, fill_template(file.text, file.path, values));
    return Json::array({std::move(container)});
  }

  Status add_job(const JobOptions& job) {
    const std::string instance = join_names(o_.name, job.name);
    const Json job_labels = labels("model-job", instance, "job");
    TRY_ASSIGN(Values values, pod(job.claim));
    values["labels"] = job_labels;
    values["model"] = o_.model.str();
    values["args"] = job.args;
    values["retries"] = job.retries;
    values["deadline_seconds"] = job.deadline_seconds;
    values["container"] = job_container;
    values["pod_failure_policy"] = pod_failure_policy();
    // Kubernetes puts it in place of $(MLOPSCTL_JOB) in the arguments: files named after the run, the same on every try of it.
    if (values["env"].is_null()) values["env"] = Json::array();
    values["env"].push_back({{"name", "MLOPSCTL_JOB"}, {"valueFrom", {{"fieldRef", {{"fieldPath", "metadata.labels['batch.kubernetes.io/job-name']"}}}}}});
    const auto& file = builtin_template("jobspec");
    TRY_ASSIGN(const Json spec, fill_template(file.text, file.path, values));

    Values outer = {{"spec", spec}, {"model", o_.model.str()}, {"labels", job_labels}, {"job", job.name}};
    if (job.cron.empty()) return add(80, "job", std::move(outer), join_names(instance, digest_of(canonical(spec)).hex().substr(0, 8)), job.name);
    outer["schedule"] = job.cron;
    outer["time_zone"] = job.time_zone.empty() ? Json() : Json(job.time_zone);
    return add(90, "cronjob", std::move(outer), instance, job.name);
  }

  // Fills the template; name, namespace and the server's labels are common to all but the namespace itself.
  Status add(int rank, std::string_view kind, Values values, const std::string& name = {}, const std::string& suffix = {}) {
    if (!name.empty()) {
      values.emplace("name", name);
      values.emplace("namespace", o_.name_space);
      values.emplace("labels", server_labels());
    }
    const auto& file = builtin_template(kind);
    auto filled = fill_template(file.text, file.path, values);
    if (!filled) return std::move(filled).error().note("while rendering " + std::string(file.path));

    Manifest manifest;
    manifest.object = std::move(filled).value();
    manifest.path = std::to_string(rank) + "-" + std::string(kind) + (suffix.empty() ? "" : "-" + suffix) + ".yaml";
    manifest.api_version = manifest.object.value("apiVersion", "");
    manifest.kind = manifest.object.value("kind", "");
    manifest.name_space = name.empty() ? "" : o_.name_space;
    manifest.name = name.empty() ? o_.name_space : name;
    manifest.bytes = to_yaml(manifest.object);
    set_.manifests.push_back(std::move(manifest));
    return {};
  }

  const ReleaseOptions& o_;
  Json config_data_ = Json::object();
  std::string config_map_;
  ManifestSet set_;
};

}  // namespace

Result<ManifestSet> render(const ReleaseOptions& options) {
  if (auto found = faults(options); !found.empty()) {
    Error first = std::move(found.front());
    first.also.assign(std::make_move_iterator(found.begin() + 1), std::make_move_iterator(found.end()));
    return first;
  }
  return Renderer(options).all();
}

}  // namespace mlopsctl::k8s
