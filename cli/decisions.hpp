// Decision records of a project: written while a run goes on, asked for before a release.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "pipeline/decision/ledger.hpp"
#include "pipeline/k8s/manifest.hpp"

namespace mlopsctl::cli {

// Where the working folder keeps what mlopsctl remembers, as people see it.
inline constexpr const char* project_state = ".mlopsctl";

// Of --trust where the command has it, else of the pipeline file (may be null), else the key that this project signs with. Makes no key.
Result<std::vector<decision::PublicKey>> trusted_keys(Session& session, const spec::Pipeline* pipeline);

// Writes a record for each gate of the run, unless the newest by the same key says the same, and lets a model be released only
// by a record that grants it, or with a reason, which is recorded.
class DecisionKeeper final : public engine::Witness {
 public:
  // The pipeline must outlive it.
  DecisionKeeper(Session& session, engine::Store& store, const spec::Pipeline& pipeline, std::optional<std::string> reason);

  Status saw(const engine::ResolvedStage& stage, const engine::StageRun& run, std::string_view run_id) override;
  Status allows(const engine::ResolvedStage& stage, const std::string& alias, const Digest& model) override;

 private:
  bool stands(const engine::StageRun& run, const Digest& model, const Json& verdict, const decision::PublicKey& key) const;
  Status note(const Digest& model, const std::string& target, const std::string& refusal);

  Session& session_;
  engine::Store& store_;
  const spec::Pipeline& pipeline_;
  std::optional<std::string> reason_;  // of --override
  decision::Ledger ledger_;
  std::vector<std::pair<std::string, std::string>> refusals_;  // stages and their verdicts that did not say pass
};

// Every model that the manifests name (annotation mlopsctl/model) must be granted, by the gates that the pipeline's deploy stages rest on where
// the manifests come from it, or --override gives a reason. --record names further records.
Status decided(Session& session, const k8s::ManifestSet& manifests);

}  // namespace mlopsctl::cli
