#include "stages/train/profile.hpp"

#include <algorithm>
#include <set>

#include "stages/ml_api.hpp"

namespace mlopsctl::train {
namespace {

constexpr size_t kLongest = 10'000'000;  // everything longer shares the last bin

const std::vector<size_t>& bin_starts() {
  static const std::vector<size_t> starts = [] {
    std::vector<size_t> made;
    for (size_t start = 0; start <= kLongest; start = start < 64 ? start + 1 : start * 21 / 20) made.push_back(start);
    return made;
  }();
  return starts;
}

size_t words(std::string_view text) {
  size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    count += !space && !inside;
    inside = !space;
  }
  return count;
}

// A last block that is not full is left out.
std::vector<int64_t> repeats_of(std::span<const std::string_view> texts) {
  std::vector<int64_t> blocks(kBlock, 0);
  for (size_t begin = 0; begin + kBlock <= texts.size(); begin += kBlock) {
    const auto block = texts.subspan(begin, kBlock);
    ++blocks[kBlock - std::set<std::string_view>(block.begin(), block.end()).size()];
  }
  return blocks;
}

stats::Moments moments(std::span<const float> values) {
  stats::Moments result{static_cast<int64_t>(values.size()), 0, 0};
  if (values.empty()) return result;
  for (const float value : values) result.mean += static_cast<double>(value);
  result.mean /= static_cast<double>(values.size());
  for (const float value : values) result.variance += (static_cast<double>(value) - result.mean) * (static_cast<double>(value) - result.mean);
  result.variance = values.size() > 1 ? result.variance / static_cast<double>(values.size() - 1) : 0;
  return result;
}

Json lengths_to_json(const std::vector<int64_t>& counts) {
  Json result = Json::array();
  for (size_t bin = 0; bin < counts.size(); ++bin)
    if (counts[bin] > 0) result.push_back({length_bin_start(bin), counts[bin]});
  return result;
}

Json to_json(const stats::Moments& moments) {
  if (moments.n == 0) return nullptr;
  return {{"rows", moments.n}, {"mean", moments.mean}, {"variance", moments.variance}};
}

Json by_label(const std::vector<std::string>& labels, const std::vector<int64_t>& counts) {
  Json result = Json::object();
  for (size_t k = 0; k < counts.size(); ++k) result[labels[k]] = counts[k];
  return result;
}

// Reads one profile; every wrong part is one message.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  int64_t count(const Json& value, const std::string& name) {
    if (value.is_number_integer() && value >= 0) return value.get<int64_t>();
    return fail(name + " is no count"), 0;
  }
  std::vector<int64_t> counts_by_label(const std::string& name, const std::vector<std::string>& labels) {
    const Json value = json_.value(name, Json());
    std::vector<int64_t> counts;
    if (!value.is_object()) return fail(name + " is no mapping"), counts;
    for (const std::string& label : labels) counts.push_back(count(value.value(label, Json(0)), name + "." + label));
    return counts;
  }
  std::vector<int64_t> lengths(const std::string& name) {
    const Json value = json_.value(name, Json());
    std::vector<int64_t> counts(length_bins(), 0);
    if (!value.is_array()) return fail(name + " is no list"), counts;
    for (const Json& pair : value) {
      if (!pair.is_array() || pair.size() != 2) return fail(name + " holds something other than [length, rows]"), counts;
      counts[length_bin(static_cast<size_t>(count(pair[0], name)))] += count(pair[1], name);
    }
    return counts;
  }
  double number(const Json& value, const std::string& name) {
    if (value.is_number()) return value.get<double>();
    return fail(name + " is no number"), 0;
  }
  stats::Moments moments(const std::string& name) {
    const Json value = json_.value(name, Json());
    if (!value.is_object()) return {};
    return {count(value.value("rows", Json()), name + ".rows"), number(value.value("mean", Json()), name + ".mean"),
            number(value.value("variance", Json()), name + ".variance")};
  }
  void fail(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }
  const std::string& fault() const { return fault_; }

 private:
  const Json& json_;
  std::string fault_;
};

}  // namespace

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

size_t length_bins() { return bin_starts().size(); }
size_t length_bin_start(size_t bin) { return bin_starts()[bin]; }
size_t length_bin(size_t length) {
  const auto& starts = bin_starts();
  return static_cast<size_t>(std::upper_bound(starts.begin(), starts.end(), length) - starts.begin() - 1);
}

Profile measure_profile(std::string source, const std::vector<std::string>& labels, std::span<const std::string_view> texts,
                        std::span<const float> probabilities, std::span<const float> unknown, std::span<const int> given, Content content) {
  Profile profile;
  profile.content = std::move(content);
  profile.repeats = repeats_of(texts);
  profile.rows = static_cast<int64_t>(texts.size());
  profile.source = std::move(source);
  profile.labels = labels;
  profile.predicted.resize(labels.size());
  profile.characters.resize(length_bins());
  profile.tokens.resize(length_bins());
  profile.confidence.resize(kConfidenceBins);
  profile.unknown = moments(unknown);
  if (std::any_of(given.begin(), given.end(), [](int label) { return label >= 0; })) {
    profile.labelled.resize(labels.size());
    profile.confusion.resize(labels.size() * labels.size());
  }
  std::vector<float> surplus;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto row = probabilities.subspan(i * labels.size(), labels.size());
    const auto answer = static_cast<size_t>(ml::best(row));
    ++profile.predicted[answer];
    ++profile.confidence[std::min(kConfidenceBins - 1, static_cast<size_t>(row[answer] * static_cast<float>(kConfidenceBins)))];
    ++profile.characters[length_bin(code_points(texts[i]))];
    ++profile.tokens[length_bin(words(texts[i]))];
    if (given.empty() || given[i] < 0) continue;
    ++profile.labelled[static_cast<size_t>(given[i])];
    ++profile.confusion[static_cast<size_t>(given[i]) * labels.size() + answer];
    surplus.push_back((static_cast<size_t>(given[i]) == answer ? 1 : 0) - row[answer]);
  }
  profile.surplus = moments(surplus);
  return profile;
}

Json to_json(const Profile& profile) {
  Json json = {{"rows", profile.rows},
               {"source", profile.source},
               {"labels", profile.labels},
               {"predicted", by_label(profile.labels, profile.predicted)},
               {"labelled", profile.labelled.empty() ? Json() : by_label(profile.labels, profile.labelled)},
               {"characters", lengths_to_json(profile.characters)},
               {"tokens", lengths_to_json(profile.tokens)},
               {"confidence", profile.confidence},
               {"confusion", profile.confusion.empty() ? Json() : Json(profile.confusion)},
               {"surplus", to_json(profile.surplus)},
               {"content", to_json(profile.content)},
               {"repeats", profile.repeats},
               {"unknown_share", to_json(profile.unknown)}};
  return json;
}

Result<Profile> profile_from_json(const Json& json) {
  if (!json.is_object()) return stage_error("profile: no mapping");
  Reader reader(json);
  Profile profile;
  profile.rows = reader.count(json.value("rows", Json()), "rows");
  const Json source = json.value("source", Json()), labels = json.value("labels", Json());
  if (source.is_string()) profile.source = source.get<std::string>();
  else reader.fail("source is no text");
  if (!labels.is_array()) reader.fail("labels is no list");
  for (const Json& label : labels.is_array() ? labels : Json::array()) {
    if (label.is_string()) profile.labels.push_back(label.get<std::string>());
    else reader.fail("labels holds something other than text");
  }
  profile.predicted = reader.counts_by_label("predicted", profile.labels);
  if (!json.value("labelled", Json()).is_null()) profile.labelled = reader.counts_by_label("labelled", profile.labels);
  profile.characters = reader.lengths("characters");
  profile.tokens = reader.lengths("tokens");
  const Json confidence = json.value("confidence", Json());
  if (!confidence.is_array() || confidence.size() != kConfidenceBins) reader.fail("confidence is no list of " + std::to_string(kConfidenceBins) + " counts");
  else
    for (const Json& each : confidence) profile.confidence.push_back(reader.count(each, "confidence"));
  // Profiles of older models have none of these four.
  for (const Json& each : json.value("confusion", Json()).is_array() ? json["confusion"] : Json::array())
    profile.confusion.push_back(reader.count(each, "confusion"));
  if (!profile.confusion.empty() && profile.confusion.size() != profile.labels.size() * profile.labels.size()) reader.fail("confusion has other labels");
  profile.content = content_from_json(json.value("content", Json()));
  for (const Json& each : json.value("repeats", Json()).is_array() ? json["repeats"] : Json::array()) profile.repeats.push_back(reader.count(each, "repeats"));
  if (!profile.repeats.empty() && profile.repeats.size() != kBlock) reader.fail("repeats is no list of " + std::to_string(kBlock) + " counts");
  profile.surplus = reader.moments("surplus");
  profile.unknown = reader.moments("unknown_share");
  if (!reader.fault().empty()) return stage_error("profile: " + reader.fault());
  return profile;
}

}  // namespace mlopsctl::train
