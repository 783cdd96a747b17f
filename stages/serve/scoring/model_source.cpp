#include "stages/serve/scoring/model_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"
#include "stages/serve/scoring/score.hpp"

namespace mlopsctl::serve {
namespace {

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
  const auto scored = score(model, views);
  if (!scored) return stage_error("cannot score: " + scored.error().message);
  const std::vector<float>& probabilities = *scored;
  const size_t labels = model.labels().size();
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

// Of all files in a model's folder: names, sizes and when they were written.
Result<std::string> stamp_of(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code fault;
  for (std::filesystem::recursive_directory_iterator each(folder, fault), end; !fault && each != end; each.increment(fault)) {
    std::error_code gone;  // a file of the moment
    const auto size = each->file_size(gone);
    const auto written = each->last_write_time(gone);
    if (!gone)
      files.push_back(each->path().lexically_relative(folder).string() + " " + std::to_string(size) + " " + std::to_string(written.time_since_epoch().count()));
  }
  if (fault) return io_error("read", folder.string(), fault.value());
  std::sort(files.begin(), files.end());
  std::string stamp = folder.string();
  for (const std::string& file : files) stamp += "\n" + file;
  return stamp;
}

class Folder {
 public:
  explicit Folder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<ModelPlace> find() {
    std::error_code fault;
    const auto real = std::filesystem::canonical(folder_, fault);
    if (fault) return io_error("open", folder_.string(), fault.value());
    if (!std::filesystem::exists(real / "model.json", fault)) return io_error("open", (real / "model.json").string(), fault ? fault.value() : ENOENT);
    TRY_ASSIGN(auto stamp, stamp_of(real));
    const bool elsewhere = !taken_ || taken_->folder != real, settled = stamp == seen_;
    seen_ = stamp;
    if (!elsewhere && !settled) return *taken_;
    std::string name = folder_.filename().empty() ? folder_.parent_path().filename().string() : folder_.filename().string();
    if (name.empty() || name == "." || name == "..") name = real.filename().string();
    taken_ = ModelPlace{real, std::nullopt, std::move(name), "1", folder_.string(), std::move(stamp)};
    return *taken_;
  }

 private:
  const std::filesystem::path folder_;
  std::optional<ModelPlace> taken_;
  std::string seen_;  // the stamp of the time before
};

}  // namespace

ModelSource folder_source(std::filesystem::path folder) {
  return {[each = std::make_shared<Folder>(std::move(folder))] { return each->find(); }, nullptr};
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
  else {
    TRY_ASSIGN(digest, digest_of_path(place.folder));
    TRY_ASSIGN(const auto stamp, stamp_of(place.folder));
    if (!source.open && stamp != place.stamp) return stage_error(place.origin + " was changed while it was loaded");
  }
  return std::make_shared<const LiveModel>(LiveModel{std::move(model), digest, place.name, place.version});
}

}  // namespace mlopsctl::serve
