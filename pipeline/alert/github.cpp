#include "pipeline/alert/github.hpp"

#include "pipeline/alert/channel.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::alert {

Issues::Issues(net::Client& client, std::string api, std::string repository, std::string label, const std::string& token)
    : client_(client),
      base_(std::move(api) + "/repos/" + net::percent_encoded(repository, true) + "/issues"),
      label_(std::move(label)),
      headers_({{"Authorization", "Bearer " + token},
                {"Accept", "application/vnd.github+json"},
                {"X-GitHub-Api-Version", "2022-11-28"},
                {"Content-Type", "application/json"}}) {}

Result<Json> Issues::ask(const std::string& method, const std::string& path, const Json& body, bool repeatable) {
  net::Request request{method, base_ + path, headers_};
  if (!body.is_null()) request.body = canonical(body);
  request.repeatable = repeatable;
  TRY_ASSIGN(const auto response, client_.send(request));
  if (response.head.status < 200 || response.head.status >= 300) {
    Error error = client_.refusal(request, response);
    if (response.head.status == 401 || response.head.status == 403 || response.head.status == 404)
      error.hint = "the token must be allowed to write issues of that repository";
    return error;
  }
  return parse_json(response.body, "the answer of " + net::shown(request.url));
}

Result<std::optional<int64_t>> Issues::open_issue(const std::string& mark) {
  TRY_ASSIGN(const Json list, ask("GET", "?state=open&per_page=100&labels=" + net::percent_encoded(label_, false), Json(), true));
  for (const Json& issue : list)
    if (issue.is_object() && issue.value("body", Json()).is_string() && issue["body"].get<std::string>().find(mark) != std::string::npos &&
        issue.value("number", Json()).is_number_integer())
      return std::optional(issue["number"].get<int64_t>());
  return std::optional<int64_t>();
}

Status Issues::tell(const Message& message) {
  const std::string mark = issue_mark(message), text = message.text() + "\n" + mark + "\n";
  TRY_ASSIGN(auto number, open_issue(mark));
  const bool over = message.kind != Message::Kind::standing;
  if (number) {
    TRY_ASSIGN(const Json ignored, ask("POST", "/" + std::to_string(*number) + "/comments", {{"body", text}}, false));
  } else if (message.kind != Message::Kind::resolved) {
    // Not sent twice: it would be opened twice. Should the answer be lost, the next run finds it by its mark.
    TRY_ASSIGN(const Json made, ask("POST", "", {{"title", message.title()}, {"body", text}, {"labels", {label_}}}, false));
    if (made.value("number", Json()).is_number_integer()) number = made["number"].get<int64_t>();
  }
  if (over && number) { TRY_ASSIGN(const Json ignored, ask("PATCH", "/" + std::to_string(*number), {{"state", "closed"}}, true)); }
  return {};
}

}  // namespace mlopsctl::alert
