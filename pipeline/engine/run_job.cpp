// The inside of a job: a StageContext on a Job, and the stage called with it.
#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/leftovers.hpp"
#include "pipeline/engine/runner.hpp"

namespace mlopsctl::engine {

namespace {

class JobContext final : public StageContext {
 public:
  JobContext(const Job& job, const CancelToken& cancel, const std::function<void(double, std::string_view)>& progress)
      : job_(job), cancel_(cancel), progress_(progress) {}

  const std::string& stage() const override { return job_.name; }
  const Json& params() const override { return job_.params; }
  uint64_t seed() const override { return job_.seed; }
  const std::vector<StageInput>& inputs() const override { return job_.inputs; }
  const CancelToken& cancel() const override { return cancel_; }

  std::filesystem::path output(std::string_view name) override {
    declared(name);
    return job_.scratch / "out" / name;
  }

  void forward(std::string_view name, const StageInput& input) override {
    declared(name);
    const auto found = std::find_if(job_.inputs.begin(), job_.inputs.end(), [&](const StageInput& i) { return &i == &input; });
    if (found == job_.inputs.end()) throw std::logic_error("forwards something that is not one of its inputs as " + std::string(name));
    result.forwards.push_back({std::string(name), static_cast<size_t>(found - job_.inputs.begin())});
  }

  Result<std::filesystem::path> checkpoints() override {
    if (!job_.checkpoints.empty() && !taken_) {
      TRY_ASSIGN(auto taken, Checkpoints::take(job_.checkpoints));
      if (taken) taken_.emplace(std::move(*taken));
    }
    if (taken_) return job_.checkpoints;
    const auto own = job_.scratch / "checkpoints";
    TRY(make_folders(own));
    return own;
  }

  Result<std::filesystem::path> memo(const Digest& of) override {
    const auto folder = job_.memo.empty() ? job_.scratch / "memo" : job_.memo;
    TRY(make_folders(folder));
    return memo_file(folder, of);
  }

  void progress(double fraction, std::string_view what) override { progress_(fraction, what); }
  StageReport& report() override { return result.report; }

  JobResult result;

 private:
  void declared(std::string_view name) const {
    if (std::none_of(job_.outputs.begin(), job_.outputs.end(), [&](const OutputDecl& o) { return o.name == name; }))
      throw std::logic_error("writes an output it did not declare: " + std::string(name));
  }

  const Job& job_;
  const CancelToken& cancel_;
  const std::function<void(double, std::string_view)>& progress_;
  std::optional<Checkpoints> taken_;
};

Error bug(const Job& job, const std::string& what) {
  Error error;
  error.message = "a bug in stage " + job.name + " (" + job.kind + "): " + what;
  return error;
}

}  // namespace

JobResult run_job(const Job& job, const CancelToken& cancel, const std::function<void(double, std::string_view)>& progress) {
  JobContext context(job, cancel, progress);
  std::optional<Error> error;
  try {
    Status status = make_folders(job.scratch / "out");
    if (status) status = job.stage->run(context);
    if (!status) error = std::move(status).error();
  } catch (const std::bad_alloc&) {
    error = stage_error("stage " + job.name + " (" + job.kind + ") ran out of memory").with_hint("run fewer stages at once (-j 1), or give it less data");
  } catch (const std::exception& fault) { error = bug(job, fault.what()); } catch (...) {
    error = bug(job, "it threw something that is no exception");
  }
  if (!error && cancel.cancelled()) {
    error = stage_error("stage " + job.name + " was interrupted");
    error->kind = ErrorKind::interrupted;
  }
  context.result.error = std::move(error);
  return std::move(context.result);
}

}  // namespace mlopsctl::engine
