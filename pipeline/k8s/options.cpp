#include "pipeline/k8s/options.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "pipeline/base/plural.hpp"
#include "pipeline/k8s/cron.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::k8s {

namespace {

// Of 1.30 the schemas are not checked, and older ones lack preStop.sleep.
constexpr int oldest_kubernetes = 31;

constexpr std::string_view lower_letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view label_characters = "abcdefghijklmnopqrstuvwxyz0123456789-";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// RFC 1035: what the name of a Service must be, and so of everything that shares it.
bool is_dns_label(std::string_view text, size_t longest = 63) {
  return !text.empty() && text.size() <= longest && lower_letters.find(text.front()) != std::string_view::npos && text.back() != '-' &&
         text.find_first_not_of(label_characters) == std::string_view::npos;
}

// RFC 1123 sub-domain: Secrets, ConfigMaps, claims.
bool is_dns_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

bool is_label_value(std::string_view text) {
  return text.size() <= 63 && (text.empty() || (is_alphanumeric(text.front()) && is_alphanumeric(text.back()))) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_label_key(std::string_view text) {
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    if (!is_dns_name(text.substr(0, slash))) return false;
    text.remove_prefix(slash + 1);
  }
  return !text.empty() && is_label_value(text);
}

bool is_variable(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') && std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '_'; });
}

bool is_cidr(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  const std::string address = text.substr(0, slash);
  const bool v6 = address.find(':') != std::string::npos;
  int bits = -1;
  const auto [end, fault] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  unsigned char parsed[16];
  return fault == std::errc() && end == text.data() + text.size() && bits >= 0 && bits <= (v6 ? 128 : 32) &&
         inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), parsed) == 1;
}

// The amount, in units or bytes; nothing when it is no quantity. CPU takes only "m" as a suffix.
std::optional<double> quantity(std::string_view text, bool cpu) {
  double amount = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (fault != std::errc() || amount <= 0) return std::nullopt;
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  if (suffix.empty()) return amount;
  if (cpu) return suffix == "m" ? std::optional(amount / 1000) : std::nullopt;
  constexpr std::pair<std::string_view, double> units[] = {{"k", 1e3},     {"M", 1e6},        {"G", 1e9},           {"T", 1e12},
                                                           {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}};
  for (const auto& [name, size] : units)
    if (suffix == name) return amount * size;
  return std::nullopt;
}

class Checker {
 public:
  explicit Checker(const ReleaseOptions& options) : o_(options) {}

  std::vector<Error> all() {
    names();
    serving();
    strategy();
    gates();
    resources();
    delivery();
    environment();
    jobs();
    return std::move(faults_);
  }

 private:
  void fault(std::string field, std::string message, std::string hint) {
    Error error = config_error(std::move(message)).with_hint(std::move(hint));
    error.field = std::move(field);
    faults_.push_back(std::move(error));
  }
  void need(bool fine, std::string field, const std::string& found, std::string_view expected, std::string hint) {
    if (!fine) fault(std::move(field), "expected " + std::string(expected) + ", got \"" + found + "\"", std::move(hint));
  }
  void range(std::string field, int value, int minimum, int maximum, std::string hint) {
    if (value < minimum || value > maximum)
      fault(std::move(field), "expected " + std::to_string(minimum) + " to " + std::to_string(maximum) + ", got " + std::to_string(value), std::move(hint));
  }

  void names() {
    if (o_.kubernetes != 0 && o_.kubernetes < oldest_kubernetes)
      fault("version",
            "expected Kubernetes 1." + std::to_string(oldest_kubernetes) + " or newer, for older ones lack what every release has" +
                (o_.kubernetes > 0 ? ", got 1." + std::to_string(o_.kubernetes) : ""),
            "write version: \"1." + std::to_string(oldest_kubernetes) + "\", or leave it out");
    constexpr std::string_view label = "at most 63 small letters, digits and -, starting with a letter";
    need(is_dns_label(o_.name), "name", o_.name, label, "use a name such as airline-sentiment");
    need(is_dns_label(o_.name_space), "namespace", o_.name_space, label, "use a name such as airline");
    need(!o_.image.empty() && o_.image.find_first_of(" \t\n\"'") == std::string::npos, "image", o_.image, "an image reference",
         "use registry.example.com/mlopsctl@sha256:...");
    for (const auto& [key, value] : o_.labels) {
      need(is_label_key(key) && !key.starts_with("app.kubernetes.io/"), "labels." + key, key,
           "a label key outside app.kubernetes.io/, which mlopsctl sets itself", "use a key such as team or example.com/team");
      need(is_label_value(value), "labels." + key, value, "at most 63 letters, digits, - _ and .", "shorten the value");
    }
  }

  void serving() {
    range("replicas", o_.replicas, 1, 1000, "use a number such as 2");
    range("port", o_.port, 1024, 65535, "use a port such as 8080: the server does not run as root");
    range("service.port", o_.service.port, 1, 65535, "use a port such as 80");
    range("grace_seconds", o_.grace_seconds, 10, 3600, "use 45: five seconds pass before the server is told to stop");
    if (o_.service.node_port) {
      range("service.node_port", *o_.service.node_port, 1, 65535, "use a port of the cluster's range, commonly 30000 to 32767");
      if (o_.service.type == "ClusterIP")
        fault("service.node_port", "expected no node port for a service of type ClusterIP, got " + std::to_string(*o_.service.node_port),
              "write type: NodePort");
    }
    if (o_.autoscale) {
      range("autoscale.min", o_.autoscale->min, 1, 1000, "use a number such as 2");
      range("autoscale.cpu", o_.autoscale->cpu, 1, 1000, "use a percentage such as 70");
      if (o_.autoscale->max < o_.autoscale->min)
        fault("autoscale.max", "expected at least min, " + std::to_string(o_.autoscale->min) + ", got " + std::to_string(o_.autoscale->max),
              "write max: " + std::to_string(o_.autoscale->min) + " or more");
    }
    for (size_t i = 0; i < o_.egress.size(); ++i) {
      const std::string field = "egress." + std::to_string(i);
      need(is_cidr(o_.egress[i].cidr), field + ".cidr", o_.egress[i].cidr, "an address range", "use a range such as 10.0.0.0/8");
      range(field + ".port", o_.egress[i].port, 1, 65535, "use a port such as 5432");
    }
  }

  void gates() {
    if (!o_.gates.prometheus) return;
    if (const std::string wrong = fault_of(*o_.gates.prometheus); !wrong.empty())
      fault("gates.prometheus", wrong, "write {url: \"http://prometheus.monitoring:9090\"}, and a token for https only: token: env:PROMETHEUS_TOKEN");
  }

  void strategy() {
    const auto& steps = o_.strategy.percentages;
    if (o_.strategy.kind != Strategy::Kind::canary) return;
    bool ascending = !steps.empty() && steps.front() >= 1 && steps.back() == 100;
    for (size_t i = 1; i < steps.size(); ++i) ascending = ascending && steps[i - 1] < steps[i];
    std::string found;
    for (const int step : steps) found += (found.empty() ? "" : ", ") + std::to_string(step);
    if (ascending) return shares(steps);
    fault("strategy.canary", "expected percentages that ascend to 100, got [" + found + "]", "write canary: [10, 50, 100]");
  }

  // The share of the canary is its share of the pods: what their number cannot express would be promised and not kept.
  void shares(const std::vector<int>& steps) {
    const int replicas = o_.autoscale ? o_.autoscale->min : o_.replicas;
    if (replicas < 1) return;  // a fault of its own
    const std::string pods = count_of(replicas, "replica"), where = o_.autoscale ? "autoscale.min" : "replicas";
    const auto enough = fewest_replicas(steps);
    for (size_t i = 0; i < steps.size(); ++i)
      if (!can_express(replicas, steps[i]))
        fault("strategy.canary." + std::to_string(i),
              pods + " cannot take " + std::to_string(steps[i]) + " % of the traffic; " + (replicas == 1 ? "it" : "they") + " can take " +
                  expressible_text(replicas),
              enough ? "set " + where + ": " + std::to_string(*enough) + ", or choose among these percentages" : "choose among these percentages");
  }

  void resources() {
    const auto& r = o_.resources;
    pair("cpu", r.cpu_request, r.cpu_limit, true, "use 250m (a quarter of a core) or 2");
    pair("memory", r.memory_request, r.memory_limit, false, "use 512Mi or 2Gi");
  }

  void pair(const std::string& what, const std::string& request, const std::string& limit, bool cpu, const std::string& hint) {
    const auto requested = quantity(request, cpu), limited = quantity(limit, cpu);
    need(requested.has_value(), "resources.requests." + what, request, "a quantity", hint);
    need(limited.has_value(), "resources.limits." + what, limit, "a quantity", hint);
    if (requested && limited && *requested > *limited)
      fault("resources.limits." + what, "expected at least what is requested, " + request + ", got " + limit, "raise the limit to " + request);
  }

  void delivery() {
    const auto& d = o_.delivery;
    need(d.path.starts_with('/') || d.from == ModelDelivery::From::volume_claim, "model.path", d.path, "an absolute path", "use /model");
    need(d.path.find("..") == std::string::npos, "model.path", d.path, "a path without ..", "use /model");
    constexpr int image_volumes_since = 35;
    if (d.from == ModelDelivery::From::image_volume && o_.kubernetes != 0 && o_.kubernetes < image_volumes_since)
      fault("model.from", "image volumes are on by default from Kubernetes 1.35, and the release has to run on 1." + std::to_string(o_.kubernetes),
            "write version: \"1.35\", or let the pods fetch the model: {from: download, url: ...}");
    if (d.from == ModelDelivery::From::download) {
      const auto url = net::parse_url(d.url);
      need(url.ok() && d.url.find_first_of("?#@") == std::string::npos, "model.url", d.url, "the address of a folder on a web server",
           "use https://models.example.com/airline: where `mlopsctl model publish` puts it");
      if (o_.egress.empty())
        fault("egress", "the pods are to fetch their model, and may connect to nothing but name resolution", "write egress: [{cidr: 10.0.0.0/8, port: 443}]");
    }
    if (d.from == ModelDelivery::From::image_volume)
      need(!d.reference.empty() && d.reference.find_first_of(" \t\n") == std::string::npos, "model.reference", d.reference, "an image reference",
           "use registry.example.com/models/airline@sha256:...");
    if (d.from == ModelDelivery::From::volume_claim)
      need(is_dns_name(d.claim), "model.claim", d.claim, "the name of a PersistentVolumeClaim", "use a name such as models");
  }

  void environment() {
    constexpr std::string_view variable = "letters, digits and _, not starting with a digit";
    for (const auto& [name, value] : o_.env) need(is_variable(name), "env." + name, name, variable, "use a name such as LOG_LEVEL");
    for (const auto& [name, ref] : o_.secret_env) {
      need(is_variable(name), "secrets." + name, name, variable, "use a name such as SLACK_WEBHOOK");
      need(is_dns_name(ref.secret), "secrets." + name + ".secret", ref.secret, "the name of a Secret", "use a name such as slack");
      need(!ref.key.empty(), "secrets." + name + ".key", ref.key, "a key of that Secret", "use a key such as webhook");
      if (o_.env.contains(name)) fault("secrets." + name, name + " stands under env and under secrets; expected it once", "remove it from env");
    }
  }

  void jobs() {
    std::set<std::string> seen;
    for (const auto& job : o_.jobs) {
      const std::string field = "jobs." + job.name;
      // A CronJob appends 11 characters to its name for each Job it makes, a Job here carries nine of a digest.
      const size_t longest = o_.name.size() < 50 ? 51 - o_.name.size() : 1;
      need(is_dns_label(job.name, longest), field, job.name, "small letters, digits and -, and with the release's name at most 52 characters",
           "use a shorter name");
      if (job.args.empty()) fault(field + ".args", "expected a command of mlopsctl, got no arguments", "write args: [run, -f, /data/pipeline.yaml]");
      if (!job.cron.empty())
        if (const std::string wrong = cron_fault(job.cron); !wrong.empty()) fault(field + ".cron", wrong, "write cron: \"0 3 * * *\" for every night at three");
      if (job.cron.empty() && !job.time_zone.empty())
        fault(field + ".time_zone", "a time zone without a schedule means nothing", "write cron: \"0 3 * * *\", or remove time_zone");
      // A small image has no database of them; the API server has the last word anyway.
      if (!job.time_zone.empty() && TimeZone::known_here())
        if (const auto zone = TimeZone::find(job.time_zone); !zone) fault(field + ".time_zone", zone.error().message, zone.error().hint);
      if (!job.claim.empty()) need(is_dns_name(job.claim), field + ".claim", job.claim, "the name of a PersistentVolumeClaim", "use a name such as data");
      if (!seen.insert(job.name).second) fault(field, "the job " + job.name + " stands here twice", "give it another name");
    }
  }

  const ReleaseOptions& o_;
  std::vector<Error> faults_;
};

}  // namespace

std::vector<Error> faults(const ReleaseOptions& options) { return Checker(options).all(); }

}  // namespace mlopsctl::k8s
