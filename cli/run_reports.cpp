#include "cli/run_reports.hpp"

#include "cli/report/page.hpp"
#include "cli/run_summary.hpp"
#include "pipeline/base/files.hpp"

namespace mlopsctl::cli {

std::filesystem::path report_path(const engine::Store& store, const std::string& run_id) { return store.folder() / "reports" / (run_id + ".html"); }

Status write_report(engine::Store& store, const std::filesystem::path& project, const engine::RunRecord& record) {
  const auto path = report_path(store, record.id);
  TRY(make_folders(path.parent_path()));
  sweep_temporaries(path.parent_path());
  return write_file_atomically(path, report::html_page(record, summarize(record, store, project)));
}

}  // namespace mlopsctl::cli
