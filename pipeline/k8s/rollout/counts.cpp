#include "pipeline/k8s/rollout/counts.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace mlopsctl::k8s {

namespace {

double number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// NAME{KEY="VALUE",...} NUMBER; nothing of another line.
std::optional<Sample> read_sample(std::string_view line) {
  Sample sample;
  size_t at = line.find_first_of("{ ");
  if (at == std::string_view::npos || at == 0 || line[0] == '#') return std::nullopt;
  sample.name = line.substr(0, at);
  if (line[at] == '{') {
    for (++at; at < line.size() && line[at] != '}';) {
      const size_t equals = line.find("=\"", at);
      if (equals == std::string_view::npos) return std::nullopt;
      std::string value;
      size_t i = equals + 2;
      for (; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) value += line[++i] == 'n' ? '\n' : line[i];
        else value += line[i];
      }
      if (i >= line.size()) return std::nullopt;
      sample.labels.emplace(line.substr(at, equals - at), std::move(value));
      at = i + 1;
      if (at < line.size() && line[at] == ',') ++at;
    }
    if (at >= line.size()) return std::nullopt;
    ++at;
  }
  at = line.find_first_not_of(' ', at);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at);
  sample.value = number(line.substr(0, line.find(' ')));
  if (std::isnan(sample.value)) return std::nullopt;
  return sample;
}

// "GET /metrics": asked by machines, not by users.
bool is_probe(std::string_view route) { return route.starts_with("GET /v2/health") || route == "GET /metrics"; }

bool began_anew(const Counts& now, const Counts& last) { return now.requests < last.requests || now.texts() < last.texts(); }

}  // namespace

int64_t Counts::texts() const {
  int64_t all = 0;
  for (const auto& [label, count] : answered) all += count;
  return all;
}

Counts& Counts::operator+=(const Counts& more) {
  requests += more.requests, errors += more.errors;
  for (const auto& [bound, count] : more.within) within[bound] += count;
  for (const auto& [label, count] : more.answered) answered[label] += count;
  return *this;
}

Counts& Counts::operator-=(const Counts& less) {
  requests -= less.requests, errors -= less.errors;
  for (const auto& [bound, count] : less.within) within[bound] -= count;
  for (const auto& [label, count] : less.answered) answered[label] -= count;
  return *this;
}

std::string_view Sample::label(std::string_view key) const {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

bool is_counted(const Sample& sample) {
  const bool ours = sample.name == "mlopsctl_requests_total" || sample.name == "mlopsctl_request_seconds_bucket" || sample.name == "mlopsctl_predictions_total";
  return ours && !is_probe(sample.label("route"));
}

void count(const Sample& sample, Counts& counts) {
  if (!is_counted(sample)) return;
  const auto value = static_cast<int64_t>(std::llround(sample.value));
  if (sample.name == "mlopsctl_requests_total") {
    counts.requests += value;
    if (sample.label("status").starts_with('5')) counts.errors += value;
  } else if (sample.name == "mlopsctl_request_seconds_bucket") {
    counts.within[number(sample.label("le"))] += value;
  } else {
    counts.answered[std::string(sample.label("label"))] += value;
  }
}

Counts read_counts(std::string_view exposition) {
  Counts counts;
  while (!exposition.empty()) {
    const size_t end = std::min(exposition.find('\n'), exposition.size());
    const auto sample = read_sample(exposition.substr(0, end));
    exposition.remove_prefix(std::min(end + 1, exposition.size()));
    if (sample) count(*sample, counts);
  }
  return counts;
}

void Meter::see(const std::string& pod, Role role, const Counts& now) {
  const auto [found, fresh] = pods_.try_emplace(pod);
  Pod& known = found->second;
  if (fresh || known.role != role) {
    known = {role, role == Role::candidate ? Counts() : now, now};
    if (role == Role::champion) before_ += now;
    return;
  }
  if (began_anew(now, known.last)) {
    Counts& sum = role == Role::candidate ? candidate_ : champion_;
    (sum += known.last) -= known.from;
    known.from = {};
  }
  if (known.behind && !(now == known.last)) known.from = now, known.behind = false;
  known.last = now;
}

void Meter::restart(bool late) {
  candidate_ = champion_ = {};
  for (auto& [name, pod] : pods_) pod.from = pod.last, pod.behind = late;
}

Evidence Meter::evidence() const {
  Evidence evidence{candidate_, champion_, before_, {}};
  for (const auto& [name, pod] : pods_) {
    Counts& sum = pod.role == Role::candidate ? evidence.candidate : evidence.champion;
    (sum += pod.last) -= pod.from;
  }
  return evidence;
}

}  // namespace mlopsctl::k8s
