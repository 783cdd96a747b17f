// The sample data that ships with the program: enough rows, the right labels, and written one by one rather than from templates.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "stages/data/table.hpp"
#include "tests/support/places.hpp"

namespace mlopsctl {
namespace {

constexpr size_t fewest_rows = 1200;
constexpr double most_alike = 0.5;  // Jaccard index of two texts' word trigrams

struct Row {
  std::string text, label, place;
};

std::vector<Row> sample() {
  std::vector<Row> rows;
  for (const char* domain : {"travel", "software", "restaurants"}) {
    const std::string path = testing::source_root() / "configs/data/feedback" / (std::string(domain) + ".csv");
    auto reader = data::TableReader::open(path, {}, path);
    EXPECT_TRUE(reader.ok()) << (reader.ok() ? "" : reader.error().message);
    if (!reader.ok()) continue;
    const auto text = reader->column("text"), label = reader->column("label");
    EXPECT_TRUE(text.ok() && label.ok());
    data::Record record;
    data::BadRecord bad;
    while (true) {
      const auto next = reader->next(record, bad);
      EXPECT_TRUE(next.ok());
      if (!next.ok() || *next == data::Next::end) break;
      EXPECT_EQ(*next, data::Next::record) << bad.fault.message;
      rows.push_back({std::string(record.fields[*text]), std::string(record.fields[*label]), std::string(domain) + ":" + std::to_string(record.line)});
    }
  }
  return rows;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80 || c == '\'') {
      word += static_cast<char>(std::tolower(byte));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

// Texts of fewer than three words are one trigram: themselves.
std::set<std::string> trigrams_of(const std::string& text) {
  const auto words = words_of(text);
  std::set<std::string> trigrams;
  for (size_t i = 0; i + 3 <= words.size(); ++i) trigrams.insert(words[i] + " " + words[i + 1] + " " + words[i + 2]);
  if (trigrams.empty()) {
    std::string all;
    for (const auto& word : words) all += word + " ";
    trigrams.insert(all.empty() ? text : all);
  }
  return trigrams;
}

TEST(FeedbackSample, HasEnoughDistinctRowsOfEveryLabel) {
  const auto rows = sample();
  std::set<std::string> texts;
  std::map<std::string, std::map<std::string, int>> labels;
  for (const auto& row : rows) {
    EXPECT_TRUE(texts.insert(row.text).second) << row.place << " stands twice: " << row.text;
    ++labels[row.place.substr(0, row.place.find(':'))][row.label];
  }
  EXPECT_GE(texts.size(), fewest_rows);
  ASSERT_EQ(labels.size(), 3u);
  for (const auto& [domain, counts] : labels) {
    EXPECT_EQ(counts.size(), 3u) << domain;
    for (const auto& [label, count] : counts) {
      EXPECT_TRUE(label == "positive" || label == "negative" || label == "neutral") << domain << ": " << label;
      EXPECT_GE(count, 50) << domain << ": " << label;
    }
  }
}

TEST(FeedbackSample, NoTwoTextsAreNearlyTheSame) {
  const auto rows = sample();
  std::vector<std::set<std::string>> trigrams;
  std::map<std::string, std::vector<size_t>> places;  // trigram -> rows that have it
  for (size_t i = 0; i < rows.size(); ++i) {
    trigrams.push_back(trigrams_of(rows[i].text));
    for (const auto& trigram : trigrams.back()) places[trigram].push_back(i);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    std::map<size_t, size_t> shared;  // with rows before this one
    for (const auto& trigram : trigrams[i]) {
      for (const size_t j : places[trigram]) {
        if (j < i) ++shared[j];
      }
    }
    for (const auto& [j, both] : shared) {
      const double alike = static_cast<double>(both) / static_cast<double>(trigrams[i].size() + trigrams[j].size() - both);
      EXPECT_LE(alike, most_alike) << rows[j].place << " and " << rows[i].place << ": " << rows[i].text;
    }
  }
}

}  // namespace
}  // namespace mlopsctl
