#include "cli/github.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::cli::github {
namespace {

TEST(Github, EscapesAsTheRunnerExpects) {
  EXPECT_EQ(escape_data("100 %\r\nnext: a,b"), "100 %25%0D%0Anext: a,b");
  EXPECT_EQ(escape_property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
}

TEST(Github, AnnotatesEveryFaultAtItsPlace) {
  Error error = config_error("expected a number, got \"a\nb\"").with_hint("use 1");
  error.field = "stages.fit";
  error.span = SourceSpan{"p,x.yaml", 3, 5, 4, ""};
  error.also.push_back(config_error("no place"));
  EXPECT_EQ(annotations(error, "sub/"),
            "::error file=sub/p%2Cx.yaml,line=3,col=5,endColumn=9,title=stages.fit::expected a number, got \"a%0Ab\"%0Ahint: use 1\n"
            "::error::no place\n");
  EXPECT_EQ(warning("fit", "50 % done"), "::warning title=fit::50 %25 done\n");
}

TEST(Github, PathsStartAtTheRepository) {
  EXPECT_EQ(prefix_of("/w/repo", "/w/repo"), "");
  EXPECT_EQ(prefix_of("/w/repo", "/w/repo/ml/a"), "ml/a/");
  EXPECT_EQ(prefix_of("/w/repo", "/elsewhere"), "");
  EXPECT_EQ(prefix_of("", "/elsewhere"), "");
}

}  // namespace
}  // namespace mlopsctl::cli::github
