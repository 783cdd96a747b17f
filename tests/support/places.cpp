#include "tests/support/places.hpp"

#include <cstdlib>

// Apart from its header, since its command names paths of this checkout: what includes that compiles alike in each, and ccache knows it.
namespace mlopsctl::testing {

std::filesystem::path source_root() { return MLOPSCTL_SOURCE_DIR; }

std::filesystem::path oracle_folder() { return source_root() / "tests/oracle/expected"; }

std::filesystem::path test_data() {
  const char* folder = std::getenv("MLOPSCTL_TEST_DATA");
  return folder != nullptr ? folder : MLOPSCTL_TEST_DATA_DEFAULT;
}

}  // namespace mlopsctl::testing
