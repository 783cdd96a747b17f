// Scratch: the folder a live run works in, `.mlopsctl/tmp/<run id>/`. Its lock is freed by the kernel however the run ends, so whoever
// comes next can tell rubbish from work in progress.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::engine {

class Scratch {
 public:
  // `store_folder` is `.mlopsctl`. The run id must be unused.
  static Result<Scratch> create(const std::filesystem::path& store_folder, const std::string& run_id);
  ~Scratch();  // removes the folder
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // From now on gc keeps this artifact while the run lives. To be called under the store's commit lock.
  Status keep(const Digest& digest);

 private:
  Scratch(std::filesystem::path folder, FileLock lock, FileDescriptor roots) : folder_(std::move(folder)), lock_(std::move(lock)), roots_(std::move(roots)) {}
  std::filesystem::path folder_;
  FileLock lock_;
  FileDescriptor roots_;
};

// Removes what no live run holds.
Status sweep_scratch(const std::filesystem::path& store_folder);
// The artifacts that live runs of other processes work with.
Result<std::set<Digest>> live_roots(const std::filesystem::path& store_folder);

}  // namespace mlopsctl::engine
