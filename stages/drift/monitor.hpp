// Watches predictions one by one, as they were served, against the profile that the model carries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/stats/page_hinkley.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::drift {

class Monitor {
 public:
  struct Watch {
    std::string name;             // "share of positive rises"
    double reference = 0;         // what it was, at most, as far as the reference rows tell
    std::optional<size_t> label;  // nothing: the confidence
    stats::PageHinkley detector;
  };

  // One watch for each label's share and one for the confidence. Together they alarm for nothing once in `run_length` predictions on average, or more
  // seldom; a rise by half of `change` or more is found. A share that cannot rise by `change` is not watched.
  Monitor(const train::Profile& reference, double change, double run_length);

  // The predicted label (below the profile's labels) and its probability.
  void add(size_t label, double confidence);

  const std::vector<Watch>& watches() const { return watches_; }
  bool alarmed() const;

 private:
  std::vector<Watch> watches_;
};

}  // namespace mlopsctl::drift
