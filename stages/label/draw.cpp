#include "stages/label/draw.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pipeline/base/digest.hpp"

namespace mlopsctl::label {
namespace {

// A number of its own for each row: which are drawn, and in which order they are shown.
struct Lot {
  uint64_t rank, place;
  size_t row;
};
Lot lot_of(const std::string& id, uint64_t seed, size_t row) {
  const auto bytes = Sha256().field("seed", std::to_string(seed)).field("id", id).finish().bytes();
  Lot lot{0, 0, row};
  for (size_t i = 0; i < 8; ++i) lot.rank = lot.rank << 8 | bytes[i], lot.place = lot.place << 8 | bytes[8 + i];
  return lot;
}

// Where cutting the rows that differ pays: their chances differ, and either part is large enough to be drawn from.
double cut_of(const std::vector<PoolRow>& pool) {
  constexpr size_t fewest = 20;
  constexpr double apart = 0.1;
  std::vector<double> chances;
  for (const PoolRow& row : pool)
    if (row.differ) chances.push_back(row.discordant);
  if (chances.size() < 2 * fewest) return 0;
  std::sort(chances.begin(), chances.end());
  const double median = chances[chances.size() / 2];
  const auto below = std::lower_bound(chances.begin(), chances.end(), median) - chances.begin();
  return static_cast<size_t>(below) >= fewest && chances[chances.size() * 9 / 10] - chances[chances.size() / 10] > apart ? median : 0;
}

// As many as wanted in all, each stratum in proportion to rows x sqrt(discordant), none beyond its rows, each at least one.
void allot(std::vector<Stratum*> strata, int64_t wanted) {
  double sum = 0;
  for (const Stratum* each : strata) sum += static_cast<double>(each->rows) * std::sqrt(each->discordant);
  for (Stratum* each : strata) {
    const double share = static_cast<double>(each->rows) * std::sqrt(each->discordant) / sum;
    each->drawn = std::clamp<int64_t>(std::llround(static_cast<double>(wanted) * share), 1, each->rows);
  }
  int64_t left = wanted;
  for (const Stratum* each : strata) left -= each->drawn;
  for (Stratum* each : strata) {
    const int64_t before = each->drawn;
    each->drawn = std::clamp<int64_t>(before + left, 1, each->rows);
    left -= each->drawn - before;
  }
}

}  // namespace

Draw draw(const std::vector<PoolRow>& pool, int64_t rows, double agreeing, uint64_t seed) {
  const double cut = cut_of(pool);
  std::vector<Stratum> kinds{
      {"both name the same label"}, {cut > 0 ? "they differ, perhaps neither is right" : "they differ"}, {"they differ, one is probably right"}};
  std::vector<std::vector<Lot>> lots(kinds.size());
  for (size_t i = 0; i < pool.size(); ++i) {
    const size_t kind = !pool[i].differ ? 0 : cut > 0 && pool[i].discordant >= cut ? 2 : 1;
    ++kinds[kind].rows;
    kinds[kind].discordant += pool[i].differ ? pool[i].discordant : 0;
    lots[kind].push_back(lot_of(pool[i].id, seed, i));
  }
  std::vector<Stratum*> differing;
  for (size_t kind = 1; kind < kinds.size(); ++kind)
    if (kinds[kind].rows > 0) kinds[kind].discordant /= static_cast<double>(kinds[kind].rows), differing.push_back(&kinds[kind]);

  const auto all = static_cast<int64_t>(pool.size());
  rows = std::min(rows, all);
  const int64_t differ = all - kinds[0].rows;
  const auto share = static_cast<int64_t>(std::llround(static_cast<double>(rows) * agreeing));
  kinds[0].drawn = std::min(kinds[0].rows, std::max({int64_t{1}, share, rows - differ}));
  allot(differing, std::min(differ, std::max<int64_t>(static_cast<int64_t>(differing.size()), rows - kinds[0].drawn)));

  Draw result;
  std::vector<std::pair<uint64_t, Draw::Row>> places;
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    if (kinds[kind].rows == 0) continue;
    auto& own = lots[kind];
    const auto end = own.begin() + kinds[kind].drawn;
    std::partial_sort(own.begin(), end, own.end(), [](const Lot& a, const Lot& b) { return std::pair(a.rank, a.row) < std::pair(b.rank, b.row); });
    for (auto lot = own.begin(); lot != end; ++lot) places.push_back({lot->place, {lot->row, result.strata.size()}});
    result.strata.push_back(kinds[kind]);
  }
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return std::pair(a.first, a.second.row) < std::pair(b.first, b.second.row); });
  for (const auto& place : places) result.rows.push_back(place.second);
  return result;
}

Worth worth_of(const std::vector<Stratum>& strata) {
  double all = 0, sum = 0, squares = 0;  // of weights: expected, over rows that just one gets right
  for (const Stratum& each : strata) {
    all += static_cast<double>(each.rows);
    if (each.drawn == 0) continue;
    const double weight = static_cast<double>(each.rows) / static_cast<double>(each.drawn);
    sum += weight * each.discordant * static_cast<double>(each.drawn);
    squares += weight * weight * each.discordant * static_cast<double>(each.drawn);
  }
  return sum == 0 ? Worth{} : Worth{all * sum / squares, sum / all};
}

}  // namespace mlopsctl::label
