// A StageContext made by hand: runs one stage of a kind on files in a folder of the test's own.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/engine/stage.hpp"

namespace mlopsctl::testing {

class FakeContext final : public engine::StageContext {
 public:
  // `folder`: where outputs go.
  explicit FakeContext(std::filesystem::path folder, Json params = Json::object(), uint64_t seed = 1)
      : folder_(std::move(folder)), params_(std::move(params)), seed_(seed) {
    std::filesystem::create_directories(folder_);
  }

  // `name` as in InputShape: "clean.test", "champion". The role is its last part.
  FakeContext& input(std::string name, std::string type, std::filesystem::path path, Json options = nullptr) {
    engine::StageInput input;
    input.role = name.substr(name.rfind('.') + 1);
    input.origin = input.name = std::move(name);
    input.type = std::move(type);
    input.digest = digest_of_path(path).value();
    input.path = std::move(path);
    input.options = std::move(options);
    inputs_.push_back(std::move(input));
    return *this;
  }

  const std::string& stage() const override { return stage_; }
  const Json& params() const override { return params_; }
  uint64_t seed() const override { return seed_; }
  const std::vector<engine::StageInput>& inputs() const override { return inputs_; }
  const CancelToken& cancel() const override { return cancel_; }
  std::filesystem::path output(std::string_view name) override { return folder_ / name; }
  void forward(std::string_view name, const engine::StageInput& input) override { forwarded[std::string(name)] = input.name; }
  Result<std::filesystem::path> checkpoints() override { return made(folder_ / "checkpoints"); }
  Result<std::filesystem::path> memo(const Digest& of) override { return made(folder_ / "memo") / of.hex(); }
  void progress(double, std::string_view) override {}
  engine::StageReport& report() override { return report_; }

  std::map<std::string, std::string> forwarded;  // output -> name of the input

 private:
  static std::filesystem::path made(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    return folder;
  }

  std::filesystem::path folder_;
  std::string stage_ = "stage";
  Json params_;
  uint64_t seed_;
  std::vector<engine::StageInput> inputs_;
  CancelToken cancel_;
  engine::StageReport report_;
};

}  // namespace mlopsctl::testing
