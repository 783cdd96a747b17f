// Issues of a repository on GitHub (docs.github.com/rest/issues): one per subject, found again by a mark in its text.
#pragma once

#include <optional>
#include <string>

#include "pipeline/alert/alert.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::alert {

class Issues {
 public:
  Issues(net::Client& client, std::string api, std::string repository, std::string label, const std::string& token);

  // Opens an issue, or comments the one that is open; a resolved message closes it after the comment, and opens none. A test opens and closes one.
  Status tell(const Message& message);

 private:
  Result<Json> ask(const std::string& method, const std::string& path, const Json& body, bool repeatable);
  Result<std::optional<int64_t>> open_issue(const std::string& mark);

  net::Client& client_;
  std::string base_, label_;
  net::Headers headers_;
};

}  // namespace mlopsctl::alert
