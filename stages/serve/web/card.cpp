#include "stages/serve/web/card.hpp"

#include <mutex>
#include <optional>

#include "stages/drift/signals.hpp"

namespace mlopsctl::serve::web {
namespace {

constexpr int64_t kLeastTexts = 100;  // before that a class's share says nothing

Json counts(const std::vector<std::string>& labels, const std::vector<int64_t>& numbers) {
  Json by_label = Json::object();
  for (size_t i = 0; i < labels.size(); ++i) by_label[labels[i]] = numbers[i];
  return by_label;
}

Json steps_of(const Json& recipe) {
  Json names = Json::array();
  if (recipe.is_object())
    for (const Json& step : recipe.value("steps", Json::array()))
      if (step.is_object() && step.value("step", Json()).is_string()) names.push_back(step["step"]);
  return names;
}

// Only of a release of this very model; each part as stages/deploy/evidence.hpp wrote it.
Json evidence_in(const Json& release, const Digest& model) {
  Json evidence = Json::array();
  if (!release.is_object() || release.value("model", Json()) != model.str()) return evidence;
  for (const Json& input : release.value("inputs", Json::array()))
    if (input.is_object() && input.contains("verdict")) evidence.push_back(input);
  return evidence;
}

Json drift_of(const train::Profile& reference, const train::Profile& served) {
  drift::Thresholds thresholds;
  // Off: these need the cleaned texts, which nobody keeps.
  thresholds.text_length = thresholds.unknown_share = thresholds.content = thresholds.empty_share = thresholds.duplicate_share = 1;
  Json lines = Json::array();
  for (drift::Line& line : drift::compare(reference, served, thresholds)) {
    line.alarm = line.alarm && served.rows >= kLeastTexts;
    lines.push_back(drift::to_json(line));
  }
  return lines;
}

}  // namespace

Json card_of(const LiveModel& live, const Json& release, const train::Profile& served) {
  const Json& description = live.model.description();
  const auto& labels = live.model.labels();
  const Json calibration = description.value("calibration", Json());
  Json card = {{"name", live.name},
               {"version", live.version},
               {"digest", live.digest.str()},
               {"type", description.value("type", Json())},
               {"labels", labels},
               {"recipe", steps_of(description.value("recipe", Json()))},
               {"calibration", calibration.is_object() ? calibration.value("method", Json()) : Json()},
               {"trained_on", description.value("trained_on", Json())},
               {"evidence", evidence_in(release, live.digest)},
               {"served", {{"texts", served.rows}, {"classes", counts(labels, served.predicted)}, {"confidence", served.confidence}}},
               {"least_texts", kLeastTexts},
               {"reference", nullptr},
               {"drift", Json::array()}};
  const auto reference = train::profile_from_json(description.value("profile", Json()));
  if (reference && reference->labels == labels && reference->rows > 0) {
    card["reference"] = {
        {"source", reference->source}, {"rows", reference->rows}, {"classes", counts(labels, reference->predicted)}, {"confidence", reference->confidence}};
    if (served.rows > 0) card["drift"] = drift_of(*reference, served);
  }
  return card;
}

Route card_route(std::function<std::shared_ptr<const LiveModel>()> live, ReleaseOf release, std::shared_ptr<const Served> served) {
  struct Known {
    std::mutex mutex;
    std::optional<Digest> model;
    Json release;
  };
  Json operation = {{"operationId", "modelCard"},
                    {"summary", "The card of the model that answers now"},
                    {"tags", {"pages"}},
                    {"responses",
                     {{"200",
                       {{"description", "What it is, how it was judged, and how its answers drift"},
                        {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}}}}}};
  return {"GET", "/ui/model.json", Audience::users, std::move(operation),
          [live = std::move(live), release = std::move(release), served = std::move(served), known = std::make_shared<Known>()](const Request&, const auto&,
                                                                                                                                const Reply& reply) {
            const auto model = live();
            Json came_by;
            {
              const std::lock_guard lock(known->mutex);
              if (known->model != model->digest) {
                known->release = release ? release(*model) : Json();
                // One of another model, or none, is asked for again: a run may be about to write it.
                if (!release || (known->release.is_object() && known->release.value("model", Json()) == model->digest.str())) known->model = model->digest;
              }
              came_by = known->release;
            }
            Response response;
            response.headers = {{"cache-control", "no-store"}, {"x-content-type-options", "nosniff"}};
            response.body = canonical(card_of(*model, came_by, served->window(*model)));
            reply(std::move(response));
          }};
}

}  // namespace mlopsctl::serve::web
