// What a finished run comes to: verdicts, metrics of challenger and champion, releases. One value, told as text, Markdown and JSON.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/answer.hpp"
#include "pipeline/engine/run_record.hpp"
#include "pipeline/engine/store.hpp"

namespace mlopsctl::cli {

struct MetricRow {
  std::string stage;  // the evaluate stage it comes from
  std::string metric;
  std::optional<double> challenger, champion;
};

struct ReleaseRow {
  std::string stage;
  std::string name;  // the output's
  std::string path;  // relative to the project folder
  Digest digest;
  std::vector<std::string> aliases;  // that name its model now
  std::vector<std::string> moved{};  // that it was registered under, but that name another model since
};

struct RunSummary {
  std::vector<std::pair<std::string, engine::Verdict>> verdicts;  // by stage
  std::vector<MetricRow> metrics;                                 // in the order of interest
  std::vector<ReleaseRow> releases;
  Json alerts = Json::array();  // alert::Delivery of each channel
  size_t reused = 0, ran = 0, total = 0;
};

RunSummary summarize(const engine::RunRecord& record, engine::Store& store, const std::filesystem::path& project);

Json to_json(const RunSummary& summary);
// "pass: challenger 0.871, champion 0.863" per verdict, the metrics table, the releases.
void add_to(Answer& answer, const RunSummary& summary);
// What Markdown would read as more than text is not, nor is it HTML.
std::string escape_markdown(std::string_view text);
// Tables for a step summary or a Markdown report.
std::string markdown(const engine::RunRecord& record, const RunSummary& summary, const std::string& report);

}  // namespace mlopsctl::cli
