#include "cli/monitoring.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/serving.hpp"
#include "stages/drift/monitor.hpp"
#include "stages/serve/store/store.hpp"

namespace mlopsctl::cli {

namespace {

constexpr int64_t page = 1000;

// The next predictions of this model in order of time, each given to `take`; how many.
template <typename Take>
Result<int64_t> each_prediction(serve::store::Store& store, const std::string& digest, const CancelToken& cancel, const Take& take) {
  std::optional<serve::store::Prediction> last;
  int64_t taken = 0;
  while (!cancel.cancelled()) {
    TRY_ASSIGN(auto predictions, store.predictions(last ? &*last : nullptr, page));
    for (const auto& prediction : predictions)
      if (prediction.model_digest == digest) take(prediction), ++taken;
    if (static_cast<int64_t>(predictions.size()) < page) break;
    last = std::move(predictions.back());
  }
  return taken;
}

}  // namespace

Result<Watched> watch_store(Session& session, const ModelPlace& place, const std::string& address, double change, int64_t run_length) {
  TRY_ASSIGN(const Digest digest, digest_of(place));
  TRY_ASSIGN(const Json description, model_description(place));
  auto reference = train::profile_from_json(description.value("profile", Json()));
  if (!reference) return std::move(reference).error().note("while reading the profile of the model " + place.origin);
  TRY_ASSIGN(const auto resolved, serve::store::resolve_address(address));
  const auto store = serve::store::make_store(resolved, session.env().cancel);
  TRY(store->ready());

  drift::Monitor monitor(*reference, change, static_cast<double>(run_length));
  std::vector<int64_t> times;
  Watched watched;
  watched.store = resolved.shown;
  TRY_ASSIGN(watched.predictions, each_prediction(*store, digest.str(), session.env().cancel, [&](const auto& prediction) {
               const auto label = std::find(reference->labels.begin(), reference->labels.end(), prediction.label);
               monitor.add(static_cast<size_t>(label - reference->labels.begin()), prediction.confidence);
               times.push_back(prediction.created_at);
             }));
  watched.alarm = monitor.alarmed();
  for (const auto& watch : monitor.watches()) {
    const stats::PageHinkley& detector = watch.detector;
    std::optional<TimePoint> since;
    if (detector.alarmed() && detector.since() < static_cast<int64_t>(times.size()))
      since = TimePoint(std::chrono::milliseconds(times[static_cast<size_t>(detector.since())]));
    if (since && (!watched.since || *since < *watched.since)) watched.since = since;
    watched.watches.push_back({{"watch", watch.name},
                               {"reference", watch.reference},
                               {"evidence", detector.evidence()},
                               {"delay", static_cast<int64_t>(std::ceil(detector.delay()))},
                               {"alarm", detector.alarmed()},
                               {"since", since ? Json(rfc3339(*since)) : Json()}});
  }
  return watched;
}

}  // namespace mlopsctl::cli
