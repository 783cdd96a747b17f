#include <algorithm>

#include "cli/alerts.hpp"
#include "cli/cmds.hpp"
#include "cli/decisions.hpp"

namespace mlopsctl::cli {

namespace {

Answer answer_of(const std::vector<alert::Delivery>& deliveries) {
  Answer answer(Json{{"alerts", Json::array()}});
  for (const auto& delivery : deliveries) {
    const Json row = alert::to_json(delivery);
    answer.line(alert::to_text(row), delivery.error ? Style::red : Style::plain);
    if (delivery.error && !delivery.error->hint.empty()) answer.line("    hint: " + delivery.error->hint);
    answer.value["alerts"].push_back(row);
    if (delivery.error) answer.exit_code = exit_not_told;
  }
  return answer;
}

Result<std::vector<alert::Channel>> channels_of(const spec::Pipeline& pipeline, const std::vector<std::string>& asked) {
  auto channels = alert::channels_of(pipeline.alerts);
  if (channels.empty())
    return config_error("the pipeline " + pipeline.name + " tells nobody").with_hint("add alerts: {team: {to: slack, url: env:SLACK_WEBHOOK}}");
  std::vector<std::string> names;
  for (const auto& channel : channels) names.push_back(channel.name);
  for (const auto& name : asked) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const auto near = nearest(name, names);
    return usage_error("\"" + name + "\" is no channel of the pipeline " + pipeline.name,
                       near ? "did you mean " + *near + "?" : "leave the name out to take all");
  }
  if (!asked.empty()) std::erase_if(channels, [&](const auto& channel) { return std::find(asked.begin(), asked.end(), channel.name) == asked.end(); });
  return channels;
}

}  // namespace

Result<Answer> cmd_alert_test(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(const auto channels, channels_of(pipeline, session.arguments().positional_values("CHANNEL")));
  const AlertWorld world(session);
  std::vector<alert::Delivery> deliveries;
  for (const auto& channel : channels) deliveries.push_back(alert::send_test(channel, pipeline.name, world));
  return answer_of(deliveries);
}

Result<Answer> cmd_alert_flush(Session& session) {
  TRY_ASSIGN(const auto pipeline, session.pipeline());
  TRY_ASSIGN(const auto channels, channels_of(pipeline, {}));
  TRY_ASSIGN(const auto deliveries, alert::deliver(channels, {}, "", session.project() / project_state, AlertWorld(session)));
  return answer_of(deliveries);
}

}  // namespace mlopsctl::cli
