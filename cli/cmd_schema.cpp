#include "cli/cmds.hpp"
#include "cli/reference.hpp"
#include "stages/registry.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_schema(Session& session) {
  const auto catalog = stages::catalog(session.registry());
  Answer answer;
  if (session.arguments().has("--commands") || session.arguments().has("--reference")) {
    const std::string page = session.arguments().has("--commands") ? command_reference() : spec::reference_page(catalog);
    answer.value = Json{{"markdown", page}};
    answer.verbatim(page);
  } else {
    answer.value = spec::json_schema(catalog);
    answer.verbatim(pretty(answer.value));
  }
  return answer;
}

}  // namespace mlopsctl::cli
