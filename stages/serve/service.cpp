#include "stages/serve/service.hpp"

#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/base/parallel.hpp"
#include "stages/serve/face.hpp"
#include "stages/serve/http/server.hpp"
#include "stages/serve/openapi.hpp"

namespace mlopsctl::serve {

namespace {

constexpr std::chrono::seconds look_at_files{2};

Route simple(std::string path, Audience audience, std::string summary, std::function<Response()> make) {
  Route route;
  route.method = "GET";
  route.path = std::move(path);
  route.audience = audience;
  route.operation = {{"summary", std::move(summary)}, {"responses", {{"200", {{"description", "Yes."}}}}}};
  route.run = [make = std::move(make)](const Request&, const std::map<std::string, std::string>&, Reply reply) { reply(make()); };
  return route;
}

Response state(bool good, std::string_view word) {
  Response response;
  response.status = good ? 200 : 503;
  response.body = canonical({{"status", word}});
  return response;
}

std::string file_of(const std::vector<Route>& routes, const std::string& path) {
  for (const auto& route : routes)
    if (route.method == "GET" && route.path == path) return path;
  return "/docs";
}

}  // namespace

struct Service::Impl {
  ServiceOptions options;
  Surroundings around{};
  Parts parts{};
  std::vector<std::unique_ptr<Face>> faces{};
  std::unique_ptr<Server> server{};
  std::atomic<bool> ready{false};
  std::mutex mutex{};
  std::condition_variable wake{};
  bool stopping = false;
  std::thread keeper{};

  std::vector<Route> own_routes() {
    std::vector<Route> routes;
    routes.push_back(simple("/health", Audience::anyone, "Whether the server answers", [] { return state(true, "ok"); }));
    routes.push_back(simple("/livez", Audience::anyone, "Liveness probe", [] { return state(true, "live"); }));
    routes.push_back(simple("/readyz", Audience::anyone, "Readiness probe: 503 while it stops", [this] { return state(ready, ready ? "ready" : "stopping"); }));
    routes.push_back(simple("/startupz", Audience::anyone, "Start-up probe: a model is loaded", [] { return state(true, "started"); }));
    return routes;
  }

  Route metrics_route() {
    return simple("/metrics", options.admin_port ? Audience::admins : Audience::users, "Metrics in Prometheus' text format", [this] {
      Gauges gauges;
      const ServerCounts counts = server->counts();
      gauges.connections = counts.connections, gauges.held_bytes = counts.held_bytes;
      gauges.accepted = counts.accepted, gauges.evicted = counts.evicted, gauges.refused = counts.refused, gauges.timed_out = counts.timed_out;
      gauges.log_lines_dropped = around.log ? around.log->dropped() : 0;
      gauges.ready = ready;
      if (parts.scorer) gauges.scorer = parts.scorer->stats(), gauges.model = parts.scorer->current();
      gauges.version = options.version;
      Response response;
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      response.body = around.metrics.text(gauges);
      if (parts.more_metrics) parts.more_metrics(response.body);
      return response;
    });
  }

  std::string title() const {
    if (!parts.scorer) return "pages";
    return parts.scorer->current()->name;  // its version changes
  }

  Status make_faces() {
    std::vector<Route> routes = std::move(parts.routes);
    for (auto& route : own_routes()) routes.push_back(std::move(route));
    std::vector<Route> main, admin, ui;
    for (const auto& route : routes) {
      if (route.audience != Audience::admins) main.push_back(route);
      if (route.audience == Audience::admins) admin.push_back(route);
    }
    for (auto& probe : own_routes()) admin.push_back(std::move(probe));
    (options.admin_port ? admin : main).push_back(metrics_route());
    if (parts.scorer)  // pages alone have the API's
      for (auto& route : openapi_routes(openapi_document(main, {title(), options.version, around.keys != nullptr}))) main.push_back(std::move(route));
    const std::string start = file_of(routes, "/ui");
    for (const auto& route : main)
      if (route.method != "GET" || route.path != "/") ui.push_back(route);
    ui.push_back(simple("/", Audience::anyone, "", [start] {
      Response response;
      response.status = 307;
      response.content_type.clear();
      response.headers.push_back({"location", start});
      return response;
    }));
    for (auto* each : {&main, &admin, &ui}) {
      TRY_ASSIGN(auto face, Face::make(around, std::move(*each)));
      faces.push_back(std::move(face));
    }
    return {};
  }

  Handler handler(size_t face) {
    return [this, face](Request& request, Reply reply) { faces[face]->answer(request, std::move(reply)); };
  }

  void outside(const Outside& what) {
    around.metrics.begin();
    around.metrics.answered(0, what.status, 0);
    if (around.log) around.log->write({std::chrono::system_clock::now(), what.request_id, what.client, "", "", "", "", what.status, 0, 0, 0, what.detail});
  }

  // Reads anew what may change while the server runs.
  void keep() {
    sigset_t all;  // signals are the main thread's
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::string told;
    for (std::unique_lock lock(mutex); !wake.wait_for(lock, look_at_files, [&] { return stopping; });) {
      lock.unlock();
      const Status keys = around.keys ? around.keys->refresh() : Status(), tls = server->refresh_tls();
      std::string fault = keys.ok() ? "" : "the keys stay as they are: " + keys.error().message;
      if (fault.empty() && !tls.ok()) fault = "the certificate stays as it is: " + tls.error().message;
      if (!fault.empty() && fault != told) options.say(fault);
      told = fault;
      lock.lock();
    }
  }

  void stop() {
    if (parts.scorer) parts.scorer->stop();
    if (server) server->stop();
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    if (keeper.joinable()) keeper.join();
    parts.scorer.reset();
    faces.clear();
    parts = {};  // nobody replies from here on
  }
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() { impl_->stop(); }

Result<std::unique_ptr<Service>> Service::start(ServiceOptions options, const std::function<Result<Parts>(const Hooks& hooks)>& assemble) {
  std::unique_ptr<Impl> impl(new Impl{std::move(options)});
  Surroundings& around = impl->around;
  if (!impl->options.key_files.empty()) { TRY_ASSIGN(around.keys, KeyFiles::open(impl->options.key_files)); }
  TRY_ASSIGN(around.cors, Cors::make(impl->options.cors_origins));
  if (!impl->options.access_log.empty()) { TRY_ASSIGN(around.log, AccessLog::open(impl->options.access_log)); }
  Hooks hooks;
  hooks.observe = [&around](const Outcome& outcome) { around.metrics.observe(outcome); };
  hooks.on_batch = [&around](const BatchNote& batch) { around.metrics.observe(batch); };
  hooks.ready = [impl = impl.get()] { return impl->ready.load(); };
  TRY_ASSIGN(impl->parts, assemble(hooks));
  TRY(impl->make_faces());

  ServerOptions server;
  server.limits = impl->options.limits;
  server.threads = std::max(1u, static_cast<unsigned>(processors() / 4));
  server.on_outside = [impl = impl.get()](const Outside& what) { impl->outside(what); };
  const std::string& host = impl->options.host;
  server.tls_certificate = impl->options.tls_certificate;
  server.tls_key = impl->options.tls_key;
  const bool tls = !server.tls_certificate.empty();
  server.endpoints.push_back({host, impl->options.port, "", impl->handler(0), tls});
  if (impl->options.admin_port) server.endpoints.push_back({host, *impl->options.admin_port, "", impl->handler(1), tls});
  if (impl->options.ui_port) server.endpoints.push_back({host, *impl->options.ui_port, "", impl->handler(2), tls});
  if (!impl->options.unix_socket.empty()) server.endpoints.push_back({"", 0, impl->options.unix_socket, impl->handler(0)});
  impl->ready = true;
  TRY_ASSIGN(impl->server, Server::open(std::move(server)));
  impl->server->run();
  impl->keeper = std::thread([impl = impl.get()] { impl->keep(); });
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

uint16_t Service::port() const { return impl_->server->port(0); }
std::optional<uint16_t> Service::admin_port() const { return impl_->options.admin_port ? std::optional(impl_->server->port(1)) : std::nullopt; }
std::optional<uint16_t> Service::ui_port() const {
  return impl_->options.ui_port ? std::optional(impl_->server->port(impl_->options.admin_port ? 2 : 1)) : std::nullopt;
}
uint64_t Service::answered() const { return impl_->around.answered; }

bool Service::drain(std::chrono::milliseconds at_most) {
  impl_->ready = false;
  return impl_->server->drain(at_most);
}

}  // namespace mlopsctl::serve
