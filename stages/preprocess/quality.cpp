#include "stages/preprocess/quality.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/base/plural.hpp"

namespace mlopsctl::preprocess {

namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", share * 100);
  return text;
}

std::map<std::string, int64_t> label_counts(const SourceRows& source, const Part& part) {
  std::map<std::string, int64_t> counts;
  for (const size_t i : part.rows) ++counts[std::string(source.rows[i].label)];
  return counts;
}

Json quantiles(std::vector<int64_t> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) { return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))]; };
  return {{"min", values.front()}, {"p05", at(.05)}, {"p50", at(.5)}, {"p95", at(.95)}, {"max", values.back()}};
}

int64_t count_words(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

int64_t count_code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string list(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

DuplicateCount remove_duplicates(const SourceRows& source, std::vector<Part>& parts, Dedupe policy) {
  DuplicateCount count;
  std::unordered_set<std::string_view> later;  // texts of the parts after this one
  for (size_t p = parts.size(); p-- > 0;) {
    Part& part = parts[p];
    std::unordered_set<std::string_view> seen;
    std::vector<size_t> kept;
    for (const size_t i : part.rows) {
      const std::string_view text = source.rows[i].text;
      const bool again = !seen.insert(text).second, leaked = later.contains(text);
      count.within += again ? 1 : 0;
      count.across += leaked ? 1 : 0;
      const bool drop = (again && policy != Dedupe::none) || (leaked && policy == Dedupe::across_splits);
      if (!drop) kept.push_back(i);
    }
    later.merge(seen);
    part.rows = std::move(kept);
  }
  return count;
}

Status check_quality(const SourceRows& source, const std::vector<Part>& parts, const DuplicateCount& duplicates, const Json& checks,
                     std::vector<std::string>& warnings) {
  std::vector<Error> faults;
  const auto fail = [&](std::string field, std::string message, std::string hint) {
    Error fault = stage_error(std::move(message));
    fault.field = "checks." + std::move(field);
    fault.hint = std::move(hint);
    faults.push_back(std::move(fault));
  };

  const auto min_rows = checks.value("min_rows", int64_t{1});
  for (const Part& part : parts)
    if (static_cast<int64_t>(part.rows.size()) < min_rows)
      fail("min_rows", "split \"" + part.name + "\" has " + count_of(part.rows.size(), "row") + "; expected at least " + std::to_string(min_rows),
           "give more rows, other split shares, or a lower checks.min_rows");

  const auto all = static_cast<double>(source.rows.size()) + static_cast<double>(source.rejects.size());
  const double null_share = all > 0 ? static_cast<double>(source.null_rows) / all : 0;
  const double max_null_share = checks.value("max_null_share", 1.0);
  if (null_share > max_null_share)
    fail("max_null_share", percent(null_share) + " of the rows have no text or no label; expected at most " + percent(max_null_share),
         "look at rejects.csv of an earlier run, or raise checks.max_null_share");

  if (const auto allowed = checks.find("allowed_labels"); allowed != checks.end() && allowed->is_array()) {
    std::set<std::string> known;
    for (const auto& label : *allowed) known.insert(label.get<std::string>());
    std::map<std::string, int64_t> unexpected;
    for (const Part& part : parts)
      for (const auto& [label, rows] : label_counts(source, part))
        if (!known.contains(label)) unexpected[label] += rows;
    for (const auto& [label, rows] : unexpected) {
      const auto near = nearest(label, {known.begin(), known.end()});
      fail("allowed_labels", "found label \"" + label + "\" in " + count_of(rows, "row") + "; expected one of " + list(known),
           near ? "if \"" + *near + "\" was meant, add labels: {" + label + ": " + *near + "} to the input"
                : "add it to checks.allowed_labels, or map it with `labels` of the input");
    }
  }

  if (duplicates.across > 0) {
    const std::string leakage = checks.value("leakage", "warn");
    const std::string message =
        count_of(duplicates.across, "row") + (duplicates.across == 1 ? " has" : " have") + " a text that also stands in a later split (leakage)";
    if (leakage == "fail") fail("leakage", message, "set dedupe: across_splits, or checks.leakage: warn");
    if (leakage == "warn") warnings.push_back(message);
  }

  if (faults.empty()) return {};
  Error first = std::move(faults.front());
  first.also.insert(first.also.end(), std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
  return first;
}

Json profile(const SourceRows& source, const std::vector<Part>& parts, const DuplicateCount& duplicates) {
  Json splits = Json::object();
  for (const Part& part : parts) {
    std::vector<int64_t> characters, words;
    for (const size_t i : part.rows) {
      characters.push_back(count_code_points(source.rows[i].text));
      words.push_back(count_words(source.rows[i].text));
    }
    const auto empty = std::count(characters.begin(), characters.end(), 0);
    splits[part.name] = {{"rows", part.rows.size()},
                         {"labels", label_counts(source, part)},
                         {"characters", quantiles(std::move(characters))},
                         {"words", quantiles(std::move(words))},
                         {"empty_after_cleaning", empty}};
  }
  return {{"format", "mlopsctl-profile-1"},
          {"splits", splits},
          {"rejected", source.rejects.size()},
          {"null_rows", source.null_rows},
          {"duplicates", {{"within_splits", duplicates.within}, {"across_splits", duplicates.across}}}};
}

}  // namespace mlopsctl::preprocess
