#include "cli/completion.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::cli {
namespace {

TEST(Completion, OffersEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell);
    ASSERT_TRUE(script.ok());
    for (const Command& command : commands()) {
      EXPECT_NE(script->find(command.name.substr(0, command.name.find(' '))), std::string::npos) << shell << " " << command.name;
      for (const Flag& flag : flags_of(command)) EXPECT_NE(script->find(flag.name.substr(2)), std::string::npos) << shell << " " << flag.name;
    }
  }
}

TEST(Completion, RefusesOtherShells) {
  const auto script = completion_script("tcsh");
  ASSERT_FALSE(script.ok());
  EXPECT_EQ(script.error().message, "no completion for \"tcsh\"");
  EXPECT_EQ(script.error().hint, "use one of: bash, zsh, fish");
}

// What bash itself makes of the script.
std::string offered(const std::string& words) {
  const testing::TemporaryFolder folder;
  folder.write("completion.bash", *completion_script("bash"));
  const std::string command = "cd '" + folder.path().string() + "' && bash -c 'source ./completion.bash; COMP_WORDS=(" + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _mlopsctl; echo \"${COMPREPLY[@]}\"' 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  ::pclose(pipe);
  return out;
}

TEST(Completion, WorksInBash) {
  EXPECT_EQ(offered("mlopsctl val"), "validate\n");
  EXPECT_EQ(offered("mlopsctl cache v"), "verify\n");
  EXPECT_EQ(offered("mlopsctl run --col"), "--color\n");
  EXPECT_EQ(offered("mlopsctl -C x plan --det"), "--detailed-exitcode\n");
  EXPECT_EQ(offered("mlopsctl run --color al"), "always\n");
  EXPECT_EQ(offered("mlopsctl report --format m"), "markdown\n");
  EXPECT_EQ(offered("mlopsctl completion f"), "fish\n");
  EXPECT_EQ(offered("mlopsctl plan -f comp"), "completion.bash\n");
}

}  // namespace
}  // namespace mlopsctl::cli
