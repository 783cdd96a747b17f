// The row of stages/train/trainers.cpp.
#include "stages/finetune/classifier.hpp"
#include "stages/finetune/fit.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

ml::Trainer bert() {
  ml::Trainer trainer;
  trainer.type = "bert";
  trainer.doc = "A BERT encoder, fine-tuned to the labels (Devlin et al. 2019), or pre-trained further on the texts (objective: mlm).";
  trainer.fields = bert_fields();
  trainer.backend = network_backend();
  trainer.check = &check;
  trainer.train = [](const ml::TrainRequest& request) -> Result<ml::TrainReport> {
    TRY_ASSIGN(const NetworkFactory* factory, network_factory());
    FitSettings settings;
    settings.backend = network_backend();
    return fit(request, *factory, settings);
  };
  trainer.load = [](const std::filesystem::path& folder, const Json& model_json) -> Result<std::unique_ptr<ml::Classifier>> {
    TRY_ASSIGN(const NetworkFactory* factory, network_factory());
    return load_classifier(folder, model_json, *factory);
  };
  trainer.optimizer = true;
  trainer.needs_labels = [](const Json& params) { return params["objective"] != "mlm"; };
  trainer.without_validation = ml::WithoutValidation::hold_out_first;
  return trainer;
}

}  // namespace mlopsctl::finetune
