// The language of GitHub Actions: workflow commands, with their escaping.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/error.hpp"

namespace mlopsctl::cli::github {

// "::error file=a.yaml,line=3,col=5,endColumn=9,title=stages.fit::message", one line per fault. `prefix`: see GithubOptions.
std::string annotations(const Error& error, std::string_view prefix);
std::string warning(std::string_view title, std::string_view message);

std::string escape_data(std::string_view text);      // % CR LF
std::string escape_property(std::string_view text);  // and : ,

// From the repository's root to the working folder ("", or "sub/folder/"): annotations need paths from the root.
std::string prefix_of(std::string_view workspace, std::string_view folder);

}  // namespace mlopsctl::cli::github
