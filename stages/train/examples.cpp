#include "stages/train/examples.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/plural.hpp"
#include "pipeline/base/random.hpp"

namespace mlopsctl::train {
namespace {

constexpr size_t kFewest = 100, kFewestPerLabel = 10, kMost = 10'000;

std::string listed(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "" : ", ") + label;
  return text;
}

Status all_labelled(const data::Rows& rows, const std::string& origin) {
  size_t without = 0, first = 0;
  for (size_t i = rows.size(); i-- > 0;)
    if (rows.label(i) < 0) ++without, first = i;
  if (without == 0) return {};
  return stage_error(std::to_string(without) + " of " + count_of(rows.size(), "row") + " of " + origin + (without == 1 ? " has" : " have") +
                     " no label, the first with id " + std::string(rows.id(first)))
      .with_hint("let preprocess set them aside: on_bad_row: reject");
}

}  // namespace

Result<std::vector<std::string>> labels_of(const data::Rows& rows, const std::string& origin) {
  TRY(all_labelled(rows, origin));
  std::vector<bool> seen(rows.info().labels.size(), false);
  for (size_t i = 0; i < rows.size(); ++i) seen[static_cast<size_t>(rows.label(i))] = true;
  std::vector<std::string> labels;
  for (size_t k = 0; k < seen.size(); ++k)
    if (seen[k]) labels.push_back(rows.info().labels[k]);
  if (rows.size() == 0) return stage_error(origin + " has no rows to train on");
  if (labels.size() < 2)
    return stage_error((rows.size() == 1 ? "the only row of " + origin + " has" : "all " + std::to_string(rows.size()) + " rows of " + origin + " have") +
                       " the label \"" + labels.front() + "\"; a classifier needs at least two labels");
  return labels;
}

Result<ml::Examples> examples_of(const data::Rows& rows, const std::vector<std::string>& labels, const std::string& origin) {
  TRY(all_labelled(rows, origin));
  std::vector<int> meaning;
  for (const std::string& label : rows.info().labels) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    meaning.push_back(found == labels.end() ? -1 : static_cast<int>(found - labels.begin()));
  }
  ml::Examples examples;
  std::map<std::string, size_t> unseen;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int label = meaning[static_cast<size_t>(rows.label(i))];
    if (label < 0) ++unseen[rows.info().labels[static_cast<size_t>(rows.label(i))]];
    examples.texts.push_back(rows.text(i));
    examples.labels.push_back(label);
  }
  if (unseen.empty()) return examples;
  std::vector<Error> faults;
  for (const auto& [label, count] : unseen) {
    Error fault = stage_error(std::to_string(count) + " of " + count_of(rows.size(), "row") + " of " + origin + (count == 1 ? " has" : " have") +
                              " the label \"" + label + "\", which never occurs in training; the model's labels: " + listed(labels));
    const auto near = nearest(label, labels);
    faults.push_back(std::move(fault).with_hint(near ? "rename it in preprocess: labels: {" + label + ": " + *near + "}"
                                                     : "add rows with this label to the training data, or drop them"));
  }
  Error result = std::move(faults.front());
  result.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
  return result;
}

std::optional<HeldOut> hold_out(const ml::Examples& examples, size_t labels, uint64_t seed) {
  std::vector<std::vector<size_t>> of_label(labels);
  for (size_t i = 0; i < examples.size(); ++i) of_label[static_cast<size_t>(examples.labels[i])].push_back(i);
  const auto rare = [](const auto& rows) { return rows.size() < kFewestPerLabel; };
  if (examples.size() < kFewest || std::any_of(of_label.begin(), of_label.end(), rare)) return std::nullopt;
  const size_t divisor = std::max<size_t>(10, (examples.size() + kMost - 1) / kMost);
  Random random(seed);
  std::vector<bool> out(examples.size(), false);
  for (std::vector<size_t>& rows : of_label) {
    random.shuffle(rows);
    for (size_t i = 0; i < std::max<size_t>(1, rows.size() / divisor); ++i) out[rows[i]] = true;
  }
  HeldOut result;
  for (size_t i = 0; i < examples.size(); ++i) {
    ml::Examples& side = out[i] ? result.held_out : result.rest;
    side.texts.push_back(examples.texts[i]);
    side.labels.push_back(examples.labels[i]);
  }
  return result;
}

}  // namespace mlopsctl::train
