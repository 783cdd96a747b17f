#include "stages/train/ensemble.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"
#include "stages/finetune/network.hpp"
#include "stages/train/mixture.hpp"

namespace mlopsctl::train {
namespace {

namespace fs = std::filesystem;

constexpr double kNegligible = 0.01;

class EnsembleClassifier final : public ml::Classifier {
 public:
  EnsembleClassifier(std::vector<ml::Model> members, Mixture mixture) : members_(std::move(members)), mixture_(std::move(mixture)) {}

  ml::ScoreKind score_kind() const override { return ml::ScoreKind::log_probability; }

  size_t tokens(std::string_view text) const override {
    size_t most = 1;
    for (const ml::Model& member : members_) most = std::max(most, member.classifier().tokens(text));
    return most;
  }
  bool cheap() const override {
    return std::all_of(members_.begin(), members_.end(), [](const ml::Model& member) { return member.classifier().cheap(); });
  }
  Status share(int threads) override {
    for (ml::Model& member : members_) TRY(member.share(threads));
    return {};
  }

  // `unknown`: the mean over the members that have such a notion.
  Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const override {
    TRY_ASSIGN(const auto probabilities, probabilities_of(texts, cancel, unknown));
    return log_mix(mixture_, probabilities, members_.front().labels().size());
  }

  // Of each member, rows x labels.
  Result<std::vector<std::vector<float>>> probabilities_of(std::span<const std::string_view> texts, const CancelToken& cancel,
                                                           std::vector<float>* unknown) const {
    std::vector<std::vector<float>> all;
    size_t knowing = 0;
    if (unknown != nullptr) unknown->clear();
    for (const ml::Model& member : members_) {
      std::vector<float> shares;
      TRY_ASSIGN(auto probabilities, member.score_raw(texts, cancel, unknown == nullptr ? nullptr : &shares));
      all.push_back(std::move(probabilities));
      if (unknown == nullptr || shares.empty()) continue;
      unknown->resize(shares.size());
      ++knowing;
      for (size_t i = 0; i < shares.size(); ++i) (*unknown)[i] += shares[i];
    }
    if (knowing > 1)
      for (float& share : *unknown) share /= static_cast<float>(knowing);
    return all;
  }

  const Mixture& mixture() const { return mixture_; }
  void set_mixture(Mixture mixture) { mixture_ = std::move(mixture); }
  const std::vector<ml::Model>& members() const { return members_; }

 private:
  std::vector<ml::Model> members_;
  Mixture mixture_;
};

fs::path place_of(size_t member) { return fs::path("members") / std::to_string(member); }

std::vector<const ml::BaseModel*> members_of(const Json& params, const std::map<std::string, ml::BaseModel>& bases) {
  std::vector<const ml::BaseModel*> members;
  for (size_t i = 0; i < params["members"].size(); ++i) members.push_back(&bases.at("members." + std::to_string(i)));
  return members;
}

Result<std::vector<std::string>> common_labels(const Json& params, const std::map<std::string, ml::BaseModel>& bases) {
  std::vector<std::string> first;
  std::string found;
  bool same = true;
  for (const ml::BaseModel* member : members_of(params, bases)) {
    TRY_ASSIGN(const Json description, ml::Model::describe(member->path, member->origin));
    auto labels = description["labels"].get<std::vector<std::string>>();
    found += (found.empty() ? "" : "; ") + member->origin + " has " + list_of(labels);
    if (first.empty()) first = std::move(labels);
    else same = same && labels == first;
  }
  if (same) return first;
  return stage_error("the members of an ensemble need the same labels: " + found).with_hint("train them on rows with the same labels");
}

// A file that nobody may write to (the store's) is linked where the file system can; another could change under us and is copied.
Status take_file(const fs::path& from, const fs::path& to) {
  std::error_code fault;
  const bool fixed = (fs::status(from, fault).permissions() & (fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write)) == fs::perms::none;
  if (!fault && fixed) {
    fs::create_hard_link(from, to, fault);
    if (!fault) return {};
  }
  fs::copy_file(from, to, fault);
  if (fault) return io_error("copy", from.string(), fault.value());
  return {};
}

// All that scoring and a look at the model need; not the weights of other epochs.
Status take_folder(const fs::path& from, const fs::path& to) {
  TRY(make_folders(to));
  std::error_code fault;
  for (fs::recursive_directory_iterator each(from, fault), end; !fault && each != end; each.increment(fault)) {
    const fs::path below = each->path().lexically_relative(from);
    std::error_code unseen;
    if (each->is_directory(unseen)) {
      if (below.filename() == "checkpoints") each.disable_recursion_pending();
      else TRY(make_folders(to / below));
    } else {
      TRY(take_file(each->path(), to / below));
    }
  }
  if (fault) return io_error("read", from.string(), fault.value());
  return {};
}

Result<ml::TrainReport> train(const ml::TrainRequest& request) {
  const auto bases = members_of(request.params, request.bases);
  std::vector<ml::Model> members;
  for (size_t i = 0; i < bases.size(); ++i) {
    request.progress(0.1 * static_cast<double>(i) / static_cast<double>(bases.size()), "copying " + bases[i]->origin);
    TRY(take_folder(bases[i]->path, request.folder / place_of(i)));
    TRY_ASSIGN(auto member, ml::Model::load(request.folder / place_of(i), bases[i]->origin));
    members.push_back(std::move(member));
  }
  request.progress(0.1, "asking the members");
  ml::TrainReport report;
  auto classifier = std::make_unique<EnsembleClassifier>(std::move(members), equal_mixture(bases.size()));
  TRY_ASSIGN(const auto probabilities, classifier->probabilities_of(request.validation->texts, request.cancel, &report.validation_unknown));
  request.progress(0.9, "fitting weights");
  if (request.params["weights"] == "fitted") classifier->set_mixture(fit_mixture(probabilities, request.validation->labels, request.labels.size()));
  const Mixture& mixture = classifier->mixture();
  report.validation_scores = log_mix(mixture, probabilities, request.labels.size());

  Json list = Json::array();
  for (size_t i = 0; i < bases.size(); ++i) {
    const std::string name = request.params["members"][i].get<std::string>();
    const Json& description = classifier->members()[i].description();
    list.push_back({{"name", name},
                    {"type", description["type"]},
                    {"digest", bases[i]->digest.str()},
                    {"weight", mixture.weights[i]},
                    {"temperature", mixture.temperatures[i]}});
    report.metrics["weight." + name] = mixture.weights[i];
    if (mixture.weights[i] < kNegligible)
      report.warnings.push_back(bases[i]->origin + " weighs less than 0.01: on the validation rows the ensemble is as good without it");
  }
  report.family = {{"members", std::move(list)}};
  report.trained_on = classifier->members().front().description().value("trained_on", Json());
  report.classifier = std::move(classifier);
  return report;
}

Result<std::unique_ptr<ml::Classifier>> load(const fs::path& folder, const Json& model_json) {
  const Json& family = model_json["family"];
  const Json list = family.is_object() ? family.value("members", Json()) : Json();
  if (!list.is_array() || list.empty()) return stage_error("model.json: family.members is no list of members");
  std::vector<ml::Model> members;
  Mixture mixture;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = "family.members[" + std::to_string(i) + "]";
    const Json weight = list[i].is_object() ? list[i].value("weight", Json()) : Json();
    const Json temperature = list[i].is_object() ? list[i].value("temperature", Json()) : Json();
    if (!weight.is_number() || !(weight.get<double>() >= 0)) return stage_error("model.json: " + at + ".weight is no number of at least 0");
    if (!temperature.is_number() || !(temperature.get<double>() > 0)) return stage_error("model.json: " + at + ".temperature is no number above 0");
    mixture.weights.push_back(weight.get<double>());
    mixture.temperatures.push_back(temperature.get<double>());
    TRY_ASSIGN(auto member, ml::Model::load(folder / place_of(i), place_of(i).string()));
    if (Json(member.labels()) != model_json["labels"])
      return stage_error("model.json has the labels " + model_json["labels"].dump() + ", " + place_of(i).string() + " has " + Json(member.labels()).dump());
    members.push_back(std::move(member));
  }
  return std::unique_ptr<ml::Classifier>(std::make_unique<EnsembleClassifier>(std::move(members), std::move(mixture)));
}

Status check(const Json& params, const Json&) {
  std::vector<std::string> seen;
  for (const Json& member : params["members"]) {
    const std::string name = member.get<std::string>();
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      Error fault = config_error("\"" + name + "\" is a member already");
      fault.field = "model.members." + std::to_string(seen.size());
      return std::move(fault).with_hint("name each model once; weights say how much it counts");
    }
    seen.push_back(name);
  }
  return {};
}

}  // namespace

ml::Trainer ensemble() {
  ml::Trainer trainer;
  trainer.type = "ensemble";
  trainer.doc = "The weighted mean of other models' probabilities; each cleans and tokenises texts in its own way.";
  trainer.fields = {
      spec::required("members", spec::list(spec::model(), 2, 20),
                     "The models to take together: stages, registered models or folders. They have the same labels."),
      spec::with_default(
          "weights", spec::choice({"fitted", "equal"}), "fitted",
          "fitted: a weight and a temperature for each member, with the least log loss on the validation rows. equal: all count alike, as they are."),
  };
  trainer.backend = finetune::network_backend();
  trainer.check = &check;
  trainer.train = &train;
  trainer.load = &load;
  trainer.without_validation = ml::WithoutValidation::nothing;
  trainer.labels = &common_labels;
  return trainer;
}

}  // namespace mlopsctl::train
