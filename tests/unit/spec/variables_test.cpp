#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

std::string with_path(const std::string& vars, const std::string& path) {
  return "apiVersion: mlopsctl/v1\nname: demo\nvars: " + vars + "\ninputs: {rows: {path: \"" + path +
         "\", text: text}}\nstages: {clean: {kind: preprocess, inputs: [rows]}}\n";
}

std::string path_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto loaded = load_text(text, sets);
  return loaded ? loaded->inputs.at(0).path.string() : say(loaded.error());
}

TEST(Variables, ExpandAnywhereInAText) { EXPECT_EQ(path_of(with_path("{data: /d, x: y}", "a/${data}/${x}${x}.csv")), "a//d/yy.csv"); }

TEST(Variables, DollarsThatAreNone) {
  EXPECT_EQ(path_of(with_path("{}", "$$ $x $${data} $")), "$ $x ${data} $");
  EXPECT_EQ(path_of(with_path("{cost: 5$$}", "${cost}")), "5$");
}

TEST(Variables, ANumberStaysANumber) {
  const auto loaded = load_text("apiVersion: mlopsctl/v1\nname: demo\nvars: {n: 7}\nseed: ${n}\nstages: {clean: {kind: preprocess}}\n");
  ASSERT_TRUE(loaded.ok()) << say(loaded.error());
  EXPECT_EQ(loaded->seed, 7u);
}

TEST(Variables, SetFromTheCommandLine) { EXPECT_EQ(path_of(with_path("{data: /d}", "${data}/x.csv"), {"data=/elsewhere"}), "/elsewhere/x.csv"); }

TEST(Variables, Faults) {
  EXPECT_EQ(path_of(with_path("{data: /d}", "${dta}/x.csv")),
            "pipeline.yaml:4:23: inputs.rows.path: unknown variable \"dta\"; did you mean \"data\"?\n"
            "  hint: use one of data, or declare it under vars\n");
  EXPECT_EQ(path_of(with_path("{}", "${data}")),
            "pipeline.yaml:4:23: inputs.rows.path: unknown variable \"data\"\n"
            "  hint: declare it: vars: {data: value}, or write $$ for a plain $\n");
  EXPECT_EQ(path_of(with_path("{data: /d}", "${data/x.csv")),
            "pipeline.yaml:4:23: inputs.rows.path: \"${data/x.csv\" has no closing brace\n"
            "  hint: write ${name}, or $$ for a plain $\n");
  EXPECT_EQ(path_of(with_path("{home: /h, data: \"${home}/d\"}", "x.csv")),
            "pipeline.yaml:3:24: vars.data: a variable cannot refer to another one, got ${home}\n"
            "  hint: write the whole value here\n");
  EXPECT_EQ(path_of(with_path("{seed: 1}", "x.csv")),
            "pipeline.yaml:3:8: vars.seed: a variable cannot be called \"seed\"; that is a key of the file itself\n"
            "  hint: rename it, for example my_seed\n");
}

}  // namespace
}  // namespace mlopsctl::spec
