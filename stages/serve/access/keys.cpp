#include "stages/serve/access/keys.hpp"

#include <charconv>
#include <set>

#include "pipeline/base/files.hpp"

namespace mlopsctl::serve {

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

template <typename Number>
bool read_number(std::string_view text, std::optional<Number>& value) {
  Number read{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (fault != std::errc() || end != text.data() + text.size() || !(read > Number{})) return false;
  value = read;
  return true;
}

// What is wrong with the word; empty: nothing.
std::string read_limit(std::string_view word, Key& key) {
  if (word == "admin") return key.admin = true, "";
  const size_t at = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, at), value = at < word.size() ? word.substr(at + 1) : "";
  const bool known = name == "rate" || name == "burst" || name == "day" || name == "body";
  if (!known) return "expected rate=, burst=, day=, body= or admin, got \"" + std::string(word) + "\"";
  const bool good = name == "rate"    ? read_number(value, key.rate)
                    : name == "burst" ? read_number(value, key.burst)
                    : name == "day"   ? read_number(value, key.day)
                                      : read_number(value, key.body);
  if (good && key.burst && *key.burst < 1) return "burst expects a number from 1 on, got \"" + std::string(value) + "\"";
  return good ? "" : std::string(name) + " expects a number above 0, got \"" + std::string(value) + "\"";
}

std::string read_key(const std::vector<std::string_view>& words, Key& key) {
  key.name = words[0];
  const auto digest = words.size() > 1 ? Digest::parse(words[1]) : Result<Digest>(config_error(""));
  if (!digest.ok()) return "expected NAME sha256:DIGITS, with the digest of the key";  // what stands there may be the key: it is not repeated
  key.digest = *digest;
  for (size_t i = 2; i < words.size(); ++i)
    if (auto fault = read_limit(words[i], key); !fault.empty()) return fault;
  return "";
}

Result<std::vector<Key>> read_all(const std::vector<std::string>& paths) {
  std::vector<Key> all;
  std::set<std::string> names;
  for (const auto& path : paths) {
    auto text = read_file(path);
    if (!text.ok()) {
      text.error().kind = ErrorKind::config;
      return std::move(text).error();
    }
    TRY_ASSIGN(auto keys, parse_keys(*text, path));
    for (auto& key : keys) {
      if (!names.insert(key.name).second)
        return config_error(path + " names \"" + key.name + "\", as another key file does").with_hint("give each key a name of its own");
      all.push_back(std::move(key));
    }
  }
  if (all.empty())
    return config_error(paths.front() + " has no key").with_hint("add a line: NAME sha256:DIGITS, with the digits that `printf %s KEY | sha256sum` prints");
  return all;
}

}  // namespace

Result<std::vector<Key>> parse_keys(std::string_view text, const std::string& origin) {
  std::vector<Key> keys;
  std::vector<Error> faults;
  std::set<std::string> names;
  int number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const auto words = words_of(line.substr(0, line.find('#')));
    if (words.empty()) continue;
    Key key;
    std::string fault = read_key(words, key);
    if (fault.empty() && !names.insert(key.name).second) fault = "the name \"" + key.name + "\" stands there already";
    if (fault.empty()) {
      keys.push_back(std::move(key));
      continue;
    }
    Error error = config_error(fault).with_hint("write NAME sha256:DIGITS, with the digits that `printf %s KEY | sha256sum` prints");
    error.span = SourceSpan{origin, number, 1, 1, ""};
    faults.push_back(std::move(error));
  }
  if (faults.empty()) return keys;
  Error first = std::move(faults.front());
  for (size_t i = 1; i < faults.size(); ++i) first.also.push_back(std::move(faults[i]));
  return first;
}

std::string_view shown_key(const Request& request) {
  const auto authorization = request.header("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() > scheme.size()) {
    bool bearer = true;
    for (size_t i = 0; i < scheme.size(); ++i) bearer = bearer && (authorization[i] | 0x20) == (scheme[i] | 0x20);
    if (bearer) return authorization.substr(std::min(authorization.find_first_not_of(' ', scheme.size()), authorization.size()));
  }
  return request.header("x-api-key");
}

const Key* find_key(const std::vector<Key>& keys, std::string_view shown) {
  const Digest digest = digest_of(shown);
  const Key* found = nullptr;
  for (const auto& key : keys) {
    unsigned difference = 0;
    for (size_t i = 0; i < digest.bytes().size(); ++i) difference |= static_cast<unsigned>(digest.bytes()[i] ^ key.digest.bytes()[i]);
    found = difference == 0 ? &key : found;
  }
  return found;
}

Result<std::unique_ptr<KeyFiles>> KeyFiles::open(std::vector<std::string> paths) {
  std::unique_ptr<KeyFiles> files(new KeyFiles(std::move(paths)));
  TRY(files->refresh());
  return files;
}

std::shared_ptr<const std::vector<Key>> KeyFiles::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Status KeyFiles::refresh() {
  const std::string stamp = stamp_of({paths_.begin(), paths_.end()});
  {
    const std::lock_guard lock(mutex_);
    if (keys_ && stamp == stamp_) return {};
  }
  TRY_ASSIGN(auto keys, read_all(paths_));
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const std::vector<Key>>(std::move(keys));
  stamp_ = stamp;
  return {};
}

}  // namespace mlopsctl::serve
