#include <algorithm>
#include <charconv>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/serving.hpp"
#include "cli/version.hpp"
#include "pipeline/base/files.hpp"
#include "stages/serve/assembly.hpp"

namespace mlopsctl::cli {

namespace {

Result<double> share(const Arguments& arguments, std::string_view flag) {
  const std::string text = arguments.value(flag);
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1) return value;
  return usage_error(std::string(flag) + " expects a share from 0 to 1, got \"" + text + "\"", "use " + std::string(flag) + " 1 to keep everything");
}

Result<std::optional<uint16_t>> maybe_port(const Arguments& arguments, std::string_view flag) {
  if (!arguments.has(flag)) return std::optional<uint16_t>();
  TRY_ASSIGN(const auto port, port_of(arguments, flag));
  return std::optional<uint16_t>(port);
}

Result<serve::ServiceOptions> service_options(Session& session) {
  const Arguments& arguments = session.arguments();
  serve::ServiceOptions options;
  options.host = arguments.value("--host");
  TRY_ASSIGN(options.port, port_of(arguments, "--port"));
  TRY_ASSIGN(options.admin_port, maybe_port(arguments, "--admin-port"));
  TRY_ASSIGN(options.ui_port, maybe_port(arguments, "--ui-port"));
  options.unix_socket = arguments.value("--unix-socket");
  options.tls_certificate = arguments.value("--tls-cert");
  options.tls_key = arguments.value("--tls-key");
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return usage_error("TLS needs a certificate and its key", "give both: --tls-cert FILE --tls-key FILE");
  options.key_files = arguments.values("--api-keys");
  options.cors_origins = arguments.values("--cors-origin");
  options.access_log = arguments.value("--access-log");
  TRY_ASSIGN(const auto body, number_of(arguments, "--max-body", 1, int64_t{1} << 30));
  options.limits.body_bytes = static_cast<size_t>(body);
  TRY_ASSIGN(const auto connections, number_of(arguments, "--max-connections", 1, 1'000'000));
  options.limits.connections = static_cast<size_t>(connections);
  TRY_ASSIGN(const auto timeout, number_of(arguments, "--timeout", 1, 3600));
  options.limits.request_time = std::chrono::seconds(timeout);
  options.version = library_versions()["mlopsctl"];
  options.say = [&session](const std::string& sentence) { session.say(sentence); };
  return options;
}

// Follows an alias that is moved and a folder that is exchanged. A stage's model is the one it was at the start: what the next run makes has to
// be released first.
Result<serve::ModelSource> source_of(Session& session, const std::string& word) {
  TRY_ASSIGN(const auto place, find_model(session, word));
  if (!place.digest) return serve::folder_source(place.path);
  const auto served = [](const ModelPlace& now) {
    const std::string stamp = (now.digest ? now.digest->str() : now.path.string()) + " " + now.version;
    return serve::ModelPlace{now.path, now.digest, now.name, now.version, now.origin, stamp};
  };
  if (!place.alias) return serve::ModelSource{[first = served(place)]() -> Result<serve::ModelPlace> { return first; }, nullptr};
  return serve::ModelSource{[&session, word, served]() -> Result<serve::ModelPlace> {
                              TRY_ASSIGN(const auto now, find_model(session, word));
                              return served(now);
                            },
                            nullptr};
}

// What the project knows of the release behind the alias.
Json release_of(const std::filesystem::path& project, const serve::LiveModel& model) {
  if (model.name.find('/') != std::string::npos) return nullptr;
  const auto text = read_file(project / ".mlopsctl" / "releases" / model.name / "release.json");
  if (!text.ok()) return nullptr;
  auto release = parse_json(*text, "release.json");
  return release.ok() ? std::move(release).value() : Json();
}

Result<serve::AssemblyOptions> assembly_options(Session& session) {
  const Arguments& arguments = session.arguments();
  serve::AssemblyOptions options;
  TRY_ASSIGN(options.model, source_of(session, arguments.value("--model")));
  if (const auto shadow = arguments.find("--shadow")) { TRY_ASSIGN(options.shadow, source_of(session, *shadow)); }
  options.scoring_threads = static_cast<int>(arguments.integer("--jobs"));
  TRY_ASSIGN(const auto queue, number_of(arguments, "--queue", 1, 1'000'000));
  options.queue_requests = static_cast<size_t>(queue);
  options.apis = arguments.values("--api");
  options.store = arguments.find("--store").value_or(session.env().variables("MLOPSCTL_STORE").value_or(""));
  const bool tweets = std::find(options.apis.begin(), options.apis.end(), "gke-twitter") != options.apis.end();
  if (options.store.empty() && tweets) options.store = "sqlite:.mlopsctl/tweets.sqlite";
  TRY_ASSIGN(options.record, share(arguments, "--record"));
  if (options.record > 0 && options.store.empty()) return usage_error("--record needs a store to keep predictions in", "add --store sqlite:predictions.sqlite");
  options.redact = arguments.value("--redact") != "no";
  TRY_ASSIGN(const auto days, number_of(arguments, "--retention", 0, 36'500));
  options.retention = std::chrono::hours(24 * days);
  options.spool = arguments.value("--spool");
  options.release = [project = session.project()](const serve::LiveModel& model) { return release_of(project, model); };
  options.say = [&session](const std::string& sentence) { session.say(sentence); };
  return options;
}

std::string listening_on(const serve::ServiceOptions& options, const serve::Service& service) {
  std::string text = "port " + std::to_string(service.port());
  if (const auto admin = service.admin_port()) text += ", metrics on port " + std::to_string(*admin);
  if (const auto ui = service.ui_port()) text += ", pages on port " + std::to_string(*ui);
  if (!options.unix_socket.empty()) text += ", unix socket " + options.unix_socket;
  return text;
}

}  // namespace

Result<Answer> cmd_serve(Session& session) {
  TRY_ASSIGN(const auto options, service_options(session));
  TRY_ASSIGN(const auto grace, number_of(session.arguments(), "--grace", 0, 3600));
  TRY_ASSIGN(const auto behind, assembly_options(session));
  std::string serving;
  const auto assemble = [&](const serve::Hooks& hooks) -> Result<serve::Parts> {
    TRY_ASSIGN(auto parts, serve::assemble(behind, hooks));
    const auto model = parts.scorer->current();
    serving = model->name + ", version " + model->version;
    return parts;
  };
  TRY_ASSIGN(auto service, serve::Service::start(options, assemble));
  session.say("serving " + serving + " on " + listening_on(options, *service));
  return serve_until_told(session, *service, std::chrono::seconds(grace));
}

}  // namespace mlopsctl::cli
