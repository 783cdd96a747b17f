#include "cli/cmds.hpp"
#include "cli/report/page.hpp"
#include "cli/run_reports.hpp"
#include "cli/run_summary.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_report(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string id = arguments.positional("RUN"), format = arguments.value("--format");
  TRY_ASSIGN(auto store, session.existing_store());
  if (!store) return config_error("nothing ran here yet, so there is nothing to report").with_hint("`mlopsctl run` makes the first run");
  TRY_ASSIGN(const auto run, store->run(id.empty() ? "latest" : id));
  if (!run) return config_error("there is no run \"" + id + "\"").with_hint("`mlopsctl history` lists the runs");

  const auto summary = summarize(*run, *store, session.project());
  std::string text;
  if (format == "html") text = report::html_page(*run, summary);
  else if (format == "markdown") text = markdown(*run, summary, "");
  else text = pretty(engine::to_json(*run));

  const std::string output = arguments.value("--output");
  Answer answer(Json{{"run", run->id}, {"format", format}, {"output", nullptr}});
  if (output == "-" || (output.empty() && format != "html")) {
    answer.value["text"] = text;
    answer.verbatim(text);
    return answer;
  }
  const auto path = output.empty() ? report_path(*store, run->id) : std::filesystem::path(output);
  if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
  TRY(write_file_atomically(path, text));
  const std::string shown = output.empty() ? path.lexically_relative(session.project()).generic_string() : output;
  answer.value["output"] = shown;
  answer.value["text"] = nullptr;
  answer.line("wrote " + shown);
  return answer;
}

}  // namespace mlopsctl::cli
