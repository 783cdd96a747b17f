#include "stages/serve/observe/metrics.hpp"

#include <algorithm>

#include "stages/serve/observe/process_usage.hpp"

namespace mlopsctl::serve {

namespace {

constexpr double seconds_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
constexpr double count_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
constexpr double token_bounds[] = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
constexpr double confidence_bounds[] = {0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 1};
constexpr std::string_view stage_names[] = {"parse", "queue", "score", "write"};
constexpr std::string_view limit_names[] = {"no key", "rate", "quota", "size", "origin"};
constexpr size_t models_kept = 8;

double seconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) * 1e-9; }

std::string labels_of(const LiveModel& model) {
  return label("model", model.name) + "," + label("version", model.version) + "," + label("digest", model.digest.brief());
}

void append_scorer(std::string& out, const ScorerStats& scorer) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  append_one(out, "mlopsctl_queue_requests", "gauge", "Requests that wait to be scored.", number(scorer.requests_waiting));
  append_one(out, "mlopsctl_queue_tokens", "gauge", "Tokens that wait to be scored.", number(scorer.tokens_waiting));
  append_family(out, "mlopsctl_not_scored_total", "counter", "Requests that were not scored, by why.");
  append_sample(out, "mlopsctl_not_scored_total", label("why", "queue full"), number(scorer.queue_full));
  append_sample(out, "mlopsctl_not_scored_total", label("why", "late"), number(scorer.late));
  append_sample(out, "mlopsctl_not_scored_total", label("why", "failed"), number(scorer.failed));
  append_one(out, "mlopsctl_scored_texts_total", "counter", "Texts scored.", number(scorer.texts));
  append_one(out, "mlopsctl_scored_tokens_total", "counter", "Tokens scored.", number(scorer.tokens));
  append_one(out, "mlopsctl_model_swaps_total", "counter", "Times another model took over.", number(scorer.swaps));
  append_one(out, "mlopsctl_models_refused_total", "counter", "Models that were to take over and failed their check.", number(scorer.refused_models));
  if (!scorer.shadow) return;
  const std::string labels = label("model", scorer.shadow->model) + "," + label("digest", scorer.shadow->digest.brief());
  append_one(out, "mlopsctl_shadow_compared_total", "counter", "Texts that the shadow model scored too.", number(scorer.shadow->compared), labels);
  append_one(out, "mlopsctl_shadow_agreed_total", "counter", "Of those, where it named the same label.", number(scorer.shadow->agreed), labels);
  append_one(out, "mlopsctl_shadow_skipped_total", "counter", "Texts it did not see, for it had no time.", number(scorer.shadow->skipped), labels);
  append_one(out, "mlopsctl_shadow_mean_distance", "gauge", "Mean total variation distance of the two models' probabilities.", scorer.shadow->mean_distance,
             labels);
}

}  // namespace

Metrics::OfRoute::OfRoute(std::string text) : name(std::move(text)), seconds(seconds_bounds) {}

Metrics::OfModel::OfModel(const LiveModel& model)
    : digest(model.digest),
      labels(labels_of(model)),
      names(model.model.labels()),
      answers(new std::atomic<uint64_t>[names.size()]()),
      confidence(confidence_bounds) {}

Metrics::Metrics()
    : stages_{Histogram(seconds_bounds), Histogram(seconds_bounds), Histogram(seconds_bounds), Histogram(seconds_bounds)},
      texts_(count_bounds),
      tokens_(token_bounds),
      batch_texts_(count_bounds),
      batch_tokens_(token_bounds),
      batch_seconds_(seconds_bounds) {
  routes_.emplace_back("none");
}

size_t Metrics::add_route(const std::string& name) {
  for (size_t i = 0; i < routes_.size(); ++i)
    if (routes_[i].name == name) return i;
  routes_.emplace_back(name);
  return routes_.size() - 1;
}

void Metrics::answered(size_t route, int status, double seconds) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  OfRoute& of = routes_[route];
  of.by_status[static_cast<size_t>(std::clamp(status, 100, 599) - 100)].fetch_add(1, std::memory_order_relaxed);
  of.seconds.add(seconds);
}

void Metrics::limited(std::string_view why) {
  const auto at = std::find(std::begin(limit_names), std::end(limit_names), why);
  if (at != std::end(limit_names)) ++limited_[static_cast<size_t>(at - std::begin(limit_names))];
}

Metrics::OfModel& Metrics::of(const LiveModel& model) {
  for (const auto& known : models_)
    if (known->digest == model.digest) return *known;
  models_.push_front(std::make_shared<OfModel>(model));
  if (models_.size() > models_kept) models_.pop_back();
  return *models_.front();
}

void Metrics::observe(const Outcome& outcome) {
  stages_[0].add(seconds(outcome.times.parse));
  if (outcome.model == nullptr) return;
  stages_[1].add(seconds(outcome.times.queue));
  stages_[2].add(seconds(outcome.times.score));
  stages_[3].add(seconds(outcome.times.write));
  texts_.add(static_cast<double>(outcome.texts.size()));
  tokens_.add(static_cast<double>(outcome.tokens));
  const std::lock_guard lock(mutex_);
  OfModel& model = of(*outcome.model);
  const size_t width = model.names.size();
  for (size_t i = 0; i < outcome.labels.size(); ++i) {
    const auto named = static_cast<size_t>(outcome.labels[i]);
    if (named >= width || (i + 1) * width > outcome.probabilities.size()) continue;
    model.answers[named].fetch_add(1, std::memory_order_relaxed);
    model.confidence.add(static_cast<double>(outcome.probabilities[i * width + named]));
  }
}

void Metrics::observe(const BatchNote& batch) {
  if (batch.shadow) {
    ++shadow_batches_;
    return;
  }
  batch_texts_.add(static_cast<double>(batch.texts));
  batch_tokens_.add(static_cast<double>(batch.tokens));
  batch_seconds_.add(seconds(batch.took));
}

std::string Metrics::text(const Gauges& gauges) const {
  std::string out;
  out.reserve(size_t{32} << 10);
  const auto number = [](auto value) { return static_cast<double>(value); };
  append_family(out, "mlopsctl_requests_total", "counter", "Requests answered, by route and status.");
  for (const auto& route : routes_)
    for (size_t i = 0; i < route.by_status.size(); ++i)
      if (const uint64_t count = route.by_status[i]; count > 0)
        append_sample(out, "mlopsctl_requests_total", label("route", route.name) + "," + label("status", std::to_string(i + 100)), number(count));
  append_family(out, "mlopsctl_request_seconds", "histogram", "From a whole request to its answer, by route.");
  for (const auto& route : routes_)
    if (route.seconds.count() > 0) route.seconds.write(out, "mlopsctl_request_seconds", label("route", route.name));
  append_one(out, "mlopsctl_requests_in_flight", "gauge", "Requests being worked on.", number(in_flight_.load()));
  append_family(out, "mlopsctl_stage_seconds", "histogram", "Where the time of predictions goes: parse, queue, score, write.");
  for (size_t i = 0; i < stages_.size(); ++i) stages_[i].write(out, "mlopsctl_stage_seconds", label("stage", stage_names[i]));
  append_family(out, "mlopsctl_requests_limited_total", "counter", "Requests refused for want of a key or beyond a key's limits.");
  for (size_t i = 0; i < limited_.size(); ++i) append_sample(out, "mlopsctl_requests_limited_total", label("why", limit_names[i]), number(limited_[i].load()));
  append_family(out, "mlopsctl_request_texts", "histogram", "Texts in a request.");
  texts_.write(out, "mlopsctl_request_texts", "");
  append_family(out, "mlopsctl_request_tokens", "histogram", "Tokens in a request.");
  tokens_.write(out, "mlopsctl_request_tokens", "");
  append_family(out, "mlopsctl_batch_texts", "histogram", "Texts in a batch.");
  batch_texts_.write(out, "mlopsctl_batch_texts", "");
  append_family(out, "mlopsctl_batch_tokens", "histogram", "Tokens in a batch.");
  batch_tokens_.write(out, "mlopsctl_batch_tokens", "");
  append_family(out, "mlopsctl_batch_seconds", "histogram", "Time to score a batch.");
  batch_seconds_.write(out, "mlopsctl_batch_seconds", "");
  append_one(out, "mlopsctl_batch_padding_share", "gauge", "Share of a batch's tokens that stand for none: they are packed one after another.", 0);
  append_one(out, "mlopsctl_shadow_batches_total", "counter", "Batches scored by the shadow model.", number(shadow_batches_.load()));
  append_scorer(out, gauges.scorer);
  {
    const std::lock_guard lock(mutex_);
    append_family(out, "mlopsctl_predictions_total", "counter", "Texts answered, by model and label.");
    for (const auto& model : models_)
      for (size_t i = 0; i < model->names.size(); ++i)
        append_sample(out, "mlopsctl_predictions_total", model->labels + "," + label("label", model->names[i]), number(model->answers[i].load()));
    append_family(out, "mlopsctl_confidence", "histogram", "Probability of the label that was named.");
    for (const auto& model : models_) model->confidence.write(out, "mlopsctl_confidence", model->labels);
  }
  if (gauges.model) append_one(out, "mlopsctl_model_info", "gauge", "The model that answers.", 1, labels_of(*gauges.model));
  append_one(out, "mlopsctl_build_info", "gauge", "This program.", 1, label("version", gauges.version));
  append_one(out, "mlopsctl_ready", "gauge", "Whether requests are wanted.", gauges.ready ? 1 : 0);
  append_one(out, "mlopsctl_connections", "gauge", "Open connections.", number(gauges.connections));
  append_one(out, "mlopsctl_connections_accepted_total", "counter", "Connections accepted.", number(gauges.accepted));
  append_one(out, "mlopsctl_connections_evicted_total", "counter", "Connections closed to make room for others.", number(gauges.evicted));
  append_one(out, "mlopsctl_held_bytes", "gauge", "Bytes of requests being received or worked on.", number(gauges.held_bytes));
  append_one(out, "mlopsctl_malformed_total", "counter", "What came and was no request, was too large or too slow.", number(gauges.refused));
  append_one(out, "mlopsctl_timed_out_total", "counter", "Requests that did not arrive or were not answered in time.", number(gauges.timed_out));
  append_one(out, "mlopsctl_log_lines_dropped_total", "counter", "Lines of the access log that could not be written in time.",
             number(gauges.log_lines_dropped));
  append_process_usage(out);
  return out;
}

}  // namespace mlopsctl::serve
