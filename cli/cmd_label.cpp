#include <algorithm>
#include <set>

#include "cli/decisions.hpp"
#include "cli/label_commands.hpp"
#include "cli/labelled_rows.hpp"
#include "cli/models.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/paired.hpp"
#include "stages/data/faults.hpp"
#include "stages/label/import.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::cli {

namespace {

constexpr double alpha = 0.05, power = 0.8;  // of what the sample is said to show

struct Texts {
  std::vector<std::string> ids, texts;
};

// Ids are the file's, or made of the texts: the same text has the same one anywhere, its second occurrence one of its own. No spreadsheet takes
// them for numbers.
Result<Texts> read_texts(const Arguments& arguments) {
  const std::string file = arguments.value("--input");
  data::TableOptions options;
  options.by_flags = true;
  options.format = table_format("auto", file);
  TRY_ASSIGN(auto reader, data::TableReader::open(file, options, file));
  TRY_ASSIGN(const size_t text, reader.column(arguments.value("--text-column"), "--text-column "));
  std::optional<size_t> id;
  if (arguments.has("--id-column")) { TRY_ASSIGN(id, reader.column(arguments.value("--id-column"), "--id-column ")); }
  data::Expected expected;
  expected.texts.push_back(text);
  if (id) expected.scalars.push_back(*id);
  reader.expect(std::move(expected));
  Texts result;
  std::map<std::string, int64_t> seen;  // times, or the line of the first
  data::Record record;
  data::BadRecord bad;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) return result;
    if (next == data::Next::bad) return std::move(bad.fault);
    result.texts.emplace_back(record.fields[text]);
    std::string name = id ? std::string(record.fields[*id]) : "row-" + mlopsctl::digest_of(result.texts.back()).hex().substr(0, 12);
    const auto [first, is_new] = seen.emplace(name, id ? record.line : 1);
    if (!is_new && id)
      return data::row_fault(file, record.line, "the id \"" + name + "\" stands in line " + std::to_string(first->second) + " already")
          .with_hint("name a column whose values are all different, or leave --id-column out");
    if (!is_new) name += "-" + std::to_string(++first->second);
    result.ids.push_back(std::move(name));
  }
}

// The labels of two models that may know different ones, and where both have them.
struct Both {
  ml::Model champion, challenger;
  std::vector<std::string> labels;  // that both know
};

// Of each text: whether the two name different labels, and with which chance, by the mean of their probabilities, one of the two is right.
Result<std::vector<label::PoolRow>> pool_of(Texts& texts, const Both& both, const CancelToken& cancel) {
  const std::vector<std::string_view> views(texts.texts.begin(), texts.texts.end());
  TRY_ASSIGN(const auto first, both.champion.score_raw(views, cancel));
  TRY_ASSIGN(const auto second, both.challenger.score_raw(views, cancel));
  const auto probability = [](const ml::Model& model, const std::vector<float>& all, size_t row, const std::string& label) {
    const auto found = std::find(model.labels().begin(), model.labels().end(), label);
    const size_t at = row * model.labels().size() + static_cast<size_t>(found - model.labels().begin());
    return found == model.labels().end() ? 0.0 : static_cast<double>(all[at]);
  };
  const auto named = [](const ml::Model& model, const std::vector<float>& all, size_t row) -> const std::string& {
    const size_t width = model.labels().size();
    return model.labels()[static_cast<size_t>(ml::best(std::span(all).subspan(row * width, width)))];
  };
  std::vector<label::PoolRow> pool;
  for (size_t i = 0; i < views.size(); ++i) {
    label::PoolRow row;
    row.id = std::move(texts.ids[i]);
    const std::string &one = named(both.champion, first, i), &other = named(both.challenger, second, i);
    row.differ = one != other;
    if (row.differ)
      for (const std::string* each : {&one, &other})
        row.discordant += (probability(both.champion, first, i, *each) + probability(both.challenger, second, i, *each)) / 2;
    pool.push_back(std::move(row));
  }
  return pool;
}

Json strata_json(const label::Sample& sample) {
  Json strata = Json::array();
  const Json all = to_json(sample);
  for (const Json& each : all["strata"])
    strata.push_back({{"name", each["name"]}, {"rows", each["rows"]}, {"drawn", each["drawn"]}, {"chance", each["inclusion_probability"]}});
  return strata;
}

Status named_csv(const std::string& flag, const std::string& file) {
  if (table_format("auto", file) == data::Format::csv && !file.ends_with(".gz")) return {};
  return usage_error(flag + " " + file + " is written as CSV, and its name says otherwise", "name it FILE.csv");
}

// Nothing that may hold labels is overwritten, nor what says how the rows of another form were drawn: without that, labels cannot be imported.
Status writable(const std::string& output, const label::Sample& sample, int64_t rows) {
  std::error_code unseen;
  if (std::filesystem::exists(output, unseen)) return usage_error(output + " is there already and may hold labels", "name another file");
  const auto beside = label::sample_path(output);
  if (!std::filesystem::exists(beside, unseen)) return {};
  const auto there = label::read_sample(beside);
  if (there && there->name() == sample.name() && static_cast<int64_t>(there->rows.size()) <= rows) return {};
  return usage_error(beside.string() + " is there already, and labels may still come by it", "name another file");
}

}  // namespace

Result<Answer> cmd_label_sample(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string input = arguments.value("--input"), output = arguments.value("--output");
  TRY(named_csv("--output", output));
  TRY_ASSIGN(const int64_t rows, number_of(arguments, "--rows", 2, 10'000'000));
  TRY_ASSIGN(const int64_t seed, number_of(arguments, "--seed", 0, INT64_MAX));
  TRY_ASSIGN(const double agreeing, share_of(arguments, "--agreeing", 0, 1));
  TRY_ASSIGN(const auto champion, find_model(session, arguments.value("--champion")));
  TRY_ASSIGN(const auto challenger, find_model(session, arguments.value("--challenger")));
  label::Sample sample;
  sample.input = input;
  sample.seed = static_cast<uint64_t>(seed);
  TRY_ASSIGN(const Digest champion_digest, digest_of(champion));
  TRY_ASSIGN(const Digest challenger_digest, digest_of(challenger));
  sample.champion = champion_digest.str();
  sample.challenger = challenger_digest.str();
  if (champion_digest == challenger_digest)
    return usage_error("the champion and the challenger are one model, " + champion_digest.brief(), "name two: --champion and --challenger");
  TRY_ASSIGN(Texts texts, read_texts(arguments));
  TRY_ASSIGN(const Digest input_digest, digest_of_file(input));
  sample.input_digest = input_digest.str();
  TRY(writable(output, sample, rows));
  TRY_ASSIGN(auto first, ml::Model::load(champion.path, champion.origin));
  TRY_ASSIGN(auto second, ml::Model::load(challenger.path, challenger.origin));
  const Both both{std::move(first), std::move(second), {}};
  std::set_intersection(both.champion.labels().begin(), both.champion.labels().end(), both.challenger.labels().begin(), both.challenger.labels().end(),
                        std::back_inserter(sample.labels));
  if (sample.labels.empty())
    return config_error("the two models have no label in common, so no label could be right for both: " + list_of(both.champion.labels()) + " and " +
                        list_of(both.challenger.labels()))
        .with_hint("name two models of the same task");
  if (texts.texts.empty()) return config_error(input + " holds no row").with_hint("give it the rows that the models are to be compared on");
  TRY_ASSIGN(const auto pool, pool_of(texts, both, session.env().cancel));
  const auto differ = std::count_if(pool.begin(), pool.end(), [](const label::PoolRow& row) { return row.differ; });
  if (differ == 0)
    return refused_error("the two models name the same label for each of " + count_of(pool.size(), "row") + ": no label could tell them apart")
        .with_hint("give it more rows, or rows of another kind");

  const label::Draw drawn = label::draw(pool, rows, agreeing, sample.seed);
  sample.strata = drawn.strata;
  for (const auto& each : drawn.rows) sample.rows.push_back({pool[each.row].id, texts.texts[each.row], each.stratum});
  std::vector<std::filesystem::path> files;
  for (const std::string& file : arguments.values("--labels")) files.emplace_back(file);
  TRY_ASSIGN(const label::Known known, label::known_labels(files, sample));
  for (auto& row : sample.rows)
    if (const auto found = known.asked_by.find(row.id); found != known.asked_by.end()) row.asked_by = found->second;
  const std::string beside = label::sample_path(output).string();
  TRY(write_file_atomically(beside, pretty(to_json(sample))));
  TRY(write_file_atomically(output, label::form_of(sample, known)));

  const label::Worth worth = label::worth_of(sample.strata);
  const auto even_rows = static_cast<int64_t>(worth.even_rows);
  const double gain = stats::mcnemar_smallest_difference(even_rows, worth.discordant, alpha, power);
  const bool seen = gain < worth.discordant;
  const size_t filled_in = known.brought.size(), in_form = sample.rows.size() - known.here.size(), asked = in_form - filled_in;
  const std::string labels = !known.file.empty() ? known.file.string()
                             : files.empty()     ? "labels.csv"
                                                 : (files.front().parent_path() / ("labels-" + sample.name() + ".csv")).string();
  const double share = static_cast<double>(differ) / static_cast<double>(pool.size());
  Answer answer(Json{{"output", output},
                     {"sample_file", beside},
                     {"sample", sample.name()},
                     {"input_rows", pool.size()},
                     {"differ", differ},
                     {"drawn", sample.rows.size()},
                     {"asked", asked},
                     {"filled_in", filled_in},
                     {"labels_file", labels},
                     {"labels", sample.labels},
                     {"even_rows", even_rows},
                     {"expected_discordant", worth.discordant},
                     {"smallest_gain", seen ? Json(gain) : Json()},
                     {"strata", strata_json(sample)}});
  const std::string to_label = filled_in > 0 ? count_of(in_form, "row") + ", " + std::to_string(asked) + " of them to label"
                                             : count_of(asked, "row") + " of " + std::to_string(pool.size()) + " to label";
  answer.line(
      "wrote " + output + ": " +
          (asked == 0 ? count_of(in_form, "row") + ", all of them labelled" : to_label + "; write one of " + list_of(sample.labels) + " into its column label"),
      Style::bold);
  if (filled_in > 0)
    answer.line(count_of(filled_in, "label") + (filled_in == 1 ? " of another sample is" : " of other samples are") + " filled in, of the same texts");
  if (known.unknown > 0) answer.line(count_of(known.unknown, "label") + " of other samples left out: not both models know them");
  for (const auto& file : known.absent) answer.line(file.string() + " is not there yet: no label comes from it", Style::yellow);
  answer.line("the models name different labels for " + count_of(differ, "row") + " (" + shown(100 * share, "%.1f") +
              " %); the labels will tell as much of their difference as " + std::to_string(even_rows) + " of rows drawn evenly");
  answer.line(seen ? "a gain in accuracy of " + shown(gain) + " would be seen in 80 of 100 cases (alpha " + brief(alpha) + ", by the models' own probabilities)"
                   : "so few labels show no gain in 80 of 100 cases: ask for more rows");
  answer.table("strata",
               {{"name", "where", As::text, true}, {"rows", "rows", As::integer}, {"drawn", "drawn", As::integer}, {"chance", "chance", As::percent}});
  answer.line("then: mlopsctl label import " + output + " --labels " + labels);
  return answer;
}

Result<Answer> cmd_label_import(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string filled = arguments.positional("FILE"), file = arguments.value("--labels");
  std::error_code unseen;
  if (std::filesystem::weakly_canonical(filled, unseen) == std::filesystem::weakly_canonical(file, unseen))
    return usage_error("--labels " + file + " is the file that was filled in", "name the file that collects the labels: --labels labels.csv");
  TRY(named_csv("--labels", file));
  TRY_ASSIGN(const label::Sample sample,
             label::read_sample(arguments.has("--sample") ? std::filesystem::path(arguments.value("--sample")) : label::sample_path(filled)));
  data::TableOptions options;
  options.by_flags = true;
  options.format = table_format("auto", filled);
  TRY_ASSIGN(options.delimiter, delimiter_of(arguments));
  // Two at once would each write what the other does not know of.
  const std::filesystem::path locks = std::filesystem::path(project_state) / "locks";
  TRY(make_folders(locks));
  TRY_ASSIGN(const FileLock lock, FileLock::lock(locks / "labels.lock", FileLock::Mode::exclusive));
  TRY_ASSIGN(const label::Imported imported, label::import_labels(filled, options, sample, file));
  if (imported.added > 0 || !std::filesystem::exists(file, unseen)) TRY(write_file_atomically(file, imported.csv));
  double stands_for = 0;
  for (const auto& stratum : sample.strata) stands_for += static_cast<double>(stratum.rows);
  Answer answer(Json{{"labels", file},
                     {"sample", sample.name()},
                     {"added", imported.added},
                     {"known", imported.known},
                     {"empty", imported.empty},
                     {"rows", imported.rows},
                     {"drawn", sample.rows.size()},
                     {"stands_for", stands_for}});
  answer.line(file + ": " + count_of(imported.added, "label") + " added, " + std::to_string(imported.known) + " known already, " +
                  std::to_string(imported.empty) + " still empty",
              Style::bold);
  answer.line(count_of(imported.rows, "labelled row") + " of " + std::to_string(sample.rows.size()) + " drawn stand for " + shown(stands_for, "%.0f"));
  answer.line("judge by them, as an input of the evaluate stage: {path: " + file + ", text: text, label: label, id: id, weight: weight}");
  return answer;
}

}  // namespace mlopsctl::cli
