#include "pipeline/git/provenance.hpp"

#include <git2.h>

#include <algorithm>
#include <memory>

namespace mlopsctl::git {

namespace {

// One init and shutdown around each look: libgit2 counts them.
class Library {
 public:
  Library() : ready_(git_libgit2_init() > 0) {
    // safe.directory guards against running a stranger's hooks and filters; only objects and configuration are read here.
    if (ready_) git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  }
  ~Library() {
    if (ready_) git_libgit2_shutdown();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  bool ready() const { return ready_; }

 private:
  bool ready_;
};

template <typename T, void (*free)(T*)>
struct Free {
  void operator()(T* object) const { free(object); }
};
template <typename T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Free<T, free>>;

using Repository = Owned<git_repository, git_repository_free>;
using Reference = Owned<git_reference, git_reference_free>;

std::string remote_name(git_repository* repository, const git_reference* head) {
  git_buf name = GIT_BUF_INIT;
  std::string found = "origin";
  if (head != nullptr && git_branch_upstream_remote(&name, repository, git_reference_name(head)) == 0) found.assign(name.ptr, name.size);
  git_buf_dispose(&name);
  return found;
}

std::string remote_url(git_repository* repository, const git_reference* head) {
  git_remote* found = nullptr;
  if (git_remote_lookup(&found, repository, remote_name(repository, head).c_str()) != 0) return "";
  const Owned<git_remote, git_remote_free> remote(found);
  const char* url = git_remote_url(remote.get());
  return url == nullptr ? "" : without_credentials(url);
}

int stop_at_first(const char*, unsigned int, void*) { return 1; }

bool is_dirty(git_repository* repository) {
  if (git_repository_is_bare(repository) == 1) return false;
  git_status_options options;
  if (git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION) != 0) return false;
  options.flags = GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
  return git_status_foreach_ext(repository, &options, stop_at_first, nullptr) == 1;
}

}  // namespace

Provenance provenance_of(const std::filesystem::path& folder) {
  Provenance provenance;
  const Library library;
  if (!library.ready()) return provenance;
  git_repository* found = nullptr;
  if (git_repository_open_ext(&found, folder.c_str(), 0, nullptr) != 0) return provenance;
  const Repository repository(found);

  git_reference* head = nullptr;
  const bool has_head = git_repository_head(&head, repository.get()) == 0;
  const Reference owned_head(head);
  if (has_head) {
    if (const git_oid* commit = git_reference_target(head)) {
      char text[GIT_OID_HEXSZ + 1] = {};
      git_oid_fmt(text, commit);
      provenance.commit = text;
    }
    if (git_reference_is_branch(head) == 1) provenance.branch = git_reference_shorthand(head);
  }
  provenance.remote = remote_url(repository.get(), has_head ? head : nullptr);
  provenance.dirty = is_dirty(repository.get());
  return provenance;
}

std::string without_credentials(std::string url) {
  const size_t scheme = url.find("://");
  const size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  if (scheme != std::string::npos) url.erase(std::min(url.find_first_of("?#", start), url.size()));
  // Of "https://a:b@c@host/p" everything up to the last '@' of the authority goes; in "git@host:p" there is no scheme.
  const size_t end = std::min(url.find_first_of(scheme == std::string::npos ? ":/" : "/", start), url.size());
  const size_t at = url.rfind('@', end);
  if (at != std::string::npos && at >= start && at < end) url.erase(start, at + 1 - start);
  return url;
}

}  // namespace mlopsctl::git
