#include <algorithm>
#include <cctype>

#include "cli/cmds.hpp"
#include "cli/models.hpp"
#include "cli/progress_line.hpp"
#include "cli/version.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/net/hub_model.hpp"
#include "pipeline/net/published_model.hpp"

namespace mlopsctl::cli {

namespace {

constexpr const char* public_hub = "https://huggingface.co";

// The environment's words are those of Hugging Face's own tools.
struct HubSettings {
  std::string endpoint, token, ca_file;
  bool offline = false;
};

std::string trimmed(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(std::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  return text;
}

Result<HubSettings> hub_settings(const Variables& variables) {
  HubSettings settings;
  const auto value = [&](const char* name) { return trimmed(variables(name).value_or("")); };
  settings.endpoint = value("HF_ENDPOINT");
  if (settings.endpoint.empty()) settings.endpoint = public_hub;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  settings.ca_file = value("SSL_CERT_FILE");
  std::string offline = value("HF_HUB_OFFLINE");
  std::transform(offline.begin(), offline.end(), offline.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  settings.offline = offline == "1" || offline == "ON" || offline == "YES" || offline == "TRUE";
  settings.token = value("HF_TOKEN");
  if (const std::string path = value("HF_TOKEN_PATH"); settings.token.empty() && !path.empty() && !settings.offline) {
    auto text = read_file(path);
    if (!text) return std::move(text).error().note("HF_TOKEN_PATH names that file");
    settings.token = trimmed(*text);
  }
  return settings;
}

int64_t bytes_of(const std::vector<net::HubFile>& files) {
  int64_t bytes = 0;
  for (const net::HubFile& file : files) bytes += file.size.value_or(0);
  return bytes;
}

std::string files_and_bytes(size_t files, int64_t bytes) {
  return std::to_string(files) + (files == 1 ? " file, " : " files, ") + human_bytes(static_cast<uint64_t>(bytes));
}

net::ClientOptions client_options(Session& session, const std::string& ca_file, const std::string& token) {
  net::ClientOptions options;
  options.user_agent = "mlopsctl/" + version_info()["version"].get<std::string>();
  options.ca_file = ca_file;
  options.secrets = {token};
  options.waiting = [&](const std::string& why, std::chrono::milliseconds time) {
    const std::string seconds = std::to_string((time.count() + 999) / 1000);
    session.say(why + "; trying again" + (time.count() > 0 ? " in " + seconds + " s" : ""));
  };
  return options;
}

Result<Answer> fetch_published(Session& session, const std::string& text) {
  TRY_ASSIGN(const net::PublishedModel model, net::parse_published_model(text));
  const Env& env = session.env();
  const std::string token = trimmed(env.variables("MODEL_TOKEN").value_or("")), asked = session.arguments().value("--to");
  const std::filesystem::path folder = asked.empty() ? std::filesystem::path(model.base).filename() : std::filesystem::path(asked);
  net::Client client(client_options(session, trimmed(env.variables("SSL_CERT_FILE").value_or("")), token), env.clock, env.cancel);
  ProgressLine line(env.err, session.err_screen(), env.clock);
  TRY_ASSIGN(const auto files, net::fetch_published(client, model, token, folder, [&](const std::string& file, int64_t done, int64_t size) {
               line.show(size > 0 ? static_cast<double>(done) / static_cast<double>(size) : 0, file + " " + human_bytes(static_cast<uint64_t>(done)));
             }));
  Answer answer(Json{{"model", model.digest.str()},
                     {"base", model.base},
                     {"folder", folder.string()},
                     {"already_there", files.already},
                     {"files", files.count},
                     {"bytes", files.bytes}});
  answer.line(folder.string() + (files.already ? " holds " : " now holds ") + model.digest.brief() + (files.already ? " already, whole: " : ": ") +
                  files_and_bytes(files.count, static_cast<int64_t>(files.bytes)),
              Style::bold);
  return answer;
}

Result<net::FetchedModel> fetch(Session& session, const HubSettings& settings, const net::HubReference& reference, const std::filesystem::path& folder) {
  const Env& env = session.env();
  net::Client client(client_options(session, settings.ca_file, settings.token), env.clock, env.cancel);
  net::Hub hub(client, settings.endpoint, settings.token);
  ProgressLine line(env.err, session.err_screen(), env.clock);
  net::FetchEvents events;
  events.listed = [&](const net::HubSnapshot& snapshot, const std::vector<net::HubFile>& files) {
    session.say("fetching commit " + snapshot.commit.substr(0, 12) + " of " + reference.str() + ": " + files_and_bytes(files.size(), bytes_of(files)));
  };
  events.progress = [&](const net::HubFile& file, int64_t done, std::optional<int64_t> size) {
    const double fraction = size && *size > 0 ? static_cast<double>(done) / static_cast<double>(*size) : 0;
    line.show(fraction, file.name + " " + human_bytes(static_cast<uint64_t>(done)));
  };
  return net::fetch_bert(hub, reference, folder, events);
}

}  // namespace

Result<Answer> cmd_model_publish(Session& session) {
  TRY_ASSIGN(const ModelPlace place, find_model(session, session.arguments().positional("MODEL")));
  const std::filesystem::path to = session.arguments().value("--to");
  TRY(model_description(place));
  TRY_ASSIGN(const Digest digest, digest_of(place));
  TRY_ASSIGN(const auto files, net::publish_model(place.path, to));
  Answer answer(Json{
      {"model", digest.str()}, {"folder", (to / digest.hex()).string()}, {"already_there", files.already}, {"files", files.count}, {"bytes", files.bytes}});
  answer.line(to.string() + (files.already ? " holds " : " now holds ") + digest.str() + (files.already ? " already: " : ": ") +
                  files_and_bytes(files.count, static_cast<int64_t>(files.bytes)),
              Style::bold);
  answer.line("once a web server hands the folder out: mlopsctl model fetch https://...@" + digest.brief() + "... --to ./model");
  return answer;
}

Result<Answer> cmd_model_fetch(Session& session) {
  const std::string what = session.arguments().positional("REPOSITORY");
  if (what.starts_with("https://") || what.starts_with("http://")) return fetch_published(session, what);
  TRY_ASSIGN(const net::HubReference reference, net::parse_hub_reference(what));
  TRY_ASSIGN(const HubSettings settings, hub_settings(session.env().variables));
  std::filesystem::path folder = session.arguments().value("--to");
  if (folder.empty()) folder = reference.repo.substr(reference.repo.find('/') + 1);
  if (!folder.has_filename()) folder = folder.parent_path();
  auto fetched = settings.offline ? net::fetched_before(reference, folder) : fetch(session, settings, reference, folder);
  if (!fetched) return std::move(fetched).error();

  Json files = Json::array();
  int64_t bytes = 0;
  for (const net::FetchedFile& file : fetched->files) {
    files.push_back({{"file", file.name}, {"size", file.size}, {"digest", file.digest.str()}});
    bytes += file.size;
  }
  Answer answer(Json{{"repository", reference.repo},
                     {"revision", reference.revision},
                     {"commit", fetched->commit},
                     {"folder", folder.string()},
                     {"already_there", fetched->already},
                     {"files", files}});
  answer.line(folder.string() + (fetched->already ? " holds " : " now holds ") + "commit " + fetched->commit.substr(0, 12) + " of hf://" + reference.repo +
                  (fetched->already ? " already, whole: " : ": ") + files_and_bytes(fetched->files.size(), bytes),
              Style::bold);
  answer.table("files", {{"file", "FILE"}, {"size", "SIZE", As::bytes}, {"digest", "DIGEST", As::digest}});
  return answer;
}

}  // namespace mlopsctl::cli
