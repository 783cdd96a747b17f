#include "stages/serve/assembly.hpp"

#include <algorithm>

#include "stages/serve/observe/histogram.hpp"
#include "stages/serve/protocols/protocols.hpp"
#include "stages/serve/scoring/batch_scorer.hpp"
#include "stages/serve/store/keeper.hpp"
#include "stages/serve/web/web.hpp"

namespace mlopsctl::serve {

namespace {

constexpr std::string_view with_tweets = "gke-twitter";

Result<std::shared_ptr<store::Keeper>> open_store(const AssemblyOptions& options, const Scorer& scorer) {
  if (options.store.empty()) return std::shared_ptr<store::Keeper>();
  store::KeeperOptions keeping;
  TRY_ASSIGN(keeping.address, store::resolve_address(options.store));
  keeping.record = options.record > 0;
  keeping.recorder.sample = options.record;
  keeping.recorder.redact = options.redact;
  keeping.recorder.retention = options.retention;
  keeping.recorder.spool = options.spool;
  keeping.gke_twitter = std::find(options.apis.begin(), options.apis.end(), with_tweets) != options.apis.end();
  keeping.labels = [&scorer] { return scorer.current()->model.labels(); };
  keeping.say = options.say;
  TRY_ASSIGN(auto keeper, store::Keeper::start(std::move(keeping)));
  return std::shared_ptr<store::Keeper>(std::move(keeper));
}

void append_store(std::string& out, const store::RecorderState& state) {
  append_one(out, "mlopsctl_recorded_total", "counter", "Predictions taken to be kept.", static_cast<double>(state.taken));
  append_one(out, "mlopsctl_recorded_delivered_total", "counter", "Of those, in the database.", static_cast<double>(state.delivered));
  append_one(out, "mlopsctl_recorded_dropped_total", "counter", "Of those, lost: the queue or the spool was full.", static_cast<double>(state.dropped));
  append_one(out, "mlopsctl_spool_bytes", "gauge", "Bytes on disk that wait for the database.", static_cast<double>(state.spool_bytes));
  append_one(out, "mlopsctl_store_reachable", "gauge", "Whether the database answered when last asked.", state.reachable ? 1 : 0);
}

}  // namespace

Result<Parts> assemble(const AssemblyOptions& options, const Hooks& hooks) {
  Parts parts;
  ScoringOptions scoring;
  scoring.workers = options.scoring_threads;
  scoring.limits.queue_requests = options.queue_requests;
  scoring.on_batch = hooks.on_batch;
  scoring.say = options.say;
  TRY_ASSIGN(parts.scorer, make_scorer(std::move(scoring), options.model, options.shadow));
  Scorer& scorer = *parts.scorer;
  TRY_ASSIGN(const auto keeper, open_store(options, scorer));
  auto web = web::make_web([&scorer] { return scorer.current(); }, options.release);

  protocols::Options formats;
  formats.apis = options.apis;
  formats.ready = hooks.ready;
  formats.observe = [count = hooks.observe, show = web.observer, keep = keeper ? keeper->observer() : Observer()](const Outcome& outcome) {
    count(outcome);
    if (show) show(outcome);
    if (keep) keep(outcome);
  };
  if (keeper) formats.store_sentiment = keeper->sentiment_sink();
  TRY_ASSIGN(parts.routes, protocols::routes(std::move(formats), scorer));
  for (auto& route : web.routes) parts.routes.push_back(std::move(route));
  if (keeper) {
    for (auto& route : keeper->routes()) parts.routes.push_back(std::move(route));
    parts.more_metrics = [keeper](std::string& out) { append_store(out, keeper->state()); };
    parts.keep = keeper;
  }
  return parts;
}

}  // namespace mlopsctl::serve
