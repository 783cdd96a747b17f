// What retraining has decided and how it ended: .mlopsctl/retrain/PIPELINE.json, replaced by rename. Whoever writes holds the pipeline's retraining lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::retrain {

// One training, from the moment it was decided.
struct Attempt {
  enum class State {
    begun,
    accepted,  // another model has the alias
    kept,      // the gate kept the old one, or the same one came out
    failed     // a stage could not do its work: the same reason may train again
  };
  struct Reason {
    std::string name, id;  // of decide.hpp's Trigger
    bool operator==(const Reason&) const = default;
  };
  // Rows that were written into an input's file.
  struct Written {
    std::string input;
    Digest digest;                 // of the file
    std::optional<Digest> before;  // of what it replaced; nothing: there was no file
    int64_t rows = 0, older = 0;   // of them drawn from the older ones
  };
  std::string key;
  TimePoint at;
  std::vector<Reason> reasons;
  Digest model;         // to be replaced
  int64_t counted = 0;  // labelled rows in the sources then
  std::vector<Written> windows;
  State state = State::begun;
  std::string run;  // its id; empty while begun
  std::optional<TimePoint> ended;
  std::optional<Digest> new_model;  // of accepted

  bool judged() const { return state == State::accepted || state == State::kept; }
};

std::string_view to_string(Attempt::State state);
Json to_json(const Attempt& attempt);

struct Journal {
  std::optional<int64_t> first_counted;  // labelled rows when retrain first looked
  std::vector<Attempt> attempts;         // oldest first; only the last may be begun

  const Attempt* last_judged() const;
  // Labelled rows that earlier trainings had at hand; nothing: none has looked yet.
  std::optional<int64_t> counted() const;
  // Whether this training, or an earlier one, wrote a file of these bytes or put it back.
  bool wrote(const std::string& input, const Digest& digest) const;

  // An empty one where there is no file. A file that is no journal is an error that names it.
  static Result<Journal> load(const std::filesystem::path& path);
  Status save(const std::filesystem::path& path) const;
};

}  // namespace mlopsctl::retrain
