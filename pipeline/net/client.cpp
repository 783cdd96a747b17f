#include "pipeline/net/client.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "pipeline/net/transfer.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

namespace {

using namespace std::chrono_literals;

constexpr size_t most_in_memory = 64'000'000;
constexpr int most_redirects = 10;
constexpr size_t most_at_once = 16;

std::string_view reason(int status) {
  switch (status) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 408:
      return " Request Timeout";
    case 409:
      return " Conflict";
    case 416:
      return " Range Not Satisfiable";
    case 429:
      return " Too Many Requests";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return "";
  }
}

bool may_pass(int status) { return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504; }
bool turned_away(int status) { return status == 429 || status == 503; }
bool redirects(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }
bool repeatable(const Request& request) { return request.repeatable || request.method == "GET" || request.method == "HEAD"; }

bool is_secret(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "authorization" || name == "cookie" || name == "proxy-authorization";
}

// The request as another server, or another address of the same, gets it; or why it must not.
Result<Url> follow(Request& request, const Url& from, const Head& answer) {
  const auto location = answer.find("location");
  const std::string told = request.method + " " + shown(from.str()) + ": HTTP " + std::to_string(answer.status);
  if (!location) return stage_error(told + " without a Location");
  TRY_ASSIGN(const Url to, resolve(from, *location));
  if (from.scheme == "https" && to.scheme == "http") return stage_error(told + " leads from https to " + shown(to.str()) + ", which is not protected");
  if (to.origin() != from.origin()) std::erase_if(request.headers, [](const auto& header) { return is_secret(header.first); });
  if (request.method == "POST" && answer.status != 307 && answer.status != 308) request.method = "GET", request.body.clear();
  return to;
}

// "120"; dates are not worth a parser, for servers that throttle send seconds.
std::optional<std::chrono::milliseconds> retry_after(const Response& response) {
  const auto text = response.find("retry-after");
  int64_t seconds = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ptr != text->data() + text->size()) return std::nullopt;
  return std::chrono::milliseconds(std::clamp<int64_t>(seconds, 0, 86'400) * 1000);
}

}  // namespace

std::optional<std::string> Head::find(std::string_view name) const {
  for (const auto& header : headers)
    if (header.first == name) return header.second;
  return std::nullopt;
}

Error interrupted_error() {
  Error error = stage_error("interrupted");
  error.kind = ErrorKind::interrupted;
  return error;
}

Client::Client(ClientOptions options, const Clock& clock, const CancelToken& cancel)
    : options_(std::move(options)), clock_(clock), cancel_(cancel), random_(std::random_device()()), connections_(std::make_shared<Connections>()) {}

Client::Try Client::judged(const Request& request, Transfer done, Response response) const {
  Try result;
  response.head = std::move(done.head);
  if (done.error) {
    result.again = done.again && (repeatable(request) || !done.sent);
    if (response.head.status != 0) result.response = std::move(response);
    result.error = std::move(done.error);
    result.error->message = redacted(std::move(result.error->message));
    return result;
  }
  result.again = repeatable(request) ? may_pass(response.head.status) : turned_away(response.head.status);
  result.response = std::move(response);
  return result;
}

Client::Try Client::once(const Request& original, const Sink& sink, std::optional<std::chrono::milliseconds> whole) {
  Response response;
  Request request = original;
  auto url = parse_url(request.url);
  for (int redirect = 0;; ++redirect) {
    if (!url) return judged(request, {{}, std::move(url).error()}, {});
    response.url = url->str();
    const auto wanted = [&] {
      const int status = response.head.status;
      return (status >= 200 && status < 300) || (sink.refusals && !redirects(status));
    };
    const auto on_head = [&](const Head& head) {
      response.head = head;
      return wanted() && sink.head ? sink.head(response) : Status();
    };
    const auto on_body = [&](std::string_view bytes) { return wanted() && sink.write ? sink.write(bytes) : Status(); };
    Transfer done = std::move(transfer(*connections_, {{request, *url, on_head, on_body}}, options_, cancel_, whole).front());
    if (done.error || !redirects(done.head.status)) return judged(request, std::move(done), std::move(response));
    if (redirect == most_redirects) return judged(request, {{}, stage_error(original.method + " " + shown(original.url) + ": more than 10 redirects")}, {});
    url = follow(request, *url, done.head);
    response.redirects.push_back(std::move(done.head));
  }
}

std::chrono::milliseconds Client::time_before(int number, const Try& last) {
  if (last.response)
    if (const auto asked = retry_after(*last.response)) return std::min(*asked, options_.longest_retry_after);
  const auto doubled = options_.first_wait * (int64_t{1} << std::clamp(number - 2, 0, 20));
  const auto most = std::min<std::chrono::milliseconds>(doubled, options_.longest_wait);
  return std::chrono::milliseconds(most.count() / 2 + static_cast<int64_t>(random_.uniform() * static_cast<double>(most.count()) / 2));
}

Status Client::wait_before(int number, const Request& request, const Try& last) {
  const auto time = time_before(number, last);
  if (options_.waiting) options_.waiting(last.error ? last.error->message : refusal(request, *last.response).message, time);
  if (!clock_.pause(time, cancel_)) return interrupted_error();
  return {};
}

Error Client::refusal(const Request& request, const Response& response) const {
  return stage_error(
      redacted(request.method + " " + shown(request.url) + ": HTTP " + std::to_string(response.head.status) + std::string(reason(response.head.status))));
}

Result<Response> Client::send(const Request& request) { return std::move(send_all({&request, 1}).front()); }

std::vector<Result<Response>> Client::send_all(std::span<const Request> requests) {
  struct Asked {
    const Request& request;
    Url url;
    std::string body;
    Try last;
  };
  std::vector<Asked> all;
  std::vector<Asked*> left;
  for (const Request& request : requests) {
    auto url = parse_url(request.url);
    all.push_back({request, url ? std::move(*url) : Url(), {}, {}});
  }
  for (Asked& each : all) left.push_back(&each);

  const auto start_body = [](Asked& each) { return each.body.clear(), Status(); };
  const auto take_body = [](Asked& each, std::string_view bytes) {
    if (bytes.size() > most_in_memory - each.body.size())
      return Status(stage_error(each.request.method + " " + shown(each.request.url) + ": the answer is over 64 MB"));
    each.body += bytes;
    return Status();
  };
  const auto try_once = [&] {
    std::vector<Order> orders;
    for (Asked* each : left)
      orders.push_back(
          {each->request, each->url, [=](const Head&) { return start_body(*each); }, [=](std::string_view bytes) { return take_body(*each, bytes); }});
    auto done = transfer(*connections_, orders, options_, cancel_, options_.whole, most_at_once);
    for (size_t i = 0; i < left.size(); ++i) {
      Asked& each = *left[i];
      const Sink sink{[&](const Response&) { return start_body(each); }, [&](std::string_view bytes) { return take_body(each, bytes); }, true};
      if (!each.url.scheme.empty() && !redirects(done[i].head.status)) each.last = judged(each.request, std::move(done[i]), {{}, {}, each.url.str(), {}});
      else each.last = once(each.request, sink, options_.whole);  // knows what to say, or where to go
      if (options_.may_pass && each.last.response && !each.last.error && each.last.response->head.status >= 300)
        each.last.again = options_.may_pass(each.request, *each.last.response, each.body);
    }
  };
  const auto wait_for_left = [&](int number) {
    const auto longest = [](const Asked* each) { return each->last.response ? retry_after(*each->last.response).value_or(0ms) : 0ms; };
    const Asked& slowest = **std::ranges::max_element(left, {}, longest);
    return wait_before(number, slowest.request, slowest.last);
  };

  for (int number = 1; !left.empty(); ++number) {
    try_once();
    for (Asked* each : left)
      if (each->last.error && number > 1 && (!each->last.again || number >= options_.tries))
        each->last.error->message += "; tried " + std::to_string(number) + " times";
    std::erase_if(left, [&](const Asked* each) { return !each->last.again || number >= options_.tries; });
    if (left.empty()) break;
    if (Status waited = wait_for_left(number + 1); !waited)
      for (Asked* each : std::exchange(left, {})) each->last.error = waited.error();
  }
  std::vector<Result<Response>> answers;
  for (Asked& each : all) {
    if (each.last.error) {
      answers.emplace_back(std::move(*each.last.error));
    } else {
      each.last.response->body = std::move(each.body);
      answers.emplace_back(std::move(*each.last.response));
    }
  }
  return answers;
}

std::string Client::redacted(std::string text) const {
  for (const std::string& secret : options_.secrets)
    for (size_t at = secret.empty() ? std::string::npos : text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace mlopsctl::net
