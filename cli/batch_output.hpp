// The output of a batch that may be killed: chunks appended beside the output, so that the next run with the same material goes on after the
// last complete one. The output itself appears complete or not at all.
//
// OUTPUT.partial holds the chunks, OUTPUT.journal what they were made of and, one line per chunk, where it ends, its SHA-256 and how far the
// input was read. A chunk counts if its line is whole and its bytes are those: a process that dies between the two, or a machine that loses
// what it had not flushed (once a second), costs chunks and no more. Chunks are written by a thread of its own, one behind.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::cli {

class BatchOutput {
 public:
  struct Position {
    int64_t records = 0;           // of the input, good and bad, that are behind
    int64_t rows = 0;              // of the output
    Json labels = Json::object();  // label -> rows
  };
  // An object with all that decides what comes out ("input", "model", ...). Takes its time: where nothing is there to be compared with it, it is
  // asked for on another thread, and a run that is killed before it has answered begins anew.
  using Material = std::function<Result<Json>()>;

  // Where what is there was made of other material, it begins anew and why_anew() says what differs. An error if another process is writing
  // the same output.
  static Result<std::unique_ptr<BatchOutput>> open(const std::filesystem::path& output, Material material);
  ~BatchOutput();

  const Position& begin() const { return begin_; }           // where to go on
  const std::string& why_anew() const { return why_anew_; }  // "the input has changed"; empty: nothing was given up
  const std::filesystem::path& partial() const { return partial_; }

  // Takes one chunk; `after`: where it leads. A fault is that of a chunk before.
  Status append(std::string bytes, Position after);
  // Writes and flushes what was taken, for a run that ends early; how many rows the next one finds.
  Result<int64_t> keep();
  // Flushes everything and puts it in the output's place.
  Status commit();
  // For what would only fail again: removes what was written.
  void discard();

 private:
  struct Chunk {
    std::string bytes;
    Position after;
  };

  BatchOutput() = default;
  Status lock();
  Status read_journal(const Material& material);
  Status start_anew();
  void write_chunks();
  Status write(const Chunk& chunk);
  Status write_line(const Json& line);
  Status write_material(bool wait);
  Status flush();
  Status drain();

  std::filesystem::path output_, partial_, journal_path_;
  FileDescriptor file_, journal_;
  Position begin_;
  std::string why_anew_;
  std::future<Result<Json>> material_;  // valid: not in the journal yet

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Chunk> next_;  // of the writer
  bool writing_ = false, ending_ = false;
  Status status_;

  // The writer's, and others' once it is drained.
  uint64_t bytes_ = 0, journal_bytes_ = 0;
  int64_t rows_ = 0;
  std::chrono::steady_clock::time_point flushed_;
  std::jthread writer_;
};

}  // namespace mlopsctl::cli
