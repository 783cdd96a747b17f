#include "cli/cmds.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_cache_gc(Session& session) {
  const bool dry_run = session.arguments().has("--dry-run");
  TRY_ASSIGN(auto store, session.existing_store());
  engine::GcReport report;
  if (store) { TRY_ASSIGN(report, store->gc(static_cast<int>(session.arguments().integer("--keep-runs")), dry_run)); }
  Answer answer(Json{{"dry_run", dry_run},
                     {"removed", report.removed},
                     {"removed_bytes", report.removed_bytes},
                     {"kept", report.kept},
                     {"kept_bytes", report.kept_bytes},
                     {"leftovers", report.leftovers},
                     {"leftover_bytes", report.leftover_bytes}});
  answer.line(std::string(dry_run ? "would remove " : "removed ") + std::to_string(report.removed) + " artifacts (" +
              human_bytes(static_cast<uint64_t>(report.removed_bytes)) + "), kept " + std::to_string(report.kept) + " (" +
              human_bytes(static_cast<uint64_t>(report.kept_bytes)) + ")");
  if (report.leftovers > 0)
    answer.line(std::string(dry_run ? "would remove " : "removed ") + std::to_string(report.leftovers) + " checkpoints and memos untouched for a week (" +
                human_bytes(static_cast<uint64_t>(report.leftover_bytes)) + ")");
  if (dry_run && report.removed + report.leftovers > 0) answer.line("do it with: mlopsctl cache gc");
  return answer;
}

Result<Answer> cmd_cache_verify(Session& session) {
  const bool read_data = session.arguments().has("--read-data");
  TRY_ASSIGN(auto store, session.existing_store());
  engine::VerifyReport report;
  if (store) { TRY_ASSIGN(report, store->verify(read_data)); }
  const auto rows = [](const std::vector<std::string>& digests) {
    Json list = Json::array();
    for (const auto& digest : digests) list.push_back({{"digest", digest}});
    return list;
  };
  Answer answer(Json{{"read_data", read_data}, {"checked", report.checked}, {"damaged", rows(report.damaged)}, {"missing", rows(report.missing)}});
  const bool well = report.damaged.empty() && report.missing.empty();
  answer.exit_code = well ? 0 : 1;
  answer.line(std::to_string(report.checked) + " artifacts checked" + (read_data ? ", every byte" : "") +
                  (well ? ": all whole" : ": " + std::to_string(report.damaged.size()) + " damaged, " + std::to_string(report.missing.size()) + " missing"),
              well ? Style::green : Style::red);
  for (const auto& digest : report.damaged) answer.line("damaged: " + digest + " (moved to .mlopsctl/quarantine)");
  for (const auto& digest : report.missing) answer.line("missing: " + digest + " (forgotten)");
  if (!well) answer.line("`mlopsctl run` makes them again");
  else if (!read_data) answer.line("`--read-data` also finds flipped bits");
  return answer;
}

}  // namespace mlopsctl::cli
