// What a window of texts looks like to a model: stored with the model when it is trained, measured again on later windows, compared by drift.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/stats/two_sample.hpp"
#include "stages/train/content.hpp"

namespace mlopsctl::train {

// Bins of lengths: one per value up to 63, then each 5 % wider than the last; the same in every profile.
size_t length_bin(size_t length);
size_t length_bins();
size_t length_bin_start(size_t bin);

// Unicode code points of UTF-8.
size_t code_points(std::string_view text);

constexpr size_t kConfidenceBins = 20;
constexpr size_t kBlock = 50;  // so that the share of rows that repeat another does not grow with the window

struct Profile {
  int64_t rows = 0;
  std::string source;               // what was measured: "validation", "held out", "train", or the input's name
  std::vector<std::string> labels;  // the model's
  std::vector<int64_t> predicted;   // rows per predicted label
  std::vector<int64_t> labelled;    // rows per given label; empty when rows have none
  std::vector<int64_t> characters;  // rows per length bin; Unicode code points of the cleaned text
  std::vector<int64_t> tokens;      // rows per length bin; white-space separated
  std::vector<int64_t> confidence;  // rows per bin of the highest probability, [0, 1] in kConfidenceBins
  std::vector<int64_t> confusion;   // rows per given and predicted label, given x predicted; empty when rows have none
  stats::Moments surplus;           // of being right (1 or 0) less the confidence, over labelled rows; n = 0 when there are none
  Content content;                  // of some rows; empty in profiles of older models
  std::vector<int64_t> repeats;     // blocks of kBlock rows, as they come, by how many of them repeat an earlier one; empty in profiles of older models
  stats::Moments unknown;           // of the share of tokens not in the vocabulary; n = 0 when the family has no such notion
};

// `probabilities`: texts x labels. `unknown` may be empty. `given`: label per text as an index (-1: none), or empty. `content`: what is kept of the texts'.
Profile measure_profile(std::string source, const std::vector<std::string>& labels, std::span<const std::string_view> texts,
                        std::span<const float> probabilities, std::span<const float> unknown, std::span<const int> given, Content content = {});

// Histograms of lengths are written as [[first length of the bin, rows], ...] without empty bins.
Json to_json(const Profile& profile);
Result<Profile> profile_from_json(const Json& json);

}  // namespace mlopsctl::train
