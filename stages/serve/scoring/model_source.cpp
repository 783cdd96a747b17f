#include "stages/serve/scoring/model_source.hpp"

#include <cmath>

#include "pipeline/base/files.hpp"

namespace mlopsctl::serve {
namespace {

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Texts as they come and as they should not: what a broken model stumbles over is as often the odd one as the plain one.
std::vector<std::string> canaries() {
  std::string lengthy;
  for (int i = 0; i < 400; ++i) lengthy += "the flight was delayed again ";
  return {"",
          " ",
          "Great crew, thank you!",
          "worst service ever",
          "@airline #fail http://t.co/x",
          "Z\xC3\xBCrich \xE6\x9D\xB1\xE4\xBA\xAC \xF0\x9F\x98\x80",
          "1234567890",
          std::string("a\0b", 3),
          lengthy};
}

Status check_canaries(const ml::Model& model) {
  const std::vector<std::string> texts = canaries();
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const CancelToken cancel;
  TRY_ASSIGN(const auto probabilities, model.score_raw(views, cancel));
  const size_t labels = model.labels().size();
  if (probabilities.size() != texts.size() * labels)
    return stage_error("gives " + std::to_string(probabilities.size()) + " probabilities for " + std::to_string(texts.size()) + " texts and " +
                       std::to_string(labels) + " labels");
  for (size_t text = 0; text < texts.size(); ++text) {
    double sum = 0;
    for (size_t k = 0; k < labels; ++k) {
      const double p = static_cast<double>(probabilities[text * labels + k]);
      if (!(p >= 0 && p <= 1 + 1e-4))
        return stage_error("gives \"" + texts[text].substr(0, 40) + "\" the probability " + std::to_string(p) + " of " + model.labels()[k]);
      sum += p;
    }
    if (std::abs(sum - 1) > 1e-3) return stage_error("gives \"" + texts[text].substr(0, 40) + "\" probabilities that add to " + std::to_string(sum));
  }
  return {};
}

}  // namespace

ModelSource folder_source(std::filesystem::path folder) {
  return {[folder = std::move(folder)]() -> Result<ModelPlace> {
            std::error_code fault;
            const auto real = std::filesystem::canonical(folder, fault);
            if (fault) return io_error("open", folder.string(), fault.value());
            const auto changed = std::filesystem::last_write_time(real / "model.json", fault);
            if (fault) return io_error("read", (real / "model.json").string(), fault.value());
            std::string name = folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
            if (name.empty() || name == "." || name == "..") name = real.filename().string();
            return ModelPlace{real, std::nullopt,    std::move(name),
                              "1",  folder.string(), real.string() + " " + std::to_string(changed.time_since_epoch().count())};
          },
          nullptr};
}

Result<std::shared_ptr<const LiveModel>> load_checked(const ModelSource& source, const ModelPlace& place, int threads, const LiveModel* before) {
  TRY_ASSIGN(auto model, source.open ? source.open(place) : ml::Model::load(place.folder, place.origin));
  if (before != nullptr && model.labels() != before->model.labels())
    return stage_error(place.origin + " has the labels " + list_of(model.labels()) + "; the model that answers has " + list_of(before->model.labels()))
        .with_hint("clients know the old labels: start a server of its own for the new ones");
  TRY(model.share(threads));
  if (auto checked = check_canaries(model); !checked) {
    checked.error().message = place.origin + " " + checked.error().message;
    return std::move(checked).error();
  }
  Digest digest;
  if (place.digest) digest = *place.digest;
  else { TRY_ASSIGN(digest, digest_of_path(place.folder)); }
  return std::make_shared<const LiveModel>(LiveModel{std::move(model), digest, place.name, place.version});
}

}  // namespace mlopsctl::serve
