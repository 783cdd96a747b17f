#include "stages/registry.hpp"

#include "stages/deploy/deploy_stage.hpp"
#include "stages/drift/drift_stage.hpp"
#include "stages/evaluate/evaluate_stage.hpp"
#include "stages/preprocess/preprocess_stage.hpp"
#include "stages/train/train_stage.hpp"

namespace mlopsctl::stages {

engine::StageRegistry make_registry() {
  engine::StageRegistry registry;
  for (auto make :
       {preprocess::make_preprocess_stage, train::make_train_stage, evaluate::make_evaluate_stage, drift::make_drift_stage, deploy::make_deploy_stage}) {
    auto stage = make();
    const std::string kind = stage->spec().kind;
    registry.emplace(kind, std::move(stage));
  }
  return registry;
}

spec::StageCatalog catalog(const engine::StageRegistry& registry) {
  spec::StageCatalog catalog;
  for (const auto& [kind, stage] : registry) catalog.push_back(stage->spec());
  return catalog;
}

}  // namespace mlopsctl::stages
