// Carries messages to all channels and remembers what was told in <state>/alerts.json. What could not be delivered waits there for the next time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/alert/channel.hpp"

namespace mlopsctl::alert {

struct Delivery {
  std::string channel, to;
  int sent = 0, unchanged = 0, waiting = 0;
  std::optional<Error> error{};  // why what waits was not sent
};
Json to_json(const Delivery& delivery);
// "team (slack): sent 2"; "team (slack): not sent: ..."
std::string to_text(const Json& delivery);

// Every channel gets its try, whatever the others' fate. `run` names the run that found the alerts; empty: none did. An Error is returned only where the memory
// cannot be read or written; then nothing that was not remembered before is lost. Of two processes at once, one waits.
Result<std::vector<Delivery>> deliver(const std::vector<Channel>& channels, const std::vector<Alert>& alerts, const std::string& run,
                                      const std::filesystem::path& state, const World& world);
// What deliver() did after that run, as to_json() has it; of the last 50 runs.
Result<Json> deliveries_of(const std::string& run, const std::filesystem::path& state);

// A test message through the channel; its memory is left alone.
Delivery send_test(const Channel& channel, const std::string& pipeline, const World& world);

}  // namespace mlopsctl::alert
