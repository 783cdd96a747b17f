#include "stages/deploy/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>

#include "pipeline/k8s/cron.hpp"

namespace mlopsctl::deploy {

namespace {

using namespace spec;  // the builders of the field table

// An object all of whose fields have defaults, with them.
Field section(std::string name, std::vector<Field> fields, std::string doc) {
  Json defaults = Json::object();
  for (const auto& field : fields) defaults[field.name] = field.default_value.value_or(Json());
  return with_default(std::move(name), object(std::move(fields)), std::move(defaults), std::move(doc));
}

TypePtr model_delivery() {
  return variant(
      "from", {{"image", "The model is part of the server's image.", {with_default("path", text("/model"), "/model", "Where its folder is in the image.")}},
               {"image-volume",
                "The model is an OCI image of its own, mounted read-only (Kubernetes 1.35 or newer, see `version`).",
                {required("reference", text("registry.example.com/models/airline@sha256:..."),
                          "The model's image: the files of the model's folder (`mlopsctl model show`) at its root, as FROM scratch and COPY make it."),
                 with_default("path", text("/model"), "/model", "Where to mount it.")}},
               {"volume-claim",
                "The model lies on a PersistentVolumeClaim, mounted read-only at /models.",
                {required("claim", text("models"), "The name of the claim."), with_default("path", text("current"), "current", "The model's folder on it.")}},
               {"download",
                "An init container fetches the model by its digest, and checks every byte against it, from where `mlopsctl model publish` put it.",
                {required("url", text("https://models.example.com/airline"), "Where; a token for it may stand in MODEL_TOKEN, under secrets."),
                 with_default("path", text("/model"), "/model", "Where to mount it; the model is in `current` below.")}}});
}

TypePtr job() {
  return object({required("args", list(text("run"), 1),
                          "What mlopsctl is to do: its command line, as a list; $(MLOPSCTL_JOB) in it stands for the name of the run's Job."),
                 optional("cron", text("0 3 * * *"), "When, as minute, hour, day of month, month, day of week; without it the job runs once per release."),
                 optional("time_zone", text("Europe/Berlin"), "The time zone of `cron`; without it the cluster's."),
                 optional("claim", text("data"), "A PersistentVolumeClaim to mount at /data, for what the job reads and writes."),
                 with_default("deadline", duration("1h"), 86400, "The longest it may take."),
                 with_default("retries", integer(0, 100), 3, "How often a crashed job is started again.")});
}

TypePtr local_job() {
  return object({required("args", list(text("run"), 1),
                          "What mlopsctl is to do: its command line, as a list; $(MLOPSCTL_JOB) in it stands for the name of the run. The pipeline files of "
                          "`schedule run` are handed on unless it names others."),
                 required("cron", text("0 3 * * *"), "When, as minute, hour, day of month, month, day of week."),
                 optional("time_zone", text("Europe/Berlin"), "The time zone of `cron`; without it this machine's."),
                 with_default("deadline", duration("1h"), 86400, "The longest it may take, all its tries together."),
                 with_default("retries", integer(0, 100), 3, "How often a run that failed is tried again at once.")});
}

TypePtr kubernetes() {
  const k8s::ReleaseOptions o;
  const auto& r = o.resources;
  const auto& g = o.gates;
  return object({
      optional("name", text("airline-sentiment"), "The name of the objects; without it the alias."),
      with_default("namespace", text("airline"), o.name_space, "The namespace they live in."),
      with_default("create_namespace", boolean(), o.create_namespace, "Whether to render the namespace too, with Pod Security \"restricted\"."),
      optional("version", text("1.34"), "The oldest Kubernetes that it has to run on; what that one lacks is refused."),
      with_default("image", text("registry.example.com/mlopsctl@sha256:..."), "mlopsctl:" MLOPSCTL_VERSION, "The server's image."),
      with_default("replicas", integer(1, 1000), o.replicas, "How many pods, unless `autoscale` decides."),
      with_default("port", integer(1, 65535), o.port, "The port the server listens on in its pod."),
      section("service",
              {with_default("type", choice({"ClusterIP", "NodePort", "LoadBalancer"}), o.service.type, "Who can reach it."),
               with_default("port", integer(1, 65535), o.service.port, "The port of the service."),
               optional("node_port", integer(1, 65535), "The port on every node; without it the cluster chooses.")},
              "How the server is reached."),
      with_default("strategy",
                   any_of({choice({"rolling", "blue-green"}), object({required("canary", list(integer(1, 100), 1), "Percentages that ascend to 100.")})}),
                   "rolling", "How a new model takes over: rolling, blue-green, or {canary: [10, 50, 100]}."),
      section(
          "gates",
          {with_default("error_rate", number(0, 1), g.error_rate, "The share of requests that may be answered with an error of the server's."),
           with_default("p99", duration("1s"), g.p99_seconds, "The time in which 99 of 100 requests are answered."),
           with_default("class_mix", number(0, 1), g.class_mix, "The share of texts by which its labels may differ from the old model's."),
           with_default("traffic", boolean(), g.traffic, "Whether requests are expected to judge by; else pods that are available are enough."),
           with_default("watch", duration("30s"), g.watch, "The time that every step is watched at least."),
           with_default("start", duration("5m"), g.start, "The time without progress after which its pods are too slow to start."),
           with_default("patience", duration("15m"), g.patience, "The time after which a step with too few requests to judge by is paused."),
           optional("prometheus",
                    object({required("url", text("http://prometheus.monitoring:9090"), "Where it is, as seen by who promotes."),
                            optional("query", text("{job=\"feedback\"}"),
                                     "An instant query that gives the server's own metrics, each series with its name and a label for its pod; without it one "
                                     "that selects them by namespace and pod."),
                            with_default("pod_label", text("pod"), k8s::Prometheus().pod, "The label that has the pod's name."),
                            optional("token", text("env:PROMETHEUS_TOKEN"), "A bearer token: env:PROMETHEUS_... only.")}),
                    "Reads what the pods count from a Prometheus that scrapes them, instead of from the pods themselves.")},
          "What a new model must keep to while it takes over; one that does not is undone. More than that is allowed where the old model does no better."),
      section(
          "resources",
          {section("requests", {with_default("cpu", text("250m"), r.cpu_request, "Cores."), with_default("memory", text("512Mi"), r.memory_request, "Bytes.")},
                   "What a pod is promised."),
           section("limits", {with_default("cpu", text("1"), r.cpu_limit, "Cores."), with_default("memory", text("1Gi"), r.memory_limit, "Bytes.")},
                   "What a pod may take.")},
          "What a pod needs."),
      optional("autoscale",
               object({with_default("min", integer(1, 1000), 2, "The fewest pods."), with_default("max", integer(1, 1000), 10, "The most pods."),
                       with_default("cpu", integer(1, 1000), 70, "The share of the requested CPU to aim for, in percent.")}),
               "Lets the load decide how many pods there are."),
      with_default("model", model_delivery(), {{"from", "image"}, {"path", o.delivery.path}}, "How the model's folder comes into the pod."),
      with_default("env", map(text("info")), Json::object(), "Environment variables of the server and the jobs."),
      with_default("secrets", map(object({required("secret", text("slack"), "The Secret."), required("key", text("webhook"), "The key in it.")})),
                   Json::object(), "Environment variables whose values come from Secrets that exist already."),
      with_default("labels", map(text("feedback")), Json::object(), "Labels for every object."),
      with_default("egress", list(object({required("cidr", text("10.0.0.0/8"), "The addresses."), with_default("port", integer(1, 65535), 443, "The port.")})),
                   Json::array(), "What the server may connect to itself, besides name resolution."),
      with_default("jobs", map(job()), Json::object(), "Batch work with the same image: predictions, drift checks, retraining."),
      with_default("grace_period", duration("45s"), o.grace_seconds, "The time a pod has to finish what it is doing."),
  });
}

std::string text_or_empty(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

// "1.34" -> 34; 0 where nothing is said, -1 for what is no version.
int minor_version(const std::string& text) {
  int minor = -1;
  if (text.empty()) return 0;
  const auto [end, fault] = std::from_chars(text.data() + std::min<size_t>(2, text.size()), text.data() + text.size(), minor);
  return text.starts_with("1.") && fault == std::errc() && end == text.data() + text.size() ? minor : -1;
}

k8s::ModelDelivery delivery_of(const Json& model) {
  using From = k8s::ModelDelivery::From;
  k8s::ModelDelivery delivery;
  const std::string from = model.at("from");
  delivery.from = from == "image" ? From::image : from == "image-volume" ? From::image_volume : from == "download" ? From::download : From::volume_claim;
  delivery.path = model.at("path");
  delivery.reference = model.value("reference", "");
  delivery.claim = model.value("claim", "");
  delivery.url = model.value("url", "");
  return delivery;
}

k8s::Strategy strategy_of(const Json& strategy) {
  using Kind = k8s::Strategy::Kind;
  if (strategy.is_object()) return {Kind::canary, strategy.at("canary").get<std::vector<int>>()};
  return {strategy == "blue-green" ? Kind::blue_green : Kind::rolling, {}};
}

// The place of the nearest part of `path` that the user wrote.
SourceSpan place_of(const StageSpec& stage, std::string path) {
  while (true) {
    if (const auto found = stage.fields.find(path); found != stage.fields.end()) return found->second.span();
    const size_t dot = path.rfind('.');
    if (dot == std::string::npos) return stage.span;
    path.resize(dot);
  }
}

}  // namespace

StageKindSpec deploy_spec() {
  return {"deploy",
          "Makes a release of an accepted model: manifests for a cluster, an alias on this machine.",
          {
              with_default("api", choice({"inference-v2", "huggingface", "gke-twitter", "sentiment140-k8s", "imdb-api", "nlp-on-eks", "airline-ulmfit"}),
                           "inference-v2", "The wire format in which the server answers, besides the Open Inference Protocol."),
              optional("alias", text("airline"), "The name under which the model is known; without it the stage's."),
              required("target",
                       object({optional("kubernetes", kubernetes(), "A cluster: manifests are rendered into the release."),
                               optional("local",
                                        object({with_default("jobs", named_map(local_job()), Json::object(),
                                                             "What cron or systemd timers of this machine run: predictions, drift checks, retraining.")}),
                                        "This machine: the model gets the alias in .mlopsctl/.")}),
                       "Where the model goes; one or both."),
          }};
}

std::string alias_of(const Json& params, const std::string& stage) {
  const std::string alias = text_or_empty(params.at("alias"));
  return alias.empty() ? stage : alias;
}

k8s::ReleaseOptions kubernetes_options(const Json& params, const std::string& stage) {
  const Json& k = params.at("target").at("kubernetes");
  k8s::ReleaseOptions o;
  o.name = text_or_empty(k.at("name"));
  if (o.name.empty()) o.name = alias_of(params, stage);
  o.name_space = k.at("namespace");
  o.create_namespace = k.at("create_namespace");
  o.kubernetes = minor_version(text_or_empty(k.at("version")));
  o.image = k.at("image");
  o.replicas = k.at("replicas");
  o.port = k.at("port");
  const Json& service = k.at("service");
  o.service = {service.at("type"), service.at("port"), std::nullopt};
  if (!service.at("node_port").is_null()) o.service.node_port = service.at("node_port").get<int>();
  o.strategy = strategy_of(k.at("strategy"));
  const Json& gates = k.at("gates");
  o.gates = k8s::read_gates(gates, o.gates);
  const auto seconds = [](const Json& value) { return std::llround(value.get<double>()); };
  o.gates.p99_seconds = gates.at("p99");
  o.gates.watch = seconds(gates.at("watch")), o.gates.start = seconds(gates.at("start")), o.gates.patience = seconds(gates.at("patience"));
  const Json &requests = k.at("resources").at("requests"), &limits = k.at("resources").at("limits");
  o.resources = {requests.at("cpu"), requests.at("memory"), limits.at("cpu"), limits.at("memory")};
  if (const Json& scale = k.at("autoscale"); !scale.is_null()) o.autoscale = k8s::Autoscale{scale.at("min"), scale.at("max"), scale.at("cpu")};
  o.api = params.at("api");
  o.delivery = delivery_of(k.at("model"));
  for (const auto& [name, value] : k.at("env").items()) o.env[name] = value;
  for (const auto& [name, value] : k.at("secrets").items()) o.secret_env[name] = {value.at("secret"), value.at("key")};
  for (const auto& [name, value] : k.at("labels").items()) o.labels[name] = value;
  for (const auto& rule : k.at("egress")) o.egress.push_back({rule.at("cidr"), rule.at("port")});
  for (const auto& [name, job] : k.at("jobs").items())
    o.jobs.push_back({name, job.at("args").get<std::vector<std::string>>(), text_or_empty(job.at("cron")), text_or_empty(job.at("time_zone")),
                      text_or_empty(job.at("claim")), static_cast<int64_t>(job.at("deadline").get<double>()), job.at("retries")});
  o.grace_seconds = static_cast<int>(k.at("grace_period").get<double>());
  return o;
}

std::vector<schedule::Job> jobs_here(const Json& params) {
  std::map<std::string, schedule::Job> jobs;
  for (const char* target : {"kubernetes", "local"}) {
    const Json& where = params.at("target").at(target);
    if (where.is_null()) continue;
    for (const auto& [name, job] : where.at("jobs").items())
      if (job.at("cron").is_string())
        jobs[name] = {name,
                      job.at("args").get<std::vector<std::string>>(),
                      job.at("cron").get<std::string>(),
                      text_or_empty(job.at("time_zone")),
                      std::chrono::seconds(static_cast<int64_t>(std::ceil(job.at("deadline").get<double>()))),
                      job.at("retries")};
  }
  std::vector<schedule::Job> all;
  for (auto& [name, job] : jobs) all.push_back(std::move(job));
  return all;
}

namespace {

// Of `target.local.jobs`: times that are none, zones that nobody knows.
std::vector<Error> job_faults(const StageSpec& stage) {
  std::vector<Error> faults;
  const auto fault = [&](const std::string& field, std::string message, std::string hint) {
    Error error = config_error(std::move(message)).with_hint(std::move(hint));
    error.span = place_of(stage, field);
    error.field = "stages." + stage.name + "." + field;
    faults.push_back(std::move(error));
  };
  for (const auto& [name, job] : stage.params.at("target").at("local").at("jobs").items()) {
    const std::string field = "target.local.jobs." + name;
    if (const std::string wrong = k8s::cron_fault(job.at("cron").get<std::string>()); !wrong.empty())
      fault(field + ".cron", wrong, "write, for every day at three, \"0 3 * * *\"");
    const std::string zone = text_or_empty(job.at("time_zone"));
    if (zone.empty()) continue;
    if (const auto known = TimeZone::find(zone); !known) fault(field + ".time_zone", known.error().message, known.error().hint);
  }
  return faults;
}

}  // namespace

std::vector<Error> parameter_faults(const StageSpec& stage) {
  const Json& target = stage.params.at("target");
  if (target.at("kubernetes").is_null() && target.at("local").is_null()) {
    Error error = config_error("expected kubernetes, local, or both, got neither").with_hint("write target: {local: {}}");
    error.field = "stages." + stage.name + ".target";
    error.span = place_of(stage, "target");
    return {error};
  }
  std::vector<Error> of_jobs;
  if (!target.at("local").is_null()) of_jobs = job_faults(stage);
  if (target.at("kubernetes").is_null()) return of_jobs;
  auto faults = k8s::faults(kubernetes_options(stage.params, stage.name));
  for (auto& fault : faults) {
    const bool borrowed = fault.field == "name" && target.at("kubernetes").at("name").is_null();
    if (borrowed)
      fault.hint = "add target.kubernetes.name: the " + std::string(stage.params.at("alias").is_null() ? "stage's name" : "alias") + " cannot be one";
    fault.field = fault.field == "grace_seconds" ? "grace_period" : fault.field;
    const std::string path = borrowed ? "alias" : "target.kubernetes." + fault.field;
    fault.span = place_of(stage, path);
    fault.field = "stages." + stage.name + "." + path;
  }
  faults.insert(faults.end(), std::make_move_iterator(of_jobs.begin()), std::make_move_iterator(of_jobs.end()));
  return faults;
}

}  // namespace mlopsctl::deploy
