#include "pipeline/alert/alert.hpp"

#include <set>

#include "pipeline/base/list_of.hpp"

namespace mlopsctl::alert {

std::string Alert::fingerprint() const {
  std::string text = outcome;
  for (const std::string& check : checks) text += "; " + check;
  return text;
}

std::string Message::id() const { return alert.run + "/" + alert.stage + "/" + std::string(to_string(kind)); }

std::string Message::title() const {
  const std::string what = alert.source == "drift" ? "drift check " : "gate ";
  if (kind == Kind::test) return alert.pipeline + ": a test message of mlopsctl";
  if (kind == Kind::resolved) return alert.pipeline + ": resolved, the " + what + alert.stage + " passes again";
  return alert.pipeline + ": the " + what + alert.stage + " says " + alert.outcome;
}

std::string Message::text() const {
  std::string text = title() + "\n";
  if (!alert.summary.empty()) text += alert.summary + "\n";
  for (const std::string& detail : alert.details) text += "- " + detail + "\n";
  text += "run " + alert.run;
  if (!alert.model.empty()) text += ", model " + alert.model.substr(0, 19);
  if (!alert.commit.empty()) text += ", commit " + alert.commit.substr(0, 12);
  return text + ", " + alert.time + "\n";
}

std::string_view to_string(Message::Kind kind) { return kind == Message::Kind::standing ? "standing" : kind == Message::Kind::resolved ? "resolved" : "test"; }

Json to_json(const Message& message) {
  const Alert& a = message.alert;
  return {{"kind", to_string(message.kind)},
          {"queued", message.queued},
          {"source", a.source},
          {"pipeline", a.pipeline},
          {"stage", a.stage},
          {"outcome", a.outcome},
          {"summary", a.summary},
          {"checks", a.checks},
          {"details", a.details},
          {"run", a.run},
          {"model", a.model},
          {"commit", a.commit},
          {"time", a.time}};
}

Result<Message> message_from_json(const Json& json) {
  try {
    Message message;
    const auto kind = json.at("kind").get<std::string>();
    for (const auto each : {Message::Kind::standing, Message::Kind::resolved, Message::Kind::test})
      if (to_string(each) == kind) message.kind = each;
    message.queued = json.at("queued").get<std::string>();
    Alert& a = message.alert;
    const std::pair<const char*, std::string*> texts[] = {{"source", &a.source},   {"pipeline", &a.pipeline}, {"stage", &a.stage},
                                                          {"outcome", &a.outcome}, {"summary", &a.summary},   {"run", &a.run},
                                                          {"model", &a.model},     {"commit", &a.commit},     {"time", &a.time}};
    for (const auto& [name, text] : texts) *text = json.at(name).get<std::string>();
    a.checks = json.at("checks").get<std::vector<std::string>>();
    a.details = json.at("details").get<std::vector<std::string>>();
    return message;
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored alert cannot be read: ") + fault.what()); }
}

std::string title_of(const std::vector<Message>& messages) {
  if (messages.size() == 1) return messages.front().title();
  std::set<std::string> subjects;
  for (const Message& message : messages) subjects.insert(message.alert.subject());
  return std::to_string(messages.size()) + " messages about " + list_of(subjects);
}

std::string text_of(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages) text += (text.empty() ? "" : "\n") + message.text();
  return text;
}

}  // namespace mlopsctl::alert
