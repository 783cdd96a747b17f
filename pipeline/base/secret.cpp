#include "pipeline/base/secret.hpp"

#include "pipeline/base/files.hpp"

namespace mlopsctl {

std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

Result<std::string> secret_at(const std::string& place, const Variables& variables) {
  std::string secret, where;
  if (place.starts_with("env:")) {
    where = "the environment variable " + place.substr(4);
    const auto value = variables(place.substr(4));
    if (!value) return config_error(where + " is not set; a secret is expected in it");
    secret = first_line(*value);
  } else if (place.starts_with("file:")) {
    where = "the first line of " + place.substr(5);
    TRY_ASSIGN(const std::string text, read_file(place.substr(5)));
    secret = first_line(text);
  } else {
    return config_error("expected env:NAME or file:PATH, the place of a secret");
  }
  if (secret.empty()) return config_error(where + " is empty; a secret is expected in it");
  return secret;
}

}  // namespace mlopsctl
