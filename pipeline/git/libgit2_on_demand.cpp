// libgit2 opened when it is first called: it brings fourteen shared libraries (ssh, TLS, Kerberos) that would cost every command two
// milliseconds at start-up, and only a run that has something to do asks where the code came from. These definitions stand in for the
// library's own at link time. Where it is not installed, git_libgit2_init fails and nothing else is called.
#include <dlfcn.h>
#include <git2.h>

#include <cstdarg>

namespace {

template <typename Function>
Function find(const char* name) {
  static void* const library = ::dlopen("libgit2.so." LIBGIT2_SOVERSION, RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(library, name));
}

}  // namespace

#define ON_DEMAND(result, name, parameters, arguments, otherwise)  \
  extern "C" result name parameters {                              \
    static const auto function = find<decltype(&name)>(#name);     \
    return function != nullptr ? function arguments : (otherwise); \
  }

ON_DEMAND(int, git_libgit2_init, (void), (), -1)
ON_DEMAND(int, git_libgit2_shutdown, (void), (), 0)
ON_DEMAND(int, git_repository_open_ext, (git_repository * *out, const char* path, unsigned int flags, const char* ceilings), (out, path, flags, ceilings), -1)
ON_DEMAND(int, git_repository_head, (git_reference * *out, git_repository* repository), (out, repository), -1)
ON_DEMAND(int, git_repository_is_bare, (const git_repository* repository), (repository), 1)
ON_DEMAND(void, git_repository_free, (git_repository * repository), (repository), void())
ON_DEMAND(int, git_reference_is_branch, (const git_reference* reference), (reference), 0)
ON_DEMAND(const char*, git_reference_name, (const git_reference* reference), (reference), "")
ON_DEMAND(const char*, git_reference_shorthand, (const git_reference* reference), (reference), "")
ON_DEMAND(const git_oid*, git_reference_target, (const git_reference* reference), (reference), nullptr)
ON_DEMAND(void, git_reference_free, (git_reference * reference), (reference), void())
ON_DEMAND(int, git_branch_upstream_remote, (git_buf * out, git_repository* repository, const char* name), (out, repository, name), -1)
ON_DEMAND(int, git_remote_lookup, (git_remote * *out, git_repository* repository, const char* name), (out, repository, name), -1)
ON_DEMAND(const char*, git_remote_url, (const git_remote* remote), (remote), nullptr)
ON_DEMAND(void, git_remote_free, (git_remote * remote), (remote), void())
ON_DEMAND(int, git_oid_fmt, (char* out, const git_oid* id), (out, id), -1)
ON_DEMAND(void, git_buf_dispose, (git_buf * buffer), (buffer), void())
ON_DEMAND(int, git_status_options_init, (git_status_options * options, unsigned int version), (options, version), -1)
ON_DEMAND(int, git_status_foreach_ext, (git_repository * repository, const git_status_options* options, git_status_cb callback, void* payload),
          (repository, options, callback, payload), -1)

// The one option that is set takes an int.
extern "C" int git_libgit2_opts(int option, ...) {
  std::va_list arguments;
  va_start(arguments, option);
  const int value = va_arg(arguments, int);
  va_end(arguments);
  static const auto function = find<decltype(&git_libgit2_opts)>("git_libgit2_opts");
  return function != nullptr ? function(option, value) : -1;
}
