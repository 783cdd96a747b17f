// A build without libtorch.
#include "stages/finetune/network.hpp"

namespace mlopsctl::finetune {

Result<const NetworkFactory*> network_factory() {
  return config_error("this mlopsctl was built without libtorch, which an encoder needs").with_hint("build with -DMLOPSCTL_TORCH=ON");
}

std::string_view network_backend() { return ""; }

}  // namespace mlopsctl::finetune
