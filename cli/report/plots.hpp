// The pictures of a report: plain values in, SVG out.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::cli::report {

struct Bar {
  std::string name;
  std::optional<double> challenger, champion;  // 0..1
};
std::string metric_bars(const std::vector<Bar>& bars);
std::string paired_bars(const std::string& title, const std::string& description, const std::array<std::string, 2>& names, const std::vector<Bar>& bars);

// counts[truth][predicted].
std::string confusion_matrix(const std::vector<std::string>& labels, const std::vector<std::vector<double>>& counts, const std::string& title);

struct Bin {
  double confidence = 0, accuracy = 0;  // 0..1
  double rows = 0;
};
std::string reliability_diagram(const std::vector<Bin>& bins);

struct LabelCounts {
  std::string name;                                    // a split
  std::vector<std::pair<std::string, double>> counts;  // by label
};
std::string label_bars(const std::vector<LabelCounts>& splits);

struct Signal {
  std::string name;
  double measured = 0, threshold = 1;
};
// Each signal on its own line, measured in units of its threshold.
std::string threshold_lines(const std::vector<Signal>& signals);

// Which checks passed in which run; the oldest first.
struct PastRun {
  std::string started;               // "2026-11-26 18:36"
  std::map<std::string, bool> good;  // by check; what was not asked then is missing
};
std::string alarm_history(const std::vector<std::string>& checks, const std::vector<PastRun>& runs);

// How long each stage took, one line each; what was reused took nothing.
std::string stage_times(const engine::RunRecord& record);
// The stages as a graph, dependencies from left to right.
std::string stage_graph(const engine::RunRecord& record);

// Who each stage depends on, as positions in record.stages: by the names of its inputs, else by their digests.
std::vector<std::vector<size_t>> dependencies(const engine::RunRecord& record);

}  // namespace mlopsctl::cli::report
