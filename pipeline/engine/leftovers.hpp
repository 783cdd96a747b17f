// What outlives an execution without being a result.
//
//   checkpoints/<cache key>/   the state of unfinished work: what a killed, cancelled or failed execution of this key left is there for
//                              the next one. Gone once the stage's result is recorded.
//   memo/<digest>              a file that holds a part of some stage's work under the digest of all it depends on; other keys may share it.
//
// Both are worth keeping and safe to lose: `cache gc` removes what nobody has touched for a week.
#pragma once

#include <filesystem>
#include <optional>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/engine/plan.hpp"

namespace mlopsctl::engine {

// The right to use one key's folder of checkpoints: one execution at a time on this machine, also among the threads of a process. The
// kernel frees it when its process ends, however it ends.
class Checkpoints {
 public:
  // `folder` is .mlopsctl/checkpoints/<cache key>, which is made. Nothing when another execution uses it.
  static Result<std::optional<Checkpoints>> take(const std::filesystem::path& folder);
  ~Checkpoints();
  Checkpoints(Checkpoints&& other) noexcept;
  Checkpoints& operator=(Checkpoints&&) = delete;

 private:
  Checkpoints(std::filesystem::path folder, FileLock lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::filesystem::path folder_;
  std::optional<FileLock> lock_;
};

std::filesystem::path checkpoints_of(const std::filesystem::path& store_folder, const CacheKey& key);
// Removes the folder, unless another execution uses it: that one will.
Status drop_checkpoints(const std::filesystem::path& folder);

// The file of a memo, there or not; one that is there counts as touched now.
std::filesystem::path memo_file(const std::filesystem::path& folder, const Digest& of);

struct Leftovers {
  int64_t removed = 0, removed_bytes = 0;
};
// Removes checkpoints and memos that nobody uses and nobody touched in the week before `now`; with `dry_run` only counts them.
Result<Leftovers> remove_leftovers(const std::filesystem::path& store_folder, TimePoint now, bool dry_run);

}  // namespace mlopsctl::engine
