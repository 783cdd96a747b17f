#include "stages/serve/store/address.hpp"

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/files.hpp"
#include "pipeline/base/secret.hpp"

namespace mlopsctl::serve::store {

namespace {

constexpr std::string_view forms = "sqlite:PATH, postgresql://USER@HOST/DATABASE, env:NAME or file:PATH";

bool is_postgres(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Takes the password out of `shown`, wherever libpq would read one: user:PASSWORD@ and ?password=PASSWORD.
void hide_passwords(Address& address) {
  std::string& url = address.shown;
  const size_t begin = url.find("://") + 3;
  size_t end = url.find('/', begin);
  if (end == std::string::npos) end = url.size();
  // libpq ends the user and password at the first '@' before the path.
  if (const size_t at = url.find('@', begin); at != std::string::npos && at < end) {
    if (const size_t colon = url.find(':', begin); colon != std::string::npos && colon < at) {
      address.secret = percent_decoded(std::string_view(url).substr(colon + 1, at - colon - 1));
      url.replace(colon + 1, at - colon - 1, "***");
    }
  }
  for (size_t from = url.find('?'); from != std::string::npos && from + 1 < url.size(); from = url.find('&', from + 1)) {
    const size_t equals = url.find('=', from);
    if (equals == std::string::npos) break;
    const std::string name = percent_decoded(std::string_view(url).substr(from + 1, equals - from - 1));
    if (name != "password" && name != "sslpassword") continue;
    const size_t stop = std::min(url.find('&', equals), url.size());
    if (name == "password" || address.secret.empty()) address.secret = percent_decoded(std::string_view(url).substr(equals + 1, stop - equals - 1));
    url.replace(equals + 1, stop - equals - 1, "***");
  }
}

}  // namespace

Result<Address> parse_address(std::string_view text, const std::string& origin) {
  Address address;
  if (is_postgres(text)) {
    address.kind = Address::Kind::postgres;
    // libpq takes what stands behind the first '/' for the database's name: with a password that holds one, the rest of it would be shown.
    const size_t begin = text.find("://") + 3, slash = text.find('/', begin);
    if (slash != std::string_view::npos && text.substr(begin, slash - begin).find(':') != std::string_view::npos &&
        text.find('@', slash) < std::min(text.find('?', slash), text.size()))
      return config_error(origin + " has a '/' before its '@'").with_hint("in a user or a password write / as %2F, ? as %3F and @ as %40");
    address.target = address.shown = text;
    hide_passwords(address);
    return address;
  }
  if (text.starts_with("sqlite:") && text.size() > 7) {
    std::string_view path = text.substr(7);
    if (path.starts_with("///")) path.remove_prefix(2);  // sqlite:///data/store.db, as other tools write it
    address.target = path;
    address.shown = "sqlite:" + address.target;
    return address;
  }
  // The text itself may be a secret that went astray: it is not repeated.
  return config_error(origin + (text.empty() ? " is empty" : " is not the address of a store") + "; expected " + std::string(forms))
      .with_hint("for a file beside the project: sqlite:store.db");
}

Result<Address> resolve_address(const std::string& word) {
  if (word.starts_with("env:")) {
    const std::string name = word.substr(4);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return config_error("the environment variable " + name + " is not set; expected the address of the store in it");
    return parse_address(first_line(value), "the environment variable " + name);
  }
  if (word.starts_with("file:")) {
    const std::string path = word.substr(5);
    TRY_ASSIGN(const std::string text, read_file(path));
    return parse_address(first_line(text), "the first line of " + path);
  }
  TRY_ASSIGN(Address address, parse_address(word, "the store"));
  if (!address.secret.empty())
    return config_error("the store's address " + address.shown + " holds a password, and other users of this machine can read command lines")
        .with_hint("write the address into a file that only you can read and say file:PATH, or into an environment variable and say env:NAME");
  return address;
}

std::string without_secret(std::string text, const Address& address) {
  if (address.secret.empty()) return text;
  for (size_t at = text.find(address.secret); at != std::string::npos; at = text.find(address.secret, at + 3)) text.replace(at, address.secret.size(), "***");
  return text;
}

}  // namespace mlopsctl::serve::store
