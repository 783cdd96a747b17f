#include <algorithm>

#include "pipeline/alert/channel.hpp"
#include "pipeline/base/base64.hpp"
#include "pipeline/base/digest.hpp"

namespace mlopsctl::alert {

namespace {

// Slack's three characters (api.slack.com/reference/surfaces/formatting#escaping).
std::string for_slack(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

// RFC 2047 encoded words, each a whole number of characters and short enough for its line.
std::string mail_subject(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(at + 42, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(std::string_view(text).substr(at, end - at)) + "?=";
    at = end;
  }
  return out;
}

// Nothing that could end a header or a command.
bool is_address(const std::string& text) {
  const size_t at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '<' || c == '>' || c == ','; });
}

}  // namespace

Json slack_message(const std::vector<Message>& messages) {
  const auto icon = [](const Message& message) {
    return message.kind == Message::Kind::resolved ? ":white_check_mark: " : message.kind == Message::Kind::test ? ":wave: " : ":rotating_light: ";
  };
  std::string text;
  for (const Message& message : messages) {
    const std::string body = for_slack(message.text());
    const size_t line = body.find('\n');
    text += (text.empty() ? "" : "\n") + std::string(icon(message)) + "*" + body.substr(0, line) + "*" + body.substr(line);
  }
  return {{"text", text}};
}

Json cloud_event(const Message& message) {
  const Alert& a = message.alert;
  const std::string what = message.kind == Message::Kind::standing ? a.outcome : std::string(to_string(message.kind));
  return {{"specversion", "1.0"},
          {"id", message.id()},
          {"source", "mlopsctl/" + a.pipeline},
          {"type", message.kind == Message::Kind::test ? "mlopsctl.test" : "mlopsctl." + a.source + "." + what},
          {"subject", a.stage},
          {"time", a.time},
          {"datacontenttype", "application/json"},
          {"data",
           {{"title", message.title()},
            {"outcome", a.outcome},
            {"summary", a.summary},
            {"checks", a.checks},
            {"details", a.details},
            {"run", a.run},
            {"model", a.model.empty() ? Json() : Json(a.model)},
            {"commit", a.commit.empty() ? Json() : Json(a.commit)}}}};
}

Result<std::string> mail_text(const std::string& from, const std::vector<std::string>& to, const std::vector<Message>& messages, TimePoint now) {
  std::string recipients;
  for (const std::string& address : to) recipients += (recipients.empty() ? "" : ",\r\n ") + address;
  std::vector<std::string> all = to;
  all.push_back(from);
  for (const std::string& address : all)
    if (!is_address(address)) return config_error("\"" + address + "\" is not a mail address").with_hint("write it without a name: team@example.com");
  const std::string text = text_of(messages);
  const std::string id = digest_of(messages.front().id() + messages.front().queued + text).hex().substr(0, 32);
  std::string mail = "Date: " + rfc5322(now, "+0000") + "\r\nFrom: " + from + "\r\nTo: " + recipients + "\r\nSubject: " + mail_subject(title_of(messages)) +
                     "\r\nMessage-ID: <" + id + from.substr(from.find('@')) +
                     ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = base64(text);
  for (size_t at = 0; at < body.size(); at += 76) mail += body.substr(at, 76) + "\r\n";
  return mail;
}

std::string issue_mark(const Message& message) { return "<!-- mlopsctl " + digest_of(message.alert.subject()).hex().substr(0, 16) + " -->"; }

}  // namespace mlopsctl::alert
