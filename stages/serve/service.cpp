#include "stages/serve/service.hpp"

#include <atomic>

#include "stages/serve/http/server.hpp"
#include "stages/serve/problem.hpp"
#include "stages/serve/router.hpp"

namespace mlopsctl::serve {

struct Service::Impl {
  ServiceOptions options;
  std::unique_ptr<Scorer> scorer;
  std::optional<Router> router;
  std::unique_ptr<Server> server;
  std::atomic<bool> ready{false};
  std::atomic<uint64_t> answered{0};

  std::vector<Route> probes() {
    const auto say = [](bool good, std::string_view word) {
      Response response;
      response.status = good ? 200 : 503;
      response.body = canonical({{"status", word}});
      return response;
    };
    const auto probe = [](std::string path, std::function<Response()> make) {
      Route route;
      route.method = "GET";
      route.path = std::move(path);
      route.audience = Audience::anyone;
      route.run = [make = std::move(make)](const Request&, const std::map<std::string, std::string>&, Reply reply) { reply(make()); };
      return route;
    };
    return {probe("/health", [say] { return say(true, "ok"); }), probe("/livez", [say] { return say(true, "live"); }),
            probe("/readyz", [this, say] { return say(ready, ready ? "ready" : "stopping"); }), probe("/startupz", [say] { return say(true, "started"); })};
  }

  void answer(const Request& request, Reply reply) {
    ++answered;
    const Match match = router->find(request.method, request.path);
    if (match.route == nullptr) {
      if (match.allowed.empty()) return reply(problem(404, "there is nothing at " + request.path));
      Response response = problem(405, request.path + " answers " + match.allowed + ", not " + request.method);
      response.headers.push_back({"allow", match.allowed});
      return reply(std::move(response));
    }
    match.route->run(request, match.parameters, std::move(reply));
  }
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Service::~Service() {
  if (impl_->server) impl_->server->stop();
  impl_->scorer.reset();
}

Result<std::unique_ptr<Service>> Service::start(ServiceOptions options, std::unique_ptr<Scorer> scorer, std::vector<Route> routes) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->scorer = std::move(scorer);
  for (auto& route : impl->probes()) routes.push_back(std::move(route));
  TRY_ASSIGN(auto router, Router::make(std::move(routes)));
  impl->router.emplace(std::move(router));

  ServerOptions server;
  const Handler handler = [impl = impl.get()](const Request& request, Reply reply) { impl->answer(request, std::move(reply)); };
  server.endpoints.push_back({impl->options.host, impl->options.port, "", handler});
  if (!impl->options.unix_socket.empty()) server.endpoints.push_back({"", 0, impl->options.unix_socket, handler});
  impl->ready = true;
  TRY_ASSIGN(impl->server, Server::start(std::move(server)));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

uint16_t Service::port() const { return impl_->server->port(0); }
uint64_t Service::answered() const { return impl_->answered; }

bool Service::drain(std::chrono::milliseconds at_most) {
  impl_->ready = false;
  return impl_->server->drain(at_most);
}

}  // namespace mlopsctl::serve
