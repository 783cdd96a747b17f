#include "cli/session.hpp"

#include <thread>

#include "cli/version.hpp"
#include "pipeline/git/provenance.hpp"
#include "pipeline/spec/load_checked.hpp"
#include "stages/registry.hpp"
#include "stages/retrain/policy.hpp"

namespace mlopsctl::cli {

Session::Session(Env& env, const Arguments& arguments, Screen out_screen, Screen err_screen, Log& log)
    : env_(env), arguments_(arguments), out_screen_(out_screen), err_screen_(err_screen), log_(log) {
  std::error_code gone;  // the folder may have been removed; whatever is looked for in it is then not found
  project_ = std::filesystem::current_path(gone);
}

const engine::StageRegistry& Session::registry() {
  if (!registry_) registry_ = stages::make_registry();
  return *registry_;
}

std::vector<std::filesystem::path> Session::pipeline_files() const {
  std::vector<std::filesystem::path> files;
  for (const auto& file : arguments_.values("--file")) files.emplace_back(file);
  if (files.empty()) files.emplace_back("pipeline.yaml");
  return files;
}

Result<CheckedPipeline> Session::checked_pipeline() {
  spec::LoadOptions options;
  options.files = pipeline_files();
  options.sets = arguments_.values("--set");
  std::error_code absent;
  if (const auto state = project_ / ".mlopsctl"; std::filesystem::is_directory(state, absent)) options.parsed = state / "parsed";
  for (const auto& file : options.files) log_.info("reading " + file.string());
  if (!arguments_.has("--file") && !std::filesystem::exists(options.files.front(), absent) && !absent) {
    return config_error("there is no pipeline.yaml in " + project_.string()).with_hint("write one with `mlopsctl init`, or name another with -f FILE");
  }
  CheckedPipeline checked;
  const auto check = [&](const spec::Pipeline& pipeline) -> Status {
    TRY_ASSIGN(checked.graph, engine::resolve(pipeline, registry()));
    return {};
  };
  TRY_ASSIGN(checked.pipeline, spec::load_checked(options, stages::catalog(registry()), check));
  TRY(retrain::policy_of(checked.pipeline));
  return checked;
}

Result<spec::Pipeline> Session::pipeline() {
  TRY_ASSIGN(CheckedPipeline checked, checked_pipeline());
  return std::move(checked.pipeline);
}

Result<engine::Store> Session::store() {
  log_.info("opening " + (project_ / ".mlopsctl").string());
  return engine::Store::open(project_, env_.clock);
}

Result<std::optional<engine::Store>> Session::existing_store() { return engine::Store::open_existing(project_, env_.clock); }

engine::RunOptions Session::run_options() {
  engine::RunOptions options;
  options.project = project_;
  options.only = arguments_.positional_values("STAGE");
  const int64_t jobs = arguments_.integer("--jobs");
  options.jobs = static_cast<int>(jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency()));
  for (const auto& word : env_.words) options.command += (options.command.empty() ? "mlopsctl " : " ") + word;

  options.versions = library_versions();
  options.provenance = [project = project_] {
    const auto found = git::provenance_of(project);
    return engine::Provenance{found.commit, found.branch, found.remote, found.dirty};
  };
  return options;
}

void Session::say(std::string_view sentence) {
  const std::lock_guard lock(voice_);
  env_.err.write(std::string(sentence) + "\n");
}

}  // namespace mlopsctl::cli
