#include "cli/cmds.hpp"
#include "cli/running.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_run(Session& session) {
  TRY_ASSIGN(auto checked, session.checked_pipeline());
  TRY_ASSIGN(auto store, session.store());
  const Arguments& arguments = session.arguments();
  RunWishes wishes{session.run_options(), arguments.find("--override"), arguments.value("--report") == "yes"};
  wishes.options.force = arguments.has("--force");
  wishes.options.wait = !arguments.has("--no-wait");
  wishes.options.runner = arguments.value("--runner");
  return run_and_tell(session, store, checked, std::move(wishes));
}

}  // namespace mlopsctl::cli
