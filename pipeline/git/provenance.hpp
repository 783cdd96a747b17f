// Where the code came from, for the run record. Recorded, never hashed. Looking never fails a run: what cannot be told stays empty.
#pragma once

#include <filesystem>
#include <string>

namespace mlopsctl::git {

struct Provenance {
  std::string commit;  // 40 hexadecimal digits; empty outside a repository and before the first commit
  std::string branch;  // empty when the head is detached
  std::string remote;  // URL of the branch's upstream remote, else of "origin"; without user name, password, query
  bool dirty = false;  // tracked files differ from the commit (untracked ones do not count)
};

// Of the repository that `folder` is in. Repositories owned by somebody else are read all the same: nothing in them is executed.
Provenance provenance_of(const std::filesystem::path& folder);

// "https://user:token@host/x.git?y" -> "https://host/x.git". Other forms (git@host:x, paths) lose only what stands before '@'.
std::string without_credentials(std::string url);

}  // namespace mlopsctl::git
