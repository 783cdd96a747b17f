#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
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

Result<Answer> cmd_drift_monitor(Session& session) {
  const Arguments& arguments = session.arguments();
  TRY_ASSIGN(const double change, share_of(arguments, "--change", 0, 1));
  TRY_ASSIGN(const int64_t run_length, number_of(arguments, "--run-length", 10, 1'000'000'000));
  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(const Digest digest, digest_of(place));
  TRY_ASSIGN(const Json description, model_description(place));
  auto reference = train::profile_from_json(description.value("profile", Json()));
  if (!reference) return std::move(reference).error().note("while reading the profile of the model " + place.origin);
  TRY_ASSIGN(const auto address, serve::store::resolve_address(arguments.value("--store")));
  const auto store = serve::store::make_store(address, session.env().cancel);
  TRY(store->ready());

  drift::Monitor monitor(*reference, change, static_cast<double>(run_length));
  std::vector<int64_t> times;
  TRY_ASSIGN(const int64_t seen, each_prediction(*store, digest.str(), session.env().cancel, [&](const auto& prediction) {
               const auto label = std::find(reference->labels.begin(), reference->labels.end(), prediction.label);
               monitor.add(static_cast<size_t>(label - reference->labels.begin()), prediction.confidence);
               times.push_back(prediction.created_at);
             }));

  Json watches = Json::array();
  for (const auto& watch : monitor.watches()) {
    const stats::PageHinkley& detector = watch.detector;
    const bool begun = detector.alarmed() && detector.since() < static_cast<int64_t>(times.size());
    watches.push_back({{"watch", watch.name},
                       {"reference", watch.reference},
                       {"evidence", detector.evidence()},
                       {"delay", static_cast<int64_t>(std::ceil(detector.delay()))},
                       {"alarm", detector.alarmed()},
                       {"since", begun ? Json(rfc3339(TimePoint(std::chrono::milliseconds(times[static_cast<size_t>(detector.since())])))) : Json()}});
  }
  Answer answer(Json{{"model", place.origin},
                     {"store", address.shown},
                     {"predictions", seen},
                     {"change", change},
                     {"run_length", run_length},
                     {"alarm", monitor.alarmed()},
                     {"watches", std::move(watches)}});
  answer.line((monitor.alarmed() ? "something has changed in " : "no change in ") + count_of(seen, "prediction") + " of " + place.origin +
                  "; an alarm for nothing comes once in " + std::to_string(run_length) + " predictions, or more seldom",
              monitor.alarmed() ? Style::red : Style::green);
  answer.table("watches", {{"watch", "watch"},
                           {"reference", "was at most", As::percent},
                           {"evidence", "evidence", As::percent},
                           {"delay", "rows to see " + brief(change), As::integer},
                           {"alarm", "alarm"},
                           {"since", "since", As::time}});
  answer.exit_code = monitor.alarmed() ? 1 : 0;
  return answer;
}

}  // namespace mlopsctl::cli
