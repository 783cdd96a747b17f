// The row of stages/train/trainers.cpp.
#include "stages/finetune/classifier.hpp"
#include "stages/finetune/fit.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

ml::Trainer bert() {
  ml::Trainer trainer;
  trainer.type = "bert";
  trainer.doc =
      "A BERT encoder, fine-tuned to the labels (Devlin et al. 2019), or pre-trained further on the texts (objective: mlm) for another stage to take as its "
      "base. "
      "The model is a folder as Hugging Face lays it out; training.jsonl in it has a line for each step and each epoch. Ctrl-C saves a checkpoint and ends "
      "130; after that, a kill or a full disk, run goes on at the last checkpoint and ends in the same bytes. A step whose gradients are not finite is skipped "
      "and counted, five in a row end the training. A label with a single row and texts that were cut are warned of.";
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
