#include "pipeline/alert/policy.hpp"

#include <algorithm>

namespace mlopsctl::alert {

namespace {

// A server that is away for weeks must not fill the disk.
constexpr size_t most_waiting = 100;

double seconds_since(const std::string& then, TimePoint now) {
  const auto time = from_rfc3339(then);
  return time ? std::chrono::duration<double>(now - *time).count() : 1e300;
}

void queue(Json& memory, Message::Kind kind, const Alert& alert, const std::string& at) {
  Json& waiting = memory["waiting"];
  waiting.push_back(to_json(Message{kind, alert, at}));
  if (waiting.size() > most_waiting) waiting.erase(waiting.begin());
}

}  // namespace

int take_in(const std::vector<Alert>& alerts, const Policy& policy, TimePoint now, Json& memory) {
  if (!memory.is_object()) memory = Json::object();
  memory.emplace("standing", Json::object());
  memory.emplace("waiting", Json::array());
  const std::string at = rfc3339(now);
  int unchanged = 0;
  for (const Alert& alert : alerts) {
    if (std::find(policy.on.begin(), policy.on.end(), alert.source) == policy.on.end()) continue;
    Json& standing = memory["standing"];
    const auto known = standing.find(alert.subject());
    if (!alert.standing()) {
      if (known == standing.end()) continue;
      standing.erase(known);
      if (policy.resolved) queue(memory, Message::Kind::resolved, alert, at);
      continue;
    }
    const bool same = known != standing.end() && known->value("fingerprint", "") == alert.fingerprint();
    if (same && (policy.repeat == 0 || seconds_since(known->value("told", ""), now) < policy.repeat)) {
      ++unchanged;
      continue;
    }
    const std::string since = known == standing.end() ? at : known->value("since", at);
    standing[alert.subject()] = {{"fingerprint", alert.fingerprint()}, {"since", since}, {"told", at}};
    queue(memory, Message::Kind::standing, alert, at);
  }
  return unchanged;
}

Result<std::vector<Message>> due(const Json& memory, const Policy& policy, TimePoint now) {
  std::vector<Message> messages;
  for (const Json& item : memory.value("waiting", Json::array())) {
    TRY_ASSIGN(auto message, message_from_json(item));
    messages.push_back(std::move(message));
  }
  if (!messages.empty() && policy.digest > 0 && seconds_since(messages.front().queued, now) < policy.digest) messages.clear();
  return messages;
}

}  // namespace mlopsctl::alert
