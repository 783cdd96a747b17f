#include "pipeline/k8s/rollout/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>

#include "pipeline/k8s/resources.hpp"
#include "pipeline/stats/detectable.hpp"
#include "pipeline/stats/proportion.hpp"
#include "pipeline/stats/two_sample.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr double confidence = 0.999;
constexpr int64_t fewest_to_fail = 100;      // a hiccup at the start is no failure
constexpr int64_t fewest_of_champion = 200;  // fewer texts of the champion say nothing of its labels

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", 100 * share);
  return text;
}

// `what` happened `bad` times in `all` requests of the candidate.
Verdict::Measure judge_share(const std::string& what, int64_t bad, int64_t all, double allowed, int64_t champion_bad, int64_t champion_all) {
  const auto seen = stats::wilson(bad, all, confidence);
  if (champion_all > 0) allowed = std::max(allowed, stats::wilson(champion_bad, champion_all, confidence).low);
  Verdict::Measure measure;
  measure.text = std::to_string(bad) + " " + what + " in " + std::to_string(all) + " requests (" + percent(seen.low) + " to " + percent(seen.high) + " %), " +
                 percent(allowed) + " % allowed";
  if (seen.high <= allowed) measure.outcome = Verdict::Outcome::pass;
  else if (seen.low > allowed && all >= fewest_to_fail) measure.outcome = Verdict::Outcome::fail;
  return measure;
}

// How many took longer than a bound of theirs; none where it is none.
int64_t slower(const Counts& counts, double bound) {
  const auto found = counts.within.find(bound);
  return found == counts.within.end() ? 0 : counts.within.rbegin()->second - found->second;
}
int64_t timed(const Counts& counts) { return counts.within.empty() ? 0 : counts.within.rbegin()->second; }

std::string in_seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds);
  return text;
}

// Times are known by the bounds of a histogram: by the first that is not below what is allowed.
Verdict::Measure judge_time(const Counts& ours, const Counts& theirs, double allowed) {
  const auto found = ours.within.lower_bound(allowed);
  if (timed(ours) > 0 && (found == ours.within.end() || std::isinf(found->first))) {
    const double longest = ours.within.size() < 2 ? 0 : std::next(ours.within.rbegin())->first;
    return {Verdict::Outcome::inconclusive,
            "answers after more than " + in_seconds(allowed) + " cannot be told apart: the metrics' longest time is " + in_seconds(longest)};
  }
  const double bound = timed(ours) > 0 ? found->first : allowed;
  // A champion whose metrics have other bounds says nothing of this one.
  const int64_t compared = theirs.within.contains(bound) ? timed(theirs) : 0;
  return judge_share("answers after more than " + in_seconds(bound), slower(ours, bound), timed(ours), 0.01, slower(theirs, bound), compared);
}

Verdict::Measure compare_mix(const Counts& ours, const Counts& theirs, double allowed) {
  if (ours.texts() == 0 || theirs.texts() < fewest_of_champion)
    return {Verdict::Outcome::inconclusive, "labels cannot be compared: " + std::to_string(ours.texts()) + " texts answered by the new model, " +
                                                std::to_string(theirs.texts()) + " by the old"};
  std::set<std::string> labels;
  for (const Counts* counts : {&ours, &theirs})
    for (const auto& [label, count] : counts->answered) labels.insert(label);
  std::vector<int64_t> first, second;
  const auto of = [](const Counts& counts, const std::string& label) {
    const auto found = counts.answered.find(label);
    return found == counts.answered.end() ? 0 : found->second;
  };
  for (const auto& label : labels) first.push_back(of(ours, label)), second.push_back(of(theirs, label));
  const auto test = stats::compare_categories(first, second);
  const double degrees = std::max(1.0, test.degrees), alpha = 1 - confidence;
  const double visible = stats::detectable_categories(ours.texts(), theirs.texts(), degrees, alpha);
  // What would show as often as not: by so much the difference may be due to chance.
  const double chance = stats::detectable_categories(ours.texts(), theirs.texts(), degrees, alpha, 0.5);
  Verdict::Measure measure;
  measure.text = "its labels differ from the old model's in " + percent(test.effect) + " % of " + std::to_string(ours.texts()) + " texts, " + percent(allowed) +
                 " % allowed, " + percent(visible) + " % would show";
  if (test.effect - chance > allowed && ours.texts() >= fewest_to_fail) measure.outcome = Verdict::Outcome::fail;
  else if (test.effect <= allowed && visible <= allowed) measure.outcome = Verdict::Outcome::pass;
  return measure;
}

// Beside what the old model answers meanwhile; where that is too little, beside the more that it answered before.
Verdict::Measure judge_mix(const Evidence& evidence, double allowed) {
  auto together = compare_mix(evidence.candidate, evidence.champion, allowed);
  if (together.outcome != Verdict::Outcome::inconclusive || evidence.champion_before.texts() <= evidence.champion.texts()) return together;
  return compare_mix(evidence.candidate, evidence.champion_before, allowed);
}

}  // namespace

Json to_json(const Gates& gates) {
  Json json{
      {"error_rate", gates.error_rate}, {"p99_seconds", gates.p99_seconds}, {"class_mix", gates.class_mix}, {"traffic", gates.traffic}, {"watch", gates.watch},
      {"start", gates.start},           {"patience", gates.patience}};
  if (gates.prometheus) json["prometheus"] = to_json(*gates.prometheus);
  return json;
}

Gates read_gates(const Json& json, Gates gates) {
  const auto real = [&](const char* key, double& value) {
    if (at(json, key).is_number()) value = at(json, key).get<double>();
  };
  real("error_rate", gates.error_rate);
  real("p99_seconds", gates.p99_seconds);
  real("class_mix", gates.class_mix);
  if (at(json, "traffic").is_boolean()) gates.traffic = at(json, "traffic").get<bool>();
  gates.watch = number_at(at(json, "watch"), gates.watch);
  gates.start = number_at(at(json, "start"), gates.start);
  gates.patience = number_at(at(json, "patience"), gates.patience);
  if (at(json, "prometheus").is_object()) gates.prometheus = read_prometheus(at(json, "prometheus"));
  return gates;
}

std::string Verdict::text() const {
  std::string all;
  for (const Measure& measure : measures)
    if (outcome == Verdict::Outcome::pass || measure.outcome == outcome) all += (all.empty() ? "" : "; ") + measure.text;
  return all;
}

Verdict judge(const Evidence& evidence, const Gates& gates) {
  Verdict verdict;
  if (!gates.traffic) {
    verdict.outcome = Verdict::Outcome::pass;
    verdict.measures.push_back({Verdict::Outcome::pass, "its pods are available; no requests were asked for"});
    return verdict;
  }
  const Counts &ours = evidence.candidate, &theirs = evidence.champion;
  if (!evidence.unread.empty() && ours.requests == 0) {
    verdict.measures.push_back({Verdict::Outcome::inconclusive, "its metrics cannot be read: " + evidence.unread});
    return verdict;
  }
  verdict.measures.push_back(judge_share("errors", ours.errors, ours.requests, gates.error_rate, theirs.errors, theirs.requests));
  verdict.measures.push_back(judge_time(ours, theirs, gates.p99_seconds));
  verdict.measures.push_back(judge_mix(evidence, gates.class_mix));
  const auto any = [&](Verdict::Outcome outcome) {
    return std::any_of(verdict.measures.begin(), verdict.measures.end(), [&](const auto& measure) { return measure.outcome == outcome; });
  };
  // What was counted so far may fail; it does not pass for what nobody has seen since.
  if (!evidence.missing.empty()) verdict.measures.push_back({Verdict::Outcome::inconclusive, "its metrics are missing: " + evidence.missing});
  verdict.outcome = any(Verdict::Outcome::fail)           ? Verdict::Outcome::fail
                    : any(Verdict::Outcome::inconclusive) ? Verdict::Outcome::inconclusive
                                                          : Verdict::Outcome::pass;
  return verdict;
}

}  // namespace mlopsctl::k8s
