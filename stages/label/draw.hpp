// Which rows to label, so that few labels tell two models apart. Pure.
//
// Where both models name the same label, both are right or both are wrong: such a row has no part in the difference of their accuracies, whatever its label.
// So the labels go to rows where they differ, but for a few of the others, which the accuracies themselves need. Rows that differ are cut in two where it
// pays: those of which one model is probably right, and those where perhaps neither is; of the first a larger share is drawn (Neyman 1934). Within a stratum
// each row is as likely to be drawn as any other, so that its weight, rows / labelled, makes every sum unbiased (Horvitz & Thompson 1952).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::label {

struct PoolRow {
  std::string id;
  bool differ = false;    // the two models name different labels
  double discordant = 0;  // where they do: the chance that one of them is right, by their own probabilities
};

struct Stratum {
  std::string name;
  int64_t rows = 0, drawn = 0;
  double discordant = 0;  // mean chance that just one of the models is right
};

struct Draw {
  std::vector<Stratum> strata;  // of the rows that agree, then of those that differ; none of a stratum without rows
  struct Row {
    size_t row;  // of the pool
    size_t stratum;
  };
  std::vector<Row> rows;  // in an order that says nothing
};

// `rows` of the pool, a share `agreeing` of them where the models agree, at least one; all of them where there are no more. Which ones is settled by the seed
// and the ids alone: a larger draw of the same pool holds every smaller one.
Draw draw(const std::vector<PoolRow>& pool, int64_t rows, double agreeing, uint64_t seed);

// How many rows drawn evenly would tell as much of the difference, and the share of them that just one model is expected to get right.
struct Worth {
  double even_rows = 0, discordant = 0;
};
Worth worth_of(const std::vector<Stratum>& strata);

}  // namespace mlopsctl::label
