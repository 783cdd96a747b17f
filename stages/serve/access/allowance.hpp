// Allowance: how much each key may still ask now: a token bucket a key, and a count a day. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "pipeline/base/clock.hpp"
#include "stages/serve/access/keys.hpp"

namespace mlopsctl::serve {

class Allowance {
 public:
  struct Verdict {
    bool granted = true;
    bool day = false;       // it is the day's quota that is used up, not the rate
    int retry_after_s = 0;  // when it makes sense to ask again
  };
  // Takes one request off what the key may ask. `steady` for the rate, `now` for the day.
  Verdict take(const Key& key, std::chrono::steady_clock::time_point steady, TimePoint now);

 private:
  struct Account {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled{};
    int64_t day = 0;
    uint64_t asked = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Account> accounts_;  // by the key's name: a key file read anew resets nothing
};

}  // namespace mlopsctl::serve
