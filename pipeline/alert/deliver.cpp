#include "pipeline/alert/deliver.hpp"

#include <unistd.h>

#include "pipeline/base/error_json.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::alert {

namespace {

constexpr size_t runs_kept = 50;

std::filesystem::path memory_path(const std::filesystem::path& state) { return state / "alerts.json"; }

// {"channels": {name: see policy.hpp}, "runs": [{"run", "deliveries"}]}
Result<Json> read_memory(const std::filesystem::path& path) {
  if (::access(path.c_str(), F_OK) != 0) return Json(Json::object());
  TRY_ASSIGN(const std::string text, read_file(path));
  auto memory = parse_json(text, path.string());
  if (!memory) return std::move(memory).error().with_hint("remove it: what stands is then told once more");
  return memory;
}

}  // namespace

Json to_json(const Delivery& delivery) {
  return {{"channel", delivery.channel},     {"to", delivery.to},
          {"sent", delivery.sent},           {"waiting", delivery.waiting},
          {"unchanged", delivery.unchanged}, {"error", delivery.error ? Json(delivery.error->message) : Json()}};
}

std::string to_text(const Json& delivery) {
  const std::string text = delivery.value("channel", "") + " (" + delivery.value("to", "") + "): ";
  const int sent = delivery.value("sent", 0), waiting = delivery.value("waiting", 0);
  if (const Json& error = delivery.at("error"); error.is_string()) return text + "not sent: " + error.get<std::string>();
  if (sent > 0) return text + "sent " + count_of(sent, "message");
  if (waiting > 0) return text + count_of(waiting, "message") + (waiting == 1 ? " waits" : " wait") + " for the digest";
  return text + (delivery.value("unchanged", 0) > 0 ? "told before, unchanged" : "nothing to tell");
}

Result<std::vector<Delivery>> deliver(const std::vector<Channel>& channels, const std::vector<Alert>& alerts, const std::string& run,
                                      const std::filesystem::path& state, const World& world) {
  const auto path = memory_path(state);
  TRY(make_folders(state / "locks"));
  TRY_ASSIGN(const FileLock lock, FileLock::lock(state / "locks" / "alerts.lock", FileLock::Mode::exclusive));
  TRY_ASSIGN(Json memory, read_memory(path));
  std::vector<Delivery> deliveries;
  std::vector<std::vector<Message>> messages;
  for (const Channel& channel : channels) {
    Json& own = memory["channels"][channel.name];
    Delivery delivery{channel.name, channel.to};
    delivery.unchanged = take_in(alerts, channel.policy, world.clock.now(), own);
    TRY_ASSIGN(auto now, due(own, channel.policy, world.clock.now()));
    delivery.waiting = static_cast<int>(own["waiting"].size());
    messages.push_back(std::move(now));
    deliveries.push_back(std::move(delivery));
  }
  // Before anything is sent: killed on the way, we tell again rather than never.
  if (!channels.empty()) TRY(write_file_atomically(path, pretty(memory)));
  for (size_t i = 0; i < channels.size(); ++i) {
    if (messages[i].empty()) continue;
    if (Status sent = send(channels[i], messages[i], world); !sent) {
      deliveries[i].error = std::move(sent).error();
      continue;
    }
    deliveries[i].sent = static_cast<int>(messages[i].size());
    deliveries[i].waiting = 0;
    memory["channels"][channels[i].name]["waiting"] = Json::array();
    TRY(write_file_atomically(path, pretty(memory)));
  }
  if (run.empty() || channels.empty()) return deliveries;
  Json done = Json::array();
  for (const Delivery& delivery : deliveries) done.push_back(to_json(delivery));
  Json& runs = memory["runs"];
  runs.push_back({{"run", run}, {"deliveries", std::move(done)}});
  if (runs.size() > runs_kept) runs.erase(runs.begin());
  TRY(write_file_atomically(path, pretty(memory)));
  return deliveries;
}

Result<Json> deliveries_of(const std::string& run, const std::filesystem::path& state) {
  TRY_ASSIGN(const Json memory, read_memory(memory_path(state)));
  for (const Json& each : memory.value("runs", Json::array()))
    if (each.value("run", "") == run) return each.value("deliveries", Json::array());
  return Json(Json::array());
}

Delivery send_test(const Channel& channel, const std::string& pipeline, const World& world) {
  Delivery delivery{channel.name, channel.to};
  Message message{Message::Kind::test, {}, rfc3339(world.clock.now())};
  message.alert.source = "gate";
  message.alert.pipeline = pipeline;
  message.alert.stage = "test";
  message.alert.outcome = "pass";
  message.alert.summary = "The channel " + channel.name + " works.";
  message.alert.run = "test-" + message.queued;
  message.alert.time = message.queued;
  Status sent = send(channel, {message}, world);
  if (sent) delivery.sent = 1;
  else delivery.error = std::move(sent).error();
  return delivery;
}

}  // namespace mlopsctl::alert
