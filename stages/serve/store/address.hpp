// Where a store is, and how it is said without secrets.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::serve::store {

struct Address {
  enum class Kind { sqlite, postgres } kind = Kind::sqlite;
  std::string target;  // a file's path; a URL for libpq, with its secrets: never to be shown
  std::string shown;   // the same for messages and logs: no password
  std::string secret;  // the password, if any: what must not appear in any text
};

// `word`, as it stands on a command line or in a configuration: sqlite:PATH, postgresql://..., env:NAME (the address is in that environment
// variable) or file:PATH (it is the first line of that file). A password in `word` itself is refused: other users of the machine read
// command lines.
Result<Address> resolve_address(const std::string& word);

// The address itself, passwords allowed.
Result<Address> parse_address(std::string_view text, const std::string& origin);

// `text` without the secret, should it have got in.
std::string without_secret(std::string text, const Address& address);

}  // namespace mlopsctl::serve::store
