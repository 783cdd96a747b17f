// Channels: the one row of `alerts` that says where messages go, and how they get there.
#pragma once

#include <string>
#include <vector>

#include "pipeline/alert/alert.hpp"
#include "pipeline/alert/policy.hpp"
#include "pipeline/base/secret.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::alert {

struct Channel {
  std::string name, to;  // "team", "slack"
  Policy policy;
  Json fields;  // canonical, with the places of secrets and no secret
};

// Of the canonical value of `alerts`.
std::vector<Channel> channels_of(const Json& alerts);

struct World {
  const Variables& variables;
  const Clock& clock;
  const CancelToken& cancel;
  net::ClientOptions client{};  // what all channels share: who we are, and who is told before a pause
};

// Sends all of them: as one message, but for GitHub, where each subject has an issue. Reads the secrets, and lets none into an error.
Status send(const Channel& channel, const std::vector<Message>& messages, const World& world);

// The words of each channel.
Json slack_message(const std::vector<Message>& messages);
Json cloud_event(const Message& message);  // CloudEvents 1.0
// RFC 5322, UTF-8, lines of at most 78 characters. Errors: an address that is none.
Result<std::string> mail_text(const std::string& from, const std::vector<std::string>& to, const std::vector<Message>& messages, TimePoint now);
// Stands in the text of an issue, invisibly, and finds it again.
std::string issue_mark(const Message& message);

}  // namespace mlopsctl::alert
