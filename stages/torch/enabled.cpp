// Opens the module beside the executable when it is first asked for.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "stages/torch/module.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLOPSCTL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MLOPSCTL_SANITIZED 1
#endif
#endif

namespace mlopsctl::finetune {
namespace {

#ifdef MLOPSCTL_SANITIZED
constexpr int kOwnSymbolsFirst = 0;  // the sanitizers' runtimes must come first
#else
// LIBLINEAR brings the system's BLAS into the program. Without this flag libtorch's matrix products would be that one's: fifty times slower.
constexpr int kOwnSymbolsFirst = RTLD_DEEPBIND;
#endif

Error broken(const std::string& what, std::string hint) { return stage_error("cannot open the encoder's module: " + what).with_hint(std::move(hint)); }

Result<const NetworkFactory*> open() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return broken("/proc/self/exe: " + failed.message(), "mount /proc");
  const std::string name = torch_module::kFileName, path = (self.parent_path() / name).string();
  const std::string rebuild = "build " + name + " again and keep it beside the executable";
  if (!std::filesystem::exists(path)) return broken(path + " is missing", rebuild);
  // Threads that wait for one another do so a moment, not for ever: on a busy machine the one that is waited for needs the processor.
  ::setenv("GOMP_SPINCOUNT", "20000", 0);
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | kOwnSymbolsFirst);
  if (module == nullptr) return broken(dlerror(), "install the library it names, or build again with -DCMAKE_PREFIX_PATH naming a libtorch that is there");
  const auto factory = reinterpret_cast<torch_module::FactoryFunction>(dlsym(module, torch_module::kSymbol));
  if (factory == nullptr) return broken(path + " has no symbol " + torch_module::kSymbol, rebuild);
  const NetworkFactory* found = factory(MLOPSCTL_TORCH_TAG);
  if (found == nullptr) return broken(path + " was built from other sources than this executable", rebuild);
  return found;
}

}  // namespace

Result<const NetworkFactory*> network_factory() {
  static const Result<const NetworkFactory*> factory = open();
  return factory;
}

std::string_view network_backend() { return "libtorch " MLOPSCTL_LIBTORCH_VERSION; }

}  // namespace mlopsctl::finetune
