// URLs of http and https, as far as a client has to look into them.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::net {

struct Url {
  std::string scheme;     // "http" or "https"
  std::string authority;  // "host:port" as written, without a user
  std::string rest;       // "/path?query", at least "/"
  std::string str() const { return scheme + "://" + authority + rest; }
  std::string origin() const { return scheme + "://" + authority; }
  std::string host() const;  // without the port
  bool is_loopback() const;  // this machine, as a name or an address
};

// Other schemes, a user before the host, and blanks or control characters are refused.
Result<Url> parse_url(std::string_view text);
// `location` of a redirect as seen from `base`: absolute, "//host/path", "/path" or relative.
Result<Url> resolve(const Url& base, std::string_view location);
// For messages: without the query, which may hold a signature.
std::string shown(std::string_view url);
// RFC 3986: everything but letters, digits and -._~ as %XX; '/' stays when it separates.
std::string percent_encoded(std::string_view text, bool keep_slashes);

}  // namespace mlopsctl::net
