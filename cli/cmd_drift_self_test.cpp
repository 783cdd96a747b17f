#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/labelled_rows.hpp"
#include "cli/models.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/proportion.hpp"
#include "stages/drift/self_test.hpp"

namespace mlopsctl::cli {

namespace {

// The texts of a file, and their labels where there is such a column, as indices into the model's.
struct Texts {
  std::vector<std::string> texts;
  std::vector<int> given;
};
Result<Texts> read(const Arguments& arguments, const std::vector<std::string>& labels) {
  const std::string file = arguments.value("--input");
  data::TableOptions options;
  options.by_flags = true;
  options.format = table_format("auto", file);
  TRY_ASSIGN(auto reader, data::TableReader::open(file, options, file));
  TRY_ASSIGN(const size_t text, reader.column(arguments.value("--text-column"), "--text-column "));
  std::optional<size_t> label;
  if (arguments.has("--label-column")) { TRY_ASSIGN(label, reader.column(arguments.value("--label-column"), "--label-column ")); }
  Texts result;
  data::Record record;
  data::BadRecord bad;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) return result;
    if (next == data::Next::bad) return std::move(bad.fault);
    result.texts.emplace_back(record.fields[text]);
    if (!label) continue;
    const auto found = std::find(labels.begin(), labels.end(), record.fields[*label]);
    result.given.push_back(found == labels.end() ? -1 : static_cast<int>(found - labels.begin()));
  }
}

}  // namespace

Result<Answer> cmd_drift_self_test(Session& session) {
  const Arguments& arguments = session.arguments();
  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(const auto model, ml::Model::load(place.path, place.origin));
  TRY_ASSIGN(const int64_t trials, number_of(arguments, "--trials", 10, 100'000));
  TRY_ASSIGN(const Texts texts, read(arguments, model.labels()));
  const auto rows = static_cast<int64_t>(texts.texts.size());
  if (rows < 20) return usage_error(arguments.value("--input") + " has " + count_of(rows, "row") + "; a self-test deals at least 20", "give it more rows");
  int64_t window = rows / 3;
  if (arguments.has("--window")) { TRY_ASSIGN(window, number_of(arguments, "--window", 2, rows - 2)); }

  drift::Seen seen;
  seen.labels = model.labels();
  seen.texts.assign(texts.texts.begin(), texts.texts.end());
  seen.given = texts.given;
  TRY_ASSIGN(seen.probabilities, model.score_raw(seen.texts, session.env().cancel, &seen.unknown));
  TRY_ASSIGN(seen.content, train::content_of(model.classifier(), seen.texts, session.env().cancel));
  const drift::Thresholds thresholds;
  const drift::SelfTest found = drift::self_test(seen, window, static_cast<int>(trials), thresholds, 0);

  const auto share = [&](int count) { return static_cast<double>(count) / found.trials; };
  const stats::Interval interval = stats::wilson(found.significant, found.trials);
  // The chance of so many where the stated rate is the true one.
  const bool kept = 1 - stats::binomial_at_most(found.significant - 1, found.trials, thresholds.alpha) > 0.001;
  Json signals = Json::array();
  for (const auto& signal : found.signals)
    signals.push_back(
        {{"signal", signal.name}, {"alarms", share(signal.alarms)}, {"by_p_alone", share(signal.significant)}, {"detectable", signal.detectable}});
  Answer answer(Json{{"model", place.origin},
                     {"rows", rows},
                     {"window", window},
                     {"trials", found.trials},
                     {"alpha", thresholds.alpha},
                     {"alarms", share(found.alarms)},
                     {"by_p_alone", share(found.significant)},
                     {"interval_95", {{"low", interval.low}, {"high", interval.high}}},
                     {"kept", kept},
                     {"signals", std::move(signals)}});
  const auto percent = [](double value) { return shown(100 * value, "%.1f %%"); };
  answer.line("nothing changed " + count_of(found.trials, "time") + ": windows of " + count_of(window, "row") + " against the other " +
              std::to_string(rows - window) + ", dealt at random");
  answer.line(percent(share(found.alarms)) + " had an alarm, " + percent(share(found.significant)) + " by p alone (95 % interval " + percent(interval.low) +
                  " to " + percent(interval.high) + "); stated is " + percent(thresholds.alpha) + " at most" + (kept ? "" : ": more than chance explains"),
              kept ? Style::bold : Style::red);
  answer.table(
      "signals",
      {{"signal", "signal"}, {"alarms", "alarms", As::percent}, {"by_p_alone", "by p alone", As::percent}, {"detectable", "80 % seen from", As::number}});
  answer.exit_code = kept ? 0 : 1;
  return answer;
}

}  // namespace mlopsctl::cli
