#include "pipeline/engine/decide.hpp"

#include <algorithm>

#include "pipeline/engine/cache_key.hpp"

namespace mlopsctl::engine {

Known known_from(const std::vector<Artifact>& artifacts, const StageReport& report) {
  Known known{Known::State::done, artifacts, {}};
  if (report.verdict && report.verdict->outcome != Outcome::pass) {
    known.state = Known::State::refused;
    known.verdict = to_string(report.verdict->outcome);
    if (!report.verdict->summary.empty()) known.verdict += ": " + report.verdict->summary;
  }
  return known;
}

Decider::Decider(const Graph& graph, std::string_view pipeline, Store* store, const RunOptions& options)
    : graph_(graph), pipeline_(pipeline), store_(store), options_(options) {}

Result<std::optional<Digest>> Decider::digest_of(const ResolvedInput& input, const std::vector<Known>& known) {
  if (input.producer) {
    const Known& producer = known[*input.producer];
    if (producer.state == Known::State::unknown) return std::optional<Digest>();
    return std::optional<Digest>(producer.artifacts[input.output].digest);
  }
  if (input.digest) return input.digest;
  if (const auto seen = files_.find(input.path); seen != files_.end()) return std::optional<Digest>(seen->second);
  auto digest = store_ != nullptr ? store_->digest_of_input(input.path) : digest_of_path(input.path);
  if (!digest) {
    Error error = std::move(digest).error();
    error.kind = ErrorKind::config;
    if (!input.span.file.empty()) error.span = input.span;
    return error;
  }
  files_.emplace(input.path, *digest);
  return std::optional<Digest>(*digest);
}

Result<PlannedStage> Decider::decide(size_t index, const std::vector<Known>& known) {
  const ResolvedStage& stage = graph_.stages[index];
  PlannedStage planned;
  planned.name = stage.spec->name;
  planned.kind = stage.spec->kind;
  planned.outputs = stage.outputs;

  for (const size_t need : stage.needs) {
    const std::string& name = graph_.stages[need].spec->name;
    if (known[need].state == Known::State::refused) planned.reasons.push_back({name + " said " + known[need].verdict, "", ""});
    if (known[need].state == Known::State::blocked) planned.reasons.push_back({name + " is blocked", "", ""});
  }
  if (options_.past_verdicts) planned.reasons.clear();
  if (!planned.reasons.empty()) {
    planned.action = Action::blocked;
    return planned;
  }

  for (const size_t need : stage.needs)
    if (known[need].state == Known::State::unknown) planned.reasons.push_back({"waits for " + graph_.stages[need].spec->name, "", ""});
  const bool pending = !planned.reasons.empty();

  std::vector<std::optional<Digest>> digests;
  for (const auto& input : stage.inputs) {
    // A pending stage's files would be read for nothing.
    if (pending && !input.producer) {
      digests.emplace_back();
      continue;
    }
    TRY_ASSIGN(auto digest, digest_of(input, known));
    digests.push_back(digest);
  }
  const auto asked_for = [&] { return options_.only.empty() || std::find(options_.only.begin(), options_.only.end(), planned.name) != options_.only.end(); };
  const bool forced = options_.force && asked_for();
  if (pending) {
    planned.action = Action::pending;
    planned.parts = key_parts(stage, digests);
    if (store_ != nullptr) TRY(add_history(planned));
    return planned;
  }
  planned.key = key_of(stage, digests);
  if (store_ != nullptr && stage.spec->cache && !forced) {
    TRY_ASSIGN(auto result, store_->find(*planned.key, options_.detail));
    if (result && result->artifacts.size() == stage.outputs.size()) {
      planned.action = Action::reuse;
      planned.parts = std::move(result->parts);
      planned.artifacts = std::move(result->artifacts);
      planned.report = std::move(result->report);
      return planned;
    }
  }
  planned.action = Action::run;
  planned.parts = key_parts(stage, digests);
  if (forced) planned.reasons.push_back({"forced", "", ""});
  if (!stage.spec->cache) planned.reasons.push_back({"its results are not kept (cache: false)", "", ""});
  if (store_ != nullptr) TRY(add_history(planned));
  if (planned.reasons.empty()) planned.reasons.push_back({"no earlier result", "", ""});
  return planned;
}

// Why the latest earlier result does not serve, and how long it took.
Status Decider::add_history(PlannedStage& planned) {
  TRY_ASSIGN(const auto seconds, store_->expected_seconds(pipeline_, planned.name));
  planned.expected_seconds = seconds.value_or(0);
  TRY_ASSIGN(const auto before, store_->latest_of(pipeline_, planned.name));
  if (!before) return {};
  const bool complete = planned.action == Action::run;
  auto differences = compare(before->parts, planned.parts, complete);
  if (complete && differences.empty() && planned.reasons.empty()) {
    const auto gone = std::find_if(before->artifacts.begin(), before->artifacts.end(), [&](const Artifact& a) { return !store_->has(a.digest); });
    if (gone != before->artifacts.end())
      differences.push_back({"its result " + gone->name + " (" + gone->digest.brief() + ") is not in the store any more", "", ""});
  }
  planned.reasons.insert(planned.reasons.end(), std::make_move_iterator(differences.begin()), std::make_move_iterator(differences.end()));
  return {};
}

}  // namespace mlopsctl::engine
