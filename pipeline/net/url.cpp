#include "pipeline/net/url.hpp"

#include <algorithm>
#include <cctype>

namespace mlopsctl::net {

std::string Url::host() const {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool Url::is_loopback() const {
  const std::string name = host();
  return name == "localhost" || name == "[::1]" || name.starts_with("127.");
}

Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](const std::string& why) { return config_error("\"" + shown(text) + "\" is no URL to use: " + why); };
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; })) return bad("it has blanks in it");
  const size_t colon = text.find("://");
  Url url;
  url.scheme = std::string(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (url.scheme != "http" && url.scheme != "https") return bad("expected http:// or https://");
  const std::string_view after = text.substr(colon + 3);
  const size_t end = std::min(after.find_first_of("/?#"), after.size());
  url.authority = std::string(after.substr(0, end));
  if (url.authority.empty()) return bad("it names no host");
  if (url.authority.find('@') != std::string::npos) return bad("it has a user in it; give secrets in the environment");
  url.rest = std::string(after.substr(end, after.find('#') == std::string_view::npos ? std::string_view::npos : after.find('#') - end));
  if (!url.rest.starts_with('/')) url.rest.insert(0, "/");
  return url;
}

Result<Url> resolve(const Url& base, std::string_view location) {
  if (location.find("://") != std::string_view::npos && location.find("://") < location.find('/') + 1) return parse_url(location);
  if (location.starts_with("//")) return parse_url(base.scheme + ":" + std::string(location));
  if (location.starts_with('/')) return parse_url(base.origin() + std::string(location));
  const std::string path = base.rest.substr(0, base.rest.find('?'));
  return parse_url(base.origin() + path.substr(0, path.rfind('/') + 1) + std::string(location));
}

std::string shown(std::string_view url) {
  std::string text(url.substr(0, url.find('?')));
  const size_t start = text.find("://"), user = text.find('@');
  if (start != std::string::npos && user != std::string::npos && user < text.find('/', start + 3)) text.replace(start + 3, user - start - 3, "***");
  return text;
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos || (keep_slashes && c == '/')) out += c;
    else out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

}  // namespace mlopsctl::net
