// The module as the program opens it: found beside the executable, or refused by name.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "stages/finetune/network.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::finetune {
namespace {

// Files of a library that are mapped into this process.
std::set<std::string> mapped(const std::string& library) {
  std::ifstream maps("/proc/self/maps");
  std::set<std::string> found;
  for (std::string line; std::getline(maps, line);)
    if (line.find("/" + library) != std::string::npos) found.insert(line.substr(line.find('/')));
  return found;
}

TEST(Loader, OpensTheModuleWhenAskedAndNotBefore) {
  EXPECT_EQ(network_backend().substr(0, 9), "libtorch ");
  EXPECT_TRUE(mapped("libtorch").empty());
  const auto factory = network_factory();
  ASSERT_TRUE(factory.ok()) << factory.error().message;
  EXPECT_TRUE((*factory)->has_device("cpu"));
  EXPECT_FALSE(mapped("libtorch").empty());
  EXPECT_EQ(mapped("libgomp").size(), 1U) << "OpenMP twice in one process";
  EXPECT_EQ(*network_factory(), *factory);
}

TEST(Loader, ErrorsCrossAsResults) {
  const auto factory = network_factory();
  ASSERT_TRUE(factory.ok()) << factory.error().message;
  NetworkOptions options;
  options.shape = {std::int64_t{1} << 31, 1 << 20, 1, 1, 1, 1, 1, 1e-12, "gelu"};  // 8 PiB
  const auto network = (*factory)->make(options, {}, 1);
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().message, "out of memory in the encoder");
}

// What a copy of this program says with `module` beside it, or with none.
std::string said_beside(const std::filesystem::path& module) {
  const testing::TemporaryFolder folder;
  const auto program = folder / "program";
  std::filesystem::copy_file("/proc/self/exe", program);
  if (!module.empty()) std::filesystem::copy_file(module, folder / "mlopsctl_torch.so");
  const std::string command = "MLOPSCTL_TEST_BESIDE=1 " + program.string() + " --gtest_filter=Loader.SaysWhich* 2>&1";
  std::string said;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "no shell";
  for (std::array<char, 4096> part{}; const size_t count = std::fread(part.data(), 1, part.size(), pipe);) said.append(part.data(), count);
  ::pclose(pipe);
  const size_t start = said.find("<<"), end = said.find(">>");
  if (start == std::string::npos || end == std::string::npos) return said;
  said = said.substr(start + 2, end - start - 2);
  for (size_t at; (at = said.find(folder.path().string())) != std::string::npos;) said.replace(at, folder.path().string().size(), "FOLDER");
  return said;
}

TEST(Loader, SaysWhichModuleIsMissingBrokenOrForeign) {
  if (std::getenv("MLOPSCTL_TEST_BESIDE") != nullptr) {  // the copy
    const auto factory = network_factory();
    std::printf("<<%s>>", factory.ok() ? "nothing" : (factory.error().message + "; " + factory.error().hint).c_str());
    return;
  }
  EXPECT_EQ(said_beside(""),
            "cannot open the encoder's module: FOLDER/mlopsctl_torch.so is missing; build mlopsctl_torch.so again and keep it beside the executable");
  EXPECT_EQ(said_beside((testing::source_root() / "README.md").string()),
            "cannot open the encoder's module: FOLDER/mlopsctl_torch.so: invalid ELF header; install the library it names, or build again with "
            "-DCMAKE_PREFIX_PATH naming a libtorch that is there");
  EXPECT_EQ(said_beside(MODULE_OF_OTHERS),
            "cannot open the encoder's module: FOLDER/mlopsctl_torch.so was built from other sources than this executable; build mlopsctl_torch.so again "
            "and keep it beside the executable");
}

}  // namespace
}  // namespace mlopsctl::finetune
