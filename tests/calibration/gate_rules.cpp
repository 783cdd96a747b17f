#include <algorithm>
#include <cmath>
#include <utility>

#include "stages/evaluate/contest.hpp"
#include "stages/evaluate/resampling.hpp"
#include "tests/calibration/rules.hpp"
#include "tests/calibration/simulate.hpp"

namespace mlopsctl::calibration {
namespace {

using engine::Outcome;
using evaluate::Contest;

Outcome verdict(const evaluate::Comparison& comparison, bool better, double margin) {
  return evaluate::decide_contest({"accuracy", 0, 0, true, better, margin, alpha}, comparison, {});
}

// Two models that are equally good on `classes` classes: each names the right label with its own confidence, which is as often right as it says; but the
// challenger is right `handicap` less often than that, or the champion, where it is negative.
struct Duel {
  std::vector<std::string> labels;
  evaluate::Judged challenger, champion;
};
Duel duel(Random& random, int64_t rows, int classes, bool probabilities, double handicap = 0) {
  Duel result;
  const auto k = static_cast<uint64_t>(classes);
  for (int c = 0; c < classes; ++c) result.labels.push_back(std::to_string(c));
  for (int64_t row = 0; row < rows; ++row) {
    const auto given = static_cast<int>(random.below(k));
    const double ease = random.uniform();  // what the two have in common
    for (evaluate::Judged* each : {&result.challenger, &result.champion}) {
      const double confidence = 0.55 + 0.43 * (0.7 * ease + 0.3 * random.uniform());
      const bool right = random.uniform() < confidence - std::max(0.0, each == &result.challenger ? handicap : -handicap);
      const int predicted = right ? given : static_cast<int>((static_cast<uint64_t>(given) + 1 + random.below(k - 1)) % k);
      each->given.push_back(given);
      each->predicted.push_back(predicted);
      each->right.push_back(right);
      if (probabilities)
        for (int c = 0; c < classes; ++c) each->probabilities.push_back(c == predicted ? confidence : (1 - confidence) / (classes - 1));
    }
  }
  return result;
}

bool needs_probabilities(const std::string& metric) { return metric != "macro_f1"; }

evaluate::Measured measured(const Duel& two, const evaluate::Judged& judged, const std::string& metric) {
  const auto metrics = needs_probabilities(metric) ? evaluate::measure(judged.given, judged.probabilities, two.labels.size())
                                                   : evaluate::measure_labels(judged.given, judged.predicted, two.labels.size());
  evaluate::Measured value{};
  find_metric(metrics, two.labels, metric, value);
  return value;
}

// How much worse the handicapped model is, on rows without end.
double true_loss(const std::string& metric, int classes, double handicap) {
  Random random(99);
  const Duel two = duel(random, 400'000, classes, needs_probabilities(metric), handicap);
  return std::abs(measured(two, two.challenger, metric).value - measured(two, two.champion, metric).value);
}

struct Claim {
  const char* text;
  bool better;
  double handicap;  // what makes it untrue, by a hair: its margin is what this costs
  Outcome wrong;
};
constexpr double handicap = 0.05;
constexpr Claim better{"better_than", true, 0, Outcome::pass}, better_by{"better_than, min_gain", true, -handicap, Outcome::pass},
    no_worse{"no_worse_than", false, handicap, Outcome::pass}, worse{"no_worse_than: says fail", false, handicap, Outcome::fail};

bool made(const Claim& claim, double margin, Random& random, const std::string& metric, int64_t rows, int classes) {
  const Duel two = duel(random, rows, classes, needs_probabilities(metric), claim.handicap);
  const auto challenger = measured(two, two.challenger, metric), champion = measured(two, two.champion, metric);
  const Contest contest{metric, challenger.value, champion.value, challenger.higher_is_better, claim.better, margin, alpha};
  stats::BootstrapOptions options;
  options.resamples = 1000;
  options.seed = random.below(1'000'000);
  const auto comparison = evaluate::compare(two.challenger.right, two.champion.right);
  const auto resampled = [&](const std::string& name, double confidence) {
    options.confidence = confidence;
    return evaluate::resampled_difference(name, two.challenger, two.labels, two.champion, two.labels, options);
  };
  return evaluate::decide_contest(contest, comparison, resampled) == claim.wrong;
}

// Is a claim ever made in so many looks, each at all rows so far?
bool made_at_a_look(Random& random, int looks, int64_t rows, double wins, double losses, bool better, double margin, Outcome wrong) {
  Contest contest{"accuracy", 0, 0, true, better, margin, alpha, true};
  evaluate::Comparison all;
  for (int look = 0; look < looks; ++look) {
    const auto seen = pairs(random, rows, wins, losses);
    all.rows += seen.rows, all.only_challenger += seen.only_challenger, all.only_champion += seen.only_champion;
    all.difference = static_cast<double>(all.only_challenger - all.only_champion) / static_cast<double>(all.rows);
    if (evaluate::decide_contest(contest, all, {}) == wrong) return true;
  }
  return false;
}

// A part of the pool: how many of 1,000 of its rows, what the two models do there, how many labels it gets.
struct Part {
  double share, wins, losses;
  int64_t labels;
};
// The labels of a sample as `label sample` draws it: so many of each part, whose size in a pool of 5,000 is chance; each stands for as many as it must.
evaluate::Comparison drawn(Random& random, const std::vector<Part>& parts) {
  std::vector<double> shares;
  for (const Part& part : parts) shares.push_back(part.share);
  const auto sizes = counts(random, shares, 5000);
  std::vector<char> challenger, champion;
  std::vector<double> weights;
  for (size_t i = 0; i < parts.size(); ++i) {
    const int64_t labels = std::min(parts[i].labels, sizes[i]);
    for (int64_t row = 0; row < labels; ++row) {
      const double said = random.uniform();
      const bool wins = said < parts[i].wins, losses = !wins && said < parts[i].wins + parts[i].losses;
      challenger.push_back(!losses);
      champion.push_back(!wins);
      weights.push_back(static_cast<double>(sizes[i]) / static_cast<double>(labels));
    }
  }
  return evaluate::compare(challenger, champion, weights);
}

}  // namespace

Section drawn_rules(bool full) {
  Section section{"Gates by rows drawn for labels, two models of which the claim is not so",
                  "`label sample` draws most of the labels where the models differ, from a pool of 5,000 rows; each row then weighs what it stands for. Rows: "
                  "labels. \"Other models\": the rows were drawn to tell other models apart, so that those at hand differ anywhere.",
                  {}};
  uint64_t seed = 3001;
  struct Case {
    const char *rule, *setting;
    bool better;
    double margin;
    std::function<std::vector<Part>(int64_t)> parts;
    Outcome wrong = Outcome::pass;
  };
  const auto alike = [](double differ, double wins) {
    return [=](int64_t rows) { return std::vector<Part>{{1 - differ, 0, 0, rows / 10}, {differ, wins, 1 - wins, rows - rows / 10}}; };
  };
  const std::vector<Case> cases{
      {"accuracy, better_than", "10 % differ, equal models", true, 0, alike(0.1, 0.5)},
      {"accuracy, better_than", "10 % differ, cut in two that cancel out", true, 0,
       [](int64_t rows) {
         return std::vector<Part>{{0.9, 0, 0, rows / 10}, {0.05, 0.6, 0.4, rows * 6 / 10}, {0.05, 0.15, 0.35, rows * 3 / 10}};
       }},
      {"accuracy, better_than", "other models, 4 % discordant anywhere", true, 0,
       [](int64_t rows) {
         return std::vector<Part>{{0.9, 0.02, 0.02, rows / 2}, {0.1, 0.02, 0.02, rows - rows / 2}};
       }},
      {"accuracy, better_than, min_gain 0.02", "10 % differ, gain 0.02", true, 0.02, alike(0.1, 0.6)},
      {"accuracy, no_worse_than, margin 0.01", "10 % differ, loss 0.01", false, 0.01, alike(0.1, 0.45)},
      {"accuracy, no_worse_than, margin 0.01", "1 % differ, all losses", false, 0.01, alike(0.01, 0)},
      {"accuracy, no_worse_than: says fail", "10 % differ, loss 0.01", false, 0.01, alike(0.1, 0.45), Outcome::fail},
  };
  for (const Case& each : cases)
    for (const int64_t rows : full ? std::vector<int64_t>{50, 100, 300, 1000} : std::vector<int64_t>{50}) {
      const int trials = full ? 2000 : 100;
      section.figures.push_back({each.rule, each.setting, rows, 0, Promise::at_most, alpha, trials, count_trials(trials, seed++, [&](Random& random) {
                                   return verdict(drawn(random, each.parts(rows)), each.better, each.margin) == each.wrong;
                                 })});
    }
  return section;
}

Section gate_rules(bool full) {
  Section section{
      "Gates, two models of which the claim is not so",
      "How often the gate makes the claim all the same. Of \"better\": the models are equally good, or the gain is just what is too little. Of \"no "
      "worse\": the loss is just what is too much.",
      {}};
  uint64_t seed = 1;
  const auto add = [&](std::string rule, std::string setting, int64_t rows, int classes, int trials, const std::function<bool(Random&)>& trial) {
    section.figures.push_back({std::move(rule), std::move(setting), rows, classes, Promise::at_most, alpha, trials, count_trials(trials, seed++, trial)});
  };
  const std::vector<int64_t> sizes = full ? std::vector<int64_t>{50, 100, 200, 500, 1000, 2000, 5000, 10'000, 20'000} : std::vector<int64_t>{50, 1000};
  for (const int64_t rows : sizes) {
    const int trials = full ? 4000 : 1000;
    for (const double discordant : {0.08, 0.25}) {
      const std::string share = discordant == 0.08 ? "8 % discordant" : "25 % discordant";
      add("accuracy, better_than", share, rows, 0, trials,
          [&](Random& random) { return verdict(pairs(random, rows, discordant / 2, discordant / 2), true, 0) == Outcome::pass; });
    }
    if (full && (rows == 100 || rows == 500 || rows == 2000 || rows == 10'000)) continue;  // what follows takes its time
    const int fewer = !full ? 60 : rows > 5000 ? 200 : 500;
    add("accuracy, better_than, min_gain 0.02", "8 % discordant, gain 0.02", rows, 0, fewer,
        [&](Random& random) { return verdict(pairs(random, rows, 0.05, 0.03), true, 0.02) == Outcome::pass; });
    add("accuracy, no_worse_than, margin 0.01", "8 % discordant, loss 0.01", rows, 0, fewer,
        [&](Random& random) { return verdict(pairs(random, rows, 0.035, 0.045), false, 0.01) == Outcome::pass; });
    add("accuracy, no_worse_than, margin 0.05", "5 % discordant, all losses", rows, 0, fewer,
        [&](Random& random) { return verdict(pairs(random, rows, 0, 0.05), false, 0.05) == Outcome::pass; });
    add("accuracy, no_worse_than: says fail", "8 % discordant, loss 0.01", rows, 0, fewer,
        [&](Random& random) { return verdict(pairs(random, rows, 0.035, 0.045), false, 0.01) == Outcome::fail; });
  }
  struct Repeated {
    const char *rule, *setting;
    double wins, losses;
    bool better;
    double margin;
    Outcome wrong;
  };
  for (const Repeated& each : {Repeated{"accuracy, better_than", "8 % discordant", 0.04, 0.04, true, 0, Outcome::pass},
                               {"accuracy, better_than, min_gain 0.02", "8 % discordant, gain 0.02", 0.05, 0.03, true, 0.02, Outcome::pass},
                               {"accuracy, no_worse_than, margin 0.01", "8 % discordant, loss 0.01", 0.035, 0.045, false, 0.01, Outcome::pass},
                               {"accuracy, no_worse_than, margin 0.01", "1 % discordant, all losses", 0, 0.01, false, 0.01, Outcome::pass},
                               {"accuracy, no_worse_than: says fail", "8 % discordant, loss 0.01", 0.035, 0.045, false, 0.01, Outcome::fail}})
    add(std::string(each.rule) + ", repeated", std::string(each.setting) + "; 30 looks, each 200 rows more", 6000, 0, full ? 1000 : 100,
        [&](Random& random) { return made_at_a_look(random, 30, 200, each.wins, each.losses, each.better, each.margin, each.wrong); });
  return section;
}

Section resampled_rules(bool full) {
  Section section{"Gates by resampling, two models of which the claim is not so",
                  "By paired bootstrap (BCa) of 1,000 draws and exchange of answers; ece by its bounds. Of \"better\": the models are equally good, or the "
                  "champion is right in 5 of 100 rows fewer than it believes and the gain that is too little is just what that costs on 400,000 rows. Of \"no "
                  "worse\": the challenger is, and the margin is.",
                  {}};
  uint64_t seed = 501;
  struct Setting {
    const Claim* claim;
    const char* metric;
    int classes;
    int64_t rows;
    int trials;
  };
  std::vector<Setting> settings{{&better, "macro_f1", 2, 50, 100}, {&no_worse, "ece", 2, 500, 400}};
  if (full) {
    settings = {
        {&better, "macro_f1", 2, 50, 1000},  {&better, "macro_f1", 5, 50, 1000},  {&better, "macro_f1", 50, 50, 500},   {&better, "macro_f1", 2, 200, 500},
        {&better, "macro_f1", 20, 200, 500}, {&better, "macro_f1", 50, 500, 200}, {&better, "macro_f1", 5, 1000, 200},  {&better, "macro_f1", 2, 20'000, 50},
        {&better, "roc_auc", 2, 50, 1000},   {&better, "roc_auc", 5, 500, 200},   {&better, "log_loss", 2, 50, 1000},   {&better, "log_loss", 50, 500, 200},
        {&better, "brier", 2, 50, 1000},     {&no_worse, "macro_f1", 2, 50, 500}, {&no_worse, "macro_f1", 5, 200, 500}, {&no_worse, "macro_f1", 5, 1000, 200},
        {&no_worse, "roc_auc", 2, 50, 500},  {&no_worse, "roc_auc", 2, 500, 500}, {&no_worse, "roc_auc", 5, 500, 200},  {&no_worse, "log_loss", 2, 200, 500},
        {&no_worse, "brier", 2, 200, 500},   {&worse, "macro_f1", 2, 200, 500},   {&worse, "log_loss", 2, 200, 500},    {&better_by, "brier", 2, 200, 500}};
    for (const Claim* claim : {&better, &better_by, &no_worse, &worse})
      for (const int64_t rows : {50, 100, 500, 1000, 5000, 20'000})
        for (const int classes : {2, 5}) settings.push_back({claim, "ece", classes, rows, rows > 5000 ? 500 : 2000});
  }
  for (const Setting& each : settings) {
    const double margin = each.claim->handicap == 0 ? 0 : true_loss(each.metric, each.classes, each.claim->handicap);
    char setting[48] = "equal models";
    if (margin > 0) std::snprintf(setting, sizeof setting, "%s by just %.4f", each.claim->handicap < 0 ? "better" : "worse", margin);
    section.figures.push_back(
        {std::string(each.metric) + ", " + each.claim->text, setting, each.rows, each.classes, Promise::at_most, alpha, each.trials,
         count_trials(each.trials, seed++, [&](Random& random) { return made(*each.claim, margin, random, each.metric, each.rows, each.classes); })});
  }
  return section;
}

}  // namespace mlopsctl::calibration
