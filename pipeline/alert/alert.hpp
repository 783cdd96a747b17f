// Alert: what one gate or drift check has to say, as a value.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::alert {

struct Alert {
  std::string source;                    // "gate" or "drift"
  std::string pipeline, stage;           // which together are the alert's subject
  std::string outcome;                   // "pass", "warn", "fail" or "inconclusive"
  std::string summary;                   // one sentence
  std::vector<std::string> checks;       // names of those that did not pass, sorted: what stands
  std::vector<std::string> details;      // a sentence for each of them
  std::string run, model, commit, time;  // model and commit may be empty; time is RFC 3339

  std::string subject() const { return pipeline + "/" + stage; }
  bool standing() const { return outcome != "pass"; }
  // Two alerts with the same fingerprint say the same.
  std::string fingerprint() const;
};

// What is sent: an alert that stands, one that is over, or a test.
struct Message {
  enum class Kind { standing, resolved, test } kind = Kind::standing;
  Alert alert;
  std::string queued;  // RFC 3339: when it was to be told

  std::string id() const;     // the same each time it is sent
  std::string title() const;  // "airline: judge said fail"
  std::string text() const;   // title, summary, details, where from; lines ending in \n
};

std::string_view to_string(Message::Kind kind);
Json to_json(const Message& message);
Result<Message> message_from_json(const Json& json);
// "3 messages about airline/judge, airline/drift" for several, else the one's own.
std::string title_of(const std::vector<Message>& messages);
std::string text_of(const std::vector<Message>& messages);

}  // namespace mlopsctl::alert
