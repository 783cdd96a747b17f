#include "stages/finetune/learning.hpp"

#include <algorithm>
#include <cmath>

namespace mlopsctl::finetune {
namespace {

class Collector {
 public:
  void dense(const std::string& name, double rate) { both(name, rate, true); }
  void layer_norm(const std::string& name, double rate) { both(name, rate, false); }
  void one(const std::string& name, double rate, bool decay) { found[name] = {rate, decay}; }

  std::map<std::string, NetworkOptions::Learning> found;

 private:
  void both(const std::string& name, double rate, bool decay) {
    one(name + ".weight", rate, decay);
    one(name + ".bias", rate, false);
  }
};

}  // namespace

std::map<std::string, NetworkOptions::Learning> learning_of(const EncoderShape& shape, Objective objective, Pooling pooling, const Learners& learners,
                                                            double layer_decay) {
  Collector collect;
  if (objective == Objective::masked_language) {
    collect.dense("cls.predictions.transform.dense", 1);
    collect.layer_norm("cls.predictions.transform.LayerNorm", 1);
    collect.one("cls.predictions.bias", 1, false);
  } else {
    collect.dense("classifier", 1);
    if (learners.pooler && pooling == Pooling::cls) collect.dense("bert.pooler.dense", 1);
  }
  const int64_t first = learners.layers < 0 ? 0 : std::max<int64_t>(0, shape.layers - learners.layers);
  for (int64_t i = first; i < shape.layers; ++i) {
    const double rate = std::pow(layer_decay, static_cast<double>(shape.layers - i));
    const std::string layer = "bert.encoder.layer." + std::to_string(i) + ".";
    for (const char* part :
         {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"})
      collect.dense(layer + part, rate);
    for (const char* part : {"attention.output.LayerNorm", "output.LayerNorm"}) collect.layer_norm(layer + part, rate);
  }
  if (learners.embeddings) {
    const double rate = std::pow(layer_decay, static_cast<double>(shape.layers + 1));
    for (const char* part : {"word_embeddings", "position_embeddings", "token_type_embeddings"})
      collect.one(std::string("bert.embeddings.") + part + ".weight", rate, true);
    collect.layer_norm("bert.embeddings.LayerNorm", rate);
  }
  return std::move(collect.found);
}

}  // namespace mlopsctl::finetune
