#include "pipeline/alert/channel.hpp"

#include "pipeline/alert/github.hpp"
#include "pipeline/net/mail.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::alert {

namespace {

std::chrono::milliseconds milliseconds(double seconds) { return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)); }

net::ClientOptions options_of(const Channel& channel, const World& world, std::vector<std::string> secrets) {
  net::ClientOptions options = world.client;
  options.tries = channel.fields.at("tries");
  options.whole = std::max(std::chrono::milliseconds(100), milliseconds(channel.fields.at("timeout").get<double>()));
  options.connect = std::min(options.connect, options.whole);
  options.longest_retry_after = std::chrono::seconds(30);
  options.secrets = std::move(secrets);
  return options;
}

Status post(net::Client& client, const std::string& url, net::Headers headers, const Json& body) {
  net::Request request{"POST", url, std::move(headers)};
  request.body = canonical(body);
  request.repeatable = true;  // better told twice than never
  TRY_ASSIGN(const auto response, client.send(request));
  if (response.head.status >= 200 && response.head.status < 300) return {};
  return client.refusal(request, response);
}

// Of a URL that is a secret as a whole, everything behind the host is.
Result<std::vector<std::string>> secrets_in(const std::string& url) {
  TRY_ASSIGN(const auto parsed, net::parse_url(url));
  std::vector<std::string> secrets;
  if (parsed.rest.size() > 1) secrets.push_back(parsed.rest.substr(1, parsed.rest.find('?') - 1));
  return secrets;
}

// A token goes over https only, or stays on this machine.
Status protects(const std::string& url) {
  TRY_ASSIGN(const auto parsed, net::parse_url(url));
  if (parsed.scheme == "https" || parsed.is_loopback()) return {};
  return config_error("a secret would go to " + parsed.origin() + " unprotected").with_hint("use https://");
}

Status send_slack(const Channel& channel, const std::vector<Message>& messages, const World& world) {
  TRY_ASSIGN(const std::string url, secret_at(channel.fields.at("url"), world.variables));
  auto secrets = secrets_in(url);
  if (!secrets) return config_error("what " + channel.fields.at("url").get<std::string>() + " holds is no URL; expected https://hooks.slack.com/services/...");
  TRY(protects(url));
  net::Client client(options_of(channel, world, std::move(*secrets)), world.clock, world.cancel);
  return post(client, url, {{"Content-Type", "application/json"}}, slack_message(messages));
}

Status send_webhook(const Channel& channel, const std::vector<Message>& messages, const World& world) {
  std::string url = channel.fields.at("url");
  std::vector<std::string> secrets;
  if (url.starts_with("env:") || url.starts_with("file:")) {
    const std::string place = url;
    TRY_ASSIGN(url, secret_at(place, world.variables));
    auto inside = secrets_in(url);
    if (!inside) return config_error("what " + place + " holds is no URL; expected https://...");
    TRY(protects(url));
    secrets = std::move(*inside);
  }
  net::Headers headers;
  if (const Json& place = channel.fields.at("token"); place.is_string()) {
    TRY_ASSIGN(const std::string token, secret_at(place, world.variables));
    TRY(protects(url));
    headers.emplace_back("Authorization", "Bearer " + token);
    secrets.push_back(token);
  }
  net::Client client(options_of(channel, world, std::move(secrets)), world.clock, world.cancel);
  if (messages.size() == 1) {
    headers.emplace_back("Content-Type", "application/cloudevents+json; charset=UTF-8");
    return post(client, url, std::move(headers), cloud_event(messages.front()));
  }
  Json batch = Json::array();
  for (const Message& message : messages) batch.push_back(cloud_event(message));
  headers.emplace_back("Content-Type", "application/cloudevents-batch+json; charset=UTF-8");
  return post(client, url, std::move(headers), batch);
}

Status send_email(const Channel& channel, const std::vector<Message>& messages, const World& world) {
  net::MailServer server{channel.fields.at("server"), channel.fields.at("tls")};
  std::vector<std::string> secrets;
  if (const Json& user = channel.fields.at("user"); user.is_string()) {
    server.user = user;
    if (!channel.fields.at("password").is_string())
      return config_error("the channel " + channel.name + " has a user and no password").with_hint("add password: env:NAME");
    TRY_ASSIGN(server.password, secret_at(channel.fields.at("password"), world.variables));
    secrets.push_back(server.password);
  }
  net::Mail mail{channel.fields.at("from"), channel.fields.at("recipients").get<std::vector<std::string>>(), {}};
  TRY_ASSIGN(mail.text, mail_text(mail.from, mail.to, messages, world.clock.now()));
  net::Client client(options_of(channel, world, std::move(secrets)), world.clock, world.cancel);
  return net::send_mail(client, server, mail);
}

Status send_issues(const Channel& channel, const std::vector<Message>& messages, const World& world) {
  TRY_ASSIGN(const std::string token, secret_at(channel.fields.at("token"), world.variables));
  net::Client client(options_of(channel, world, {token}), world.clock, world.cancel);
  TRY(protects(channel.fields.at("api")));
  Issues issues(client, channel.fields.at("api"), channel.fields.at("repository"), channel.fields.at("label"), token);
  for (const Message& message : messages) TRY(issues.tell(message));
  return {};
}

}  // namespace

std::vector<Channel> channels_of(const Json& alerts) {
  std::vector<Channel> channels;
  if (!alerts.is_object()) return channels;
  for (const auto& [name, fields] : alerts.items())
    channels.push_back(
        {name, fields.at("to"), {fields.at("on").get<std::vector<std::string>>(), fields.at("resolved"), fields.at("repeat"), fields.at("digest")}, fields});
  return channels;
}

Status send(const Channel& channel, const std::vector<Message>& messages, const World& world) {
  if (messages.empty()) return {};
  if (channel.to == "slack") return send_slack(channel, messages, world);
  if (channel.to == "webhook") return send_webhook(channel, messages, world);
  if (channel.to == "email") return send_email(channel, messages, world);
  return send_issues(channel, messages, world);
}

}  // namespace mlopsctl::alert
