// Following the objects of a kind: list, then watch, and again whenever the watch ends, breaks, falls silent or is too old. Memory: one key
// per object and the page or event at hand.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

struct WatchOptions {
  std::string name_space;
  std::string label_selector, field_selector;
  std::chrono::seconds server{300};   // the server ends the watch after so long; we ask again
  std::chrono::seconds silence{120};  // without any event or bookmark (they come once a minute) the watch is taken for dead
  std::chrono::milliseconds first_wait{800}, longest_wait{30'000};
  std::function<void(const std::string& why)> interrupted = {};  // told each time it does not just go on
};

enum class Change {
  present,  // an object is there, or has changed; of a list: may be one that you know already
  gone,     // `object` has no more than its metadata.name, namespace and uid, perhaps
  all       // the list is through: what was not `present` since then is not there
};

// Calls `take` until it says false, then returns. Fails (cluster) when refused for good (401, 403, 404) and when `take` fails.
Status follow(Cluster& cluster, const Resource& resource, const WatchOptions& options,
              const std::function<Result<bool>(Change change, const Json& object)>& take);

// Cuts a stream into its lines; a line longer than `most` bytes is an error.
class Lines {
 public:
  explicit Lines(size_t most) : most_(most) {}
  Status add(std::string_view bytes, const std::function<Status(std::string_view line)>& take);
  const std::string& rest() const { return rest_; }  // after the last line end

 private:
  size_t most_;
  std::string rest_;
};

}  // namespace mlopsctl::k8s
