#include "pipeline/k8s/credentials.hpp"

#include "pipeline/base/base64.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/exec_plugin.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr std::chrono::seconds file_period{60};

bool has_static(const Access& access) {
  return !(access.token.empty() && access.token_file.empty() && access.username.empty() && access.password.empty() && access.certificate_file.empty() &&
           access.certificate_data.empty());
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

Result<std::string> data_or_file(const std::string& data, const std::string& file) {
  if (!data.empty() || file.empty()) return data;
  return read_file(file);
}

}  // namespace

Credentials::Credentials(const Access& access, std::map<std::string, std::string> environment, const Clock& clock, const CancelToken& cancel)
    : access_(access), environment_(std::move(environment)), clock_(clock), cancel_(cancel) {}

Status Credentials::read_files() {
  Identity read;
  TRY_ASSIGN(read.certificate, data_or_file(access_.certificate_data, access_.certificate_file));
  TRY_ASSIGN(read.key, data_or_file(access_.key_data, access_.key_file));
  std::string token = access_.token;
  if (!access_.token_file.empty()) {
    auto text = read_file(access_.token_file);
    if (text && !trimmed(*text).empty()) token = trimmed(*text);
    else if (token.empty()) return text ? config_error(access_.token_file + " is empty; expected a token") : std::move(text).error();
  }
  if (!token.empty()) read.authorization = "Bearer " + token;
  else if (!access_.username.empty() || !access_.password.empty()) read.authorization = "Basic " + base64(access_.username + ":" + access_.password);
  identity_ = std::move(read);
  return {};
}

Status Credentials::ask_plugin() {
  TRY_ASSIGN(auto said, run_exec_plugin(access_, environment_, cancel_));
  identity_ = Identity{said.token.empty() ? "" : "Bearer " + said.token, std::move(said.certificate), std::move(said.key)};
  ends_ = said.expires;
  return {};
}

Status Credentials::refresh() {
  if (access_.exec && !has_static(access_)) return ask_plugin();
  auto read = read_files();
  if (!read) read.error().kind = ErrorKind::config;
  if (!read && !identity_) return read;  // a file that is just being replaced: the last one is good for another minute
  read_again_ = clock_.steady() + file_period;
  return {};
}

Result<Identity> Credentials::current() {
  const std::lock_guard lock(mutex_);
  const bool stale = (read_again_ && clock_.steady() >= *read_again_) || (ends_ && clock_.now() > *ends_);
  if (!identity_ || stale) TRY(refresh());
  return *identity_;
}

Result<bool> Credentials::renew(const Identity& refused) {
  const std::lock_guard lock(mutex_);
  if (identity_ && *identity_ != refused) return true;  // another thread was faster
  TRY(refresh());
  return *identity_ != refused;
}

}  // namespace mlopsctl::k8s
