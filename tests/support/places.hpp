// Where tests find what they read.
#pragma once

#include <filesystem>

namespace mlopsctl::testing {

// The project's root.
std::filesystem::path source_root();
// What other programs expect of us (tests/oracle).
std::filesystem::path oracle_folder();
// The real data: MLOPSCTL_TEST_DATA, or what the build was configured with. It may be absent: then a test skips.
std::filesystem::path test_data();

}  // namespace mlopsctl::testing
