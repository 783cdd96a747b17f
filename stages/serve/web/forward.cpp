#include "stages/serve/web/forward.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "pipeline/net/client.hpp"
#include "pipeline/net/url.hpp"
#include "stages/serve/problem.hpp"
#include "stages/serve/web/pages.hpp"

namespace mlopsctl::serve::web {
namespace {

constexpr size_t kThreads = 4;   // calls under way at once
constexpr size_t kWaiting = 64;  // calls that wait for one of them

constexpr std::pair<const char*, const char*> kCalls[] = {{"POST", "/"}, {"GET", "/tweets"}, {"GET", "/ui/model.json"}};
constexpr const char* kAskedWith[] = {"authorization", "content-type", "traceparent", "x-request-id"};
constexpr const char* kAnsweredWith[] = {"cache-control", "retry-after", "www-authenticate", "x-model-digest", "x-request-id"};

class Forwarder {
 public:
  explicit Forwarder(std::string api) : api_(std::move(api)) {
    for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Forwarder() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    cancel_.cancel();
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void pass_on(const Request& request, Reply reply) {
    net::Request call;
    call.method = request.method;
    call.url = api_ + request.path + (request.query.empty() ? "" : "?" + request.query);
    for (const char* name : kAskedWith)
      if (const auto value = request.header(name); !value.empty()) call.headers.emplace_back(name, value);
    call.body = request.body;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() < kWaiting) {
        waiting_.push_back({std::move(call), std::move(reply), request.deadline});
        changed_.notify_one();
        return;
      }
    }
    Response full = problem(503, "too many calls wait for the API behind these pages");
    full.headers.push_back({"retry-after", "1"});
    reply(std::move(full));
  }

 private:
  struct Call {
    net::Request request;
    Reply reply;
    SteadyTime deadline;
  };

  void work() {
    net::ClientOptions options;
    options.tries = 1;  // the page tries again, and says so
    options.connect = std::chrono::seconds(3);
    net::Client client(options, clock_, cancel_);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Call call = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      // Whoever's time is over has been told so by the server: the API is not asked for nobody.
      if (std::chrono::steady_clock::now() < call.deadline) call.reply(ask(client, call.request));
      else call.reply(problem(504, "the API behind these pages did not answer in time"));
      lock.lock();
    }
  }

  static Response ask(net::Client& client, const net::Request& request) {
    auto answer = client.send(request);
    if (!answer) return problem(502, "the API behind these pages does not answer");
    Response response;
    response.status = answer->head.status;
    response.content_type = answer->find("content-type").value_or("application/json");
    for (const char* name : kAnsweredWith)
      if (auto value = answer->find(name)) response.headers.push_back({name, std::move(*value)});
    response.headers.push_back({"x-content-type-options", "nosniff"});
    response.body = std::move(answer->body);
    return response;
  }

  const std::string api_;  // without a slash at its end
  SystemClock clock_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::vector<Route>> forwarded_pages(std::string_view api) {
  TRY_ASSIGN(const auto url, net::parse_url(api));
  std::vector<Route> routes = pages();
  if (routes.empty()) return config_error("this mlopsctl was built without pages").with_hint("build it with -DMLOPSCTL_PAGES=ON");
  std::string base = url.str();
  while (base.ends_with('/')) base.pop_back();
  const auto forwarder = std::make_shared<Forwarder>(std::move(base));
  for (const auto& [method, path] : kCalls)
    routes.push_back({method, path, Audience::anyone, Json::object(),
                      [forwarder](const Request& request, const auto&, Reply reply) { forwarder->pass_on(request, std::move(reply)); }});
  routes.push_back({"GET", "/", Audience::anyone, Json::object(), [](const Request&, const auto&, const Reply& reply) {
                      reply({302, "text/plain; charset=utf-8", {{"location", "/ui"}}, "the pages are at /ui\n"});
                    }});
  return routes;
}

}  // namespace mlopsctl::serve::web
