#include "pipeline/k8s/api.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::k8s {

namespace {

// What a server says of its own troubles, it says in a Status; an answer without one comes from something in between.
bool may_pass(const net::Request& request, const net::Response& response, std::string_view body) {
  const int status = response.head.status;
  const bool asks = response.find("retry-after").has_value();
  if (status == 429) return asks || body.find("DisruptionBudget") == std::string_view::npos;
  if (status == 503) return true;
  if (status != 500 && status != 502 && status != 504) return false;
  const bool harmless = request.repeatable || request.method == "GET" || request.method == "HEAD";
  return harmless && (asks || body.find("\"Status\"") == std::string_view::npos);
}

// RFC 7230's 299 - "text"
std::string warning_text(const std::string& header) {
  const size_t first = header.find('"'), last = header.rfind('"');
  if (first == std::string::npos || last <= first) return header;
  std::string text;
  for (size_t i = first + 1; i < last; ++i)
    if (header[i] != '\\' || i + 1 == last) text += header[i];
    else text += header[++i];
  return text;
}

// Letters that may not stand in the name of a header, as %XX; in small letters, for that is how the server reads them.
std::string header_key(const std::string& key) {
  static constexpr std::string_view others = "!#$&'*+-.^_`|~";
  std::string escaped;
  for (const char c : key) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos) escaped += c;
    else escaped += net::percent_encoded(std::string_view(&c, 1), false);
  }
  return escaped;
}

void add_impersonation(const Impersonation& as, net::Headers& headers) {
  if (as.user.empty()) return;
  headers.emplace_back("Impersonate-User", as.user);
  if (!as.uid.empty()) headers.emplace_back("Impersonate-Uid", as.uid);
  for (const auto& group : as.groups) headers.emplace_back("Impersonate-Group", group);
  for (const auto& [key, values] : as.extra)
    for (const auto& value : values) headers.emplace_back("Impersonate-Extra-" + header_key(key), value);
}

Error of_cluster(Error error) {
  if (error.kind == ErrorKind::stage) error.kind = ErrorKind::cluster;
  return error;
}

Reply reply_of(const net::Response& response, std::string body) {
  Reply reply;
  reply.status = response.head.status;
  for (const auto& [name, value] : response.head.headers)
    if (name == "warning") reply.warnings.push_back(warning_text(value));
  if (reply.status < 200 || reply.status >= 300) {
    reply.refusal = read_refusal(reply.status, body);
    if (!reply.refusal->retry_after)
      if (const auto seconds = response.find("retry-after"); seconds && seconds->size() < 6) reply.refusal->retry_after = std::atoi(seconds->c_str());
  }
  reply.body = std::move(body);
  return reply;
}

net::ClientOptions client_options(const Access& access, const ApiOptions& options) {
  net::ClientOptions client;
  client.user_agent = options.user_agent;
  client.ca_file = access.ca_data.empty() ? access.ca_file : "";
  client.ca_pem = access.ca_data;
  client.unchecked = access.insecure;
  client.server_name = access.server_name;
  client.compression = access.compression;
  client.tries = options.tries;
  client.still = options.still;
  client.first_wait = options.first_wait;
  client.may_pass = may_pass;
  client.waiting = options.waiting;
  client.secrets = {access.token, access.password};
  return client;
}

}  // namespace

Result<Json> Reply::json() const { return value ? Result<Json>(*value) : parse_json(body, "the server's answer"); }

Result<Api> Api::connect(const Access& access, ApiOptions options, const Clock& clock, const CancelToken& cancel) {
  TRY_ASSIGN(const net::Url url, net::parse_url(access.server));
  auto client = client_options(access, options);
  // Names resolved by the proxy, as client-go has it. A server on this machine is reached without the environment's proxy.
  if (access.proxy_url.starts_with("socks5://")) client.proxy = "socks5h" + access.proxy_url.substr(6);
  else if (!access.proxy_url.empty()) client.proxy = access.proxy_url;
  else if (url.is_loopback()) client.proxy = "";
  auto shared = std::shared_ptr<Shared>(
      new Shared{access, options, client, Credentials(access, options.environment, clock, cancel), RateLimit(options.per_second, options.burst, clock)});
  while (shared->access.server.ends_with('/')) shared->access.server.pop_back();
  return Api(std::move(shared), clock, cancel);
}

Api::Api(std::shared_ptr<Shared> shared, const Clock& clock, const CancelToken& cancel)
    : shared_(std::move(shared)), clock_(clock), cancel_(cancel), client_(std::make_unique<net::Client>(shared_->client, clock, cancel)) {}

net::Request Api::request(const Call& call, const Identity& identity) const {
  net::Request request;
  request.method = call.method;
  // What the server's URL has after '?' or '#' is not part of the API's address.
  request.url = shared_->access.server.substr(0, shared_->access.server.find_first_of("?#")) + call.path;
  char separator = '?';
  for (const auto& [name, value] : call.query) {
    request.url += separator + net::percent_encoded(name, false) + "=" + net::percent_encoded(value, false);
    separator = '&';
  }
  request.headers.emplace_back("Accept", "application/json");
  if (!call.content_type.empty()) request.headers.emplace_back("Content-Type", call.content_type);
  if (!identity.authorization.empty()) request.headers.emplace_back("Authorization", identity.authorization);
  add_impersonation(shared_->access.as, request.headers);
  request.body = call.body;
  request.certificate = identity.certificate, request.key = identity.key;
  request.repeatable = call.repeatable;
  return request;
}

Result<Reply> Api::send(const Call& call) {
  for (bool renewed = false;; renewed = true) {
    TRY_ASSIGN(const Identity identity, shared_->credentials.current());
    const net::Request asked = request(call, identity);
    TRY(shared_->rate.wait(cancel_));
    auto response = client_->send(asked);
    if (!response) return of_cluster(std::move(response).error());
    Reply reply = reply_of(*response, std::move(response->body));
    if (reply.status != 401 || renewed) return reply;
    TRY_ASSIGN(const bool other, shared_->credentials.renew(identity));
    if (!other) return reply;
  }
}

std::vector<Result<Reply>> Api::send_all(const std::vector<Call>& calls) {
  std::vector<net::Request> asked;
  const auto identity = shared_->credentials.current();
  Status may = identity ? Status() : Status(identity.error());
  for (size_t i = 0; i < calls.size() && may; ++i) {
    may = shared_->rate.wait(cancel_);
    asked.push_back(request(calls[i], *identity));
  }
  if (!may) return std::vector<Result<Reply>>(calls.size(), may.error());
  std::vector<Result<Reply>> replies;
  for (auto& response : client_->send_all(asked)) {
    const auto other = response && response->head.status == 401 ? shared_->credentials.renew(*identity) : Result<bool>(false);
    if (!response) replies.emplace_back(of_cluster(std::move(response).error()));
    else if (!other) replies.emplace_back(other.error());
    else if (*other) replies.push_back(send(calls[replies.size()]));
    else replies.emplace_back(reply_of(*response, std::move(response->body)));
  }
  return replies;
}

Result<Reply> Api::stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take) {
  for (bool renewed = false;; renewed = true) {
    TRY_ASSIGN(const Identity identity, shared_->credentials.current());
    net::Request asked = request(call, identity);
    asked.still = still;
    TRY(shared_->rate.wait(cancel_));
    std::string said;  // of a refusal
    bool welcome = false;
    const net::Sink sink{[&](const net::Response& so_far) { return welcome = so_far.head.status < 300, Status(); },
                         [&](std::string_view bytes) {
                           if (welcome) return take(bytes);
                           if (said.size() < 1'000'000) said += bytes;
                           return Status();
                         },
                         true};
    auto tried = client_->once(asked, sink, call.whole);
    if (tried.error) return of_cluster(std::move(*tried.error));
    Reply reply = reply_of(*tried.response, std::move(said));
    if (reply.status != 401 || renewed) return reply;
    TRY_ASSIGN(const bool other, shared_->credentials.renew(identity));
    if (!other) return reply;
  }
}

}  // namespace mlopsctl::k8s
