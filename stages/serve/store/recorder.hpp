// Recorder: keeps what the model said, for drift and replay, without ever making a request wait.
//
// An outcome goes into a bounded queue in memory; one thread writes the queue to the spool in batches (redacted), another delivers the spool to
// the database, where each prediction has a key of its own: one that is delivered again changes nothing. So a database that is down, or a crash
// on either side, doubles nothing and loses nothing that has reached the spool, moments after the answer (where the machine itself goes down: that
// is flushed, once a second while the database is away). What finds the queue or the spool full is dropped and counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "stages/serve/outcome.hpp"
#include "stages/serve/store/store.hpp"

namespace mlopsctl::serve::store {

struct RecorderOptions {
  double sample = 1;               // share of the requests that is recorded, all texts of one or none; the same request everywhere
  bool redact = true;              // mentions and e-mail addresses: see redact.hpp
  std::chrono::hours retention{};  // older predictions are removed, every ten minutes; 0: none is
  std::filesystem::path spool;     // a folder
  uint64_t spool_bytes = uint64_t{256} << 20;
  uint64_t queue_bytes = uint64_t{32} << 20;
  std::chrono::milliseconds linger{3000};  // how long the end waits for the database; what is not delivered by then stays in the spool
};

struct RecorderState {
  uint64_t taken = 0, delivered = 0, dropped = 0, damaged = 0;  // predictions
  uint64_t spool_bytes = 0;                                     // that wait on disk
  bool reachable = true;                                        // the database, when last asked
};

class Recorder {
 public:
  // `say`: warnings, one line each, from the recorder's threads; also when the database is back.
  static Result<std::unique_ptr<Recorder>> start(Address address, RecorderOptions options, std::function<void(const std::string&)> say);
  ~Recorder();

  void observe(const Outcome& outcome);
  RecorderState state() const;
  // Waits until all that was taken before is in the database, at most that long; false: it is not.
  bool settle(std::chrono::milliseconds at_most);

 private:
  struct Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::serve::store
