#include "pipeline/k8s/refusal.hpp"

#include <algorithm>

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s {

namespace {

// The text between the quotes that follow `before`.
std::string quoted_after(const std::string& text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const size_t first = text.find('"', at), last = first == std::string::npos ? first : text.find('"', first + 1);
  return last == std::string::npos ? "" : text.substr(first + 1, last - first - 1);
}

std::string word_after(const std::string& text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const size_t first = at + before.size();
  return text.substr(first, text.find_first_of(" ,", first) - first);
}

std::string first_line(std::string_view text) {
  std::string line(text.substr(0, std::min(text.find_first_of("\r\n"), size_t{200})));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return line;
}

std::string hint_for(const Refusal& refusal) {
  if (refusal.status == 401) return "the credentials are not (or no longer) accepted: log in again, or look at `kubectl config view --minify`";
  if (refusal.status == 403 && refusal.message.find("is forbidden: User") != std::string::npos)
    return "ask for a Role with that verb: kubectl auth can-i --list";
  if (refusal.owned()) return "leave the field out of the manifest, or take it over: --force-conflicts";
  if (refusal.stale()) return "somebody changed it in between: run the command again";
  if (refusal.reason == "Invalid" && refusal.message.find("field is immutable") != std::string::npos)
    return "such a field needs a new object: delete the old one, or choose another name";
  return {};
}

}  // namespace

std::vector<Refusal::Owner> Refusal::owners() const {
  std::vector<Owner> found;
  for (const Cause& cause : causes)
    if (cause.type == "FieldManagerConflict") {
      std::string via = word_after(cause.message, "using ");
      if (const auto subresource = quoted_after(cause.message, "subresource"); !subresource.empty()) via = "subresource " + subresource;
      found.push_back({cause.field, quoted_after(cause.message, "conflict with"), std::move(via)});
    }
  return found;
}

Refusal read_refusal(int status, std::string_view body) {
  Refusal refusal;
  refusal.status = status;
  const Json said = Json::parse(body, nullptr, false);
  if (text_at(at(said, "kind")) != "Status") {
    refusal.message = first_line(body);
    return refusal;
  }
  refusal.reason = text_at(at(said, "reason"));
  refusal.message = text_at(at(said, "message"));
  const Json none = Json::object(), &details = said.contains("details") && said["details"].is_object() ? said["details"] : none;
  if (details.contains("retryAfterSeconds") && details["retryAfterSeconds"].is_number_integer()) refusal.retry_after = details["retryAfterSeconds"].get<int>();
  if (details.contains("causes") && details["causes"].is_array())
    for (const Json& cause : details["causes"])
      refusal.causes.push_back({text_at(at(cause, "reason")), text_at(at(cause, "field")), text_at(at(cause, "message"))});
  return refusal;
}

Error to_error(const Refusal& refusal, const std::string& what) {
  std::string text = what + ": ";
  if (const auto owners = refusal.owners(); refusal.status == 409 && !owners.empty()) {
    for (size_t i = 0; i < owners.size(); ++i) {
      text += (i == 0 ? "" : ", ") + owners[i].field + " belongs to " + owners[i].manager;
      if (!owners[i].via.empty()) text += " (" + owners[i].via + ")";
    }
  } else {
    text += "HTTP " + std::to_string(refusal.status);
    if (!refusal.reason.empty()) text += " " + refusal.reason;
    if (!refusal.message.empty()) text += ": " + refusal.message;
  }
  Error error = cluster_error(std::move(text)).with_hint(hint_for(refusal));
  if (refusal.status == 504) error.kind = ErrorKind::timeout;
  return error;
}

}  // namespace mlopsctl::k8s
