// What protocols ask of the model behind the server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "stages/ml_api.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

// A model that is loaded and was checked; immutable, shared by the requests it answers.
struct LiveModel {
  ml::Model model;
  Digest digest;        // sent with every answer as x-model-digest
  std::string name;     // the alias, or the folder's name: the model's name in protocols that have one
  std::string version;  // the alias's entry, "3"; of a folder "1"
};

// Why there are no probabilities.
struct NotScored {
  enum class Why {
    queue_full,  // 503 with Retry-After
    deadline,    // 504: it passed before the texts were scored
    stopping,    // 503: the server is going down
    failed       // 500: `what` says what the model said
  } why = Why::failed;
  std::string what;
  int retry_after_s = 1;
};

struct Scored {
  std::shared_ptr<const LiveModel> model;  // all texts of a request are scored by one model
  std::vector<float> probabilities;        // texts x labels, row-major, each row adding to 1
};

class Scorer {
 public:
  virtual ~Scorer() = default;
  // Never blocks. `done` is called exactly once, with exactly one of its arguments set, from a thread of the scorer.
  virtual void submit(std::vector<std::string> texts, SteadyTime deadline, std::function<void(const Scored*, const NotScored*)> done) = 0;
  // The model that answers now; never null.
  virtual std::shared_ptr<const LiveModel> current() const = 0;
};

}  // namespace mlopsctl::serve
