#include "cli/cmds.hpp"
#include "cli/monitoring.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_drift_monitor(Session& session) {
  const Arguments& arguments = session.arguments();
  TRY_ASSIGN(const double change, share_of(arguments, "--change", 0, 1));
  TRY_ASSIGN(const int64_t run_length, number_of(arguments, "--run-length", 10, 1'000'000'000));
  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(auto watched, watch_store(session, place, arguments.value("--store"), change, run_length));
  Answer answer(Json{{"model", place.origin},
                     {"store", watched.store},
                     {"predictions", watched.predictions},
                     {"change", change},
                     {"run_length", run_length},
                     {"alarm", watched.alarm},
                     {"watches", std::move(watched.watches)}});
  answer.line((watched.alarm ? "something has changed in " : "no change in ") + count_of(watched.predictions, "prediction") + " of " + place.origin +
                  "; an alarm for nothing comes once in " + std::to_string(run_length) + " predictions, or more seldom",
              watched.alarm ? Style::red : Style::green);
  answer.table("watches", {{"watch", "watch"},
                           {"reference", "was at most", As::percent},
                           {"evidence", "evidence", As::percent},
                           {"delay", "rows to see " + brief(change), As::integer},
                           {"alarm", "alarm"},
                           {"since", "since", As::time}});
  answer.exit_code = watched.alarm ? 1 : 0;
  return answer;
}

}  // namespace mlopsctl::cli
