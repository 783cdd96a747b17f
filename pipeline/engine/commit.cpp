#include "pipeline/engine/commit.hpp"

#include <algorithm>
#include <system_error>

namespace mlopsctl::engine {

namespace fs = std::filesystem;

namespace {

Error bug(std::string message) {
  Error error;
  error.message = std::move(message);
  return error;
}

Result<Artifact> forward_input(Store& store, const Job& job, const OutputDecl& output, const StageInput& input) {
  std::error_code fault;
  const fs::path copy = job.scratch / "out" / output.name;
  const fs::path kept = store.path_of(input.digest);
  if (store.has(input.digest)) {
    uint64_t size = 0;
    if (fs::is_regular_file(kept, fault)) size = fs::file_size(kept, fault);
    else
      for (fs::recursive_directory_iterator entry(kept, fault), end; !fault && entry != end; entry.increment(fault))
        if (entry->is_regular_file(fault)) size += entry->file_size(fault);
    if (fault) return io_error("read", kept.string(), fault.value());
    return Artifact{output.name, output.type, input.digest, size};
  }
  fs::copy(input.path, copy, fs::copy_options::recursive, fault);
  if (fault) return io_error("copy", input.path.string(), fault.value());
  return store.adopt(copy, output.name, output.type, Store::Flush::later);
}

}  // namespace

Result<std::vector<Artifact>> adopt_outputs(Store& store, Scratch& scratch, const Job& job, const JobResult& result) {
  std::vector<Artifact> artifacts;
  for (const auto& output : job.outputs) {
    const auto forward = std::find_if(result.forwards.begin(), result.forwards.end(), [&](const Forward& f) { return f.output == output.name; });
    const fs::path path = job.scratch / "out" / output.name;
    std::error_code ignored;
    Result<Artifact> artifact = bug("a bug in stage " + job.name + " (" + job.kind + "): it did not write its output " + output.name);
    if (forward != result.forwards.end() && forward->input < job.inputs.size()) artifact = forward_input(store, job, output, job.inputs[forward->input]);
    else if (fs::exists(fs::symlink_status(path, ignored))) artifact = store.adopt(path, output.name, output.type, Store::Flush::later);
    if (!artifact) return std::move(artifact).error();
    TRY(scratch.keep(artifact->digest));
    artifacts.push_back(std::move(*artifact));
  }
  return artifacts;
}

Status publish(Store& store, const StageReport& report, const std::vector<Artifact>& artifacts, bool reused, std::string_view run_id,
               const std::function<Status(const std::string& alias, const Digest& model)>& allowed) {
  for (const auto& publication : report.publications) {
    const auto artifact = std::find_if(artifacts.begin(), artifacts.end(), [&](const Artifact& a) { return a.name == publication.output; });
    if (artifact == artifacts.end())
      return bug("alias " + publication.alias + " is asked for output " + publication.output + ", which the stage does not have");
    TRY_ASSIGN(const auto history, store.alias_history(publication.alias));
    if (!history.empty() && history.front().model == artifact->digest) continue;
    const auto deployed = std::find_if(history.begin(), history.end(), [](const AliasEntry& e) { return e.action == "deploy"; });
    if (reused && deployed != history.end() && deployed->model == artifact->digest) continue;
    TRY(allowed(publication.alias, artifact->digest));
    TRY(store.set_alias(publication.alias, artifact->digest, run_id, "deploy"));
  }
  return {};
}

}  // namespace mlopsctl::engine
