#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cli/cmds.hpp"
#include "cli/labelled_rows.hpp"
#include "cli/models.hpp"
#include "cli/predict_files.hpp"
#include "cli/progress_line.hpp"
#include "cli/version.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/parallel.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::cli {

namespace {

constexpr size_t chunk_rows = 4096, chunk_bytes = size_t{8} << 20;  // whichever comes first
constexpr size_t most_faults_told = 20;

struct Chunk {
  std::vector<std::string> cells;    // rows x columns
  std::vector<std::string> objects;  // where they are written as they came
  std::vector<std::string_view> texts;
  size_t rows = 0, bytes = 0;
};

// Probabilities of the chunk's texts, shared out over `threads`; the result does not depend on how many.
Result<std::vector<float>> score(const ml::Model& model, const Chunk& chunk, unsigned threads, const CancelToken& cancel) {
  const std::span<const std::string_view> texts(chunk.texts);
  const size_t share = (texts.size() + threads - 1) / std::max(1u, threads);
  if (threads <= 1 || share == 0 || texts.size() < 64) return model.score_raw(texts, cancel);
  std::vector<std::optional<Result<std::vector<float>>>> parts((texts.size() + share - 1) / share);
  in_parallel(parts.size(), threads,
              [&](size_t i) { parts[i] = model.score_raw(texts.subspan(i * share, std::min(share, texts.size() - i * share)), cancel); });
  std::vector<float> all;
  for (auto& part : parts) {
    TRY_ASSIGN(const auto values, std::move(*part));
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// What is read of each row and what is written of it.
struct Columns {
  LabelledRows rows;
  size_t text = 0;           // of the input
  std::vector<size_t> kept;  // of the input, in this order
  bool confidence = true;
  bool objects = false;  // JSON Lines to JSON Lines: as they came, with the added members
};

class Prediction {
 public:
  Prediction(Session& session, const ml::Model& model, data::TableReader reader, LabelledFile sink, Rejects rejects, Columns columns)
      : session_(session), model_(model), reader_(std::move(reader)), sink_(std::move(sink)), rejects_(std::move(rejects)), columns_(std::move(columns)) {}

  Status run();

  int64_t rows() const { return done_; }
  int64_t rejected() const { return rejected_; }
  const std::map<std::string, int64_t>& labels() const { return labels_; }

 private:
  // The next record; of one that cannot be taken the fault is kept, and nothing comes of it.
  Result<data::Next> next(data::Record& record);
  Result<bool> fill(Chunk& chunk);  // false at the end
  Status skip(int64_t records, ProgressLine& progress);
  Status write(const Chunk& chunk, std::string out);
  void refuse(Error fault);
  void show(ProgressLine& progress);
  Error interrupted();

  Session& session_;
  const ml::Model& model_;
  data::TableReader reader_;
  LabelledFile sink_;
  Rejects rejects_;
  Columns columns_;
  int64_t taken_ = 0, done_ = 0, rejected_ = 0;  // taken: records read, good and bad
  std::map<std::string, int64_t> labels_;
  std::chrono::steady_clock::time_point begun_;
  double begun_at_ = 0;  // share of the input
  std::optional<Error> faults_;
};

void Prediction::refuse(Error fault) {
  if (!faults_) faults_ = std::move(fault);
  else if (faults_->also.size() + 1 < most_faults_told) faults_->also.push_back(std::move(fault));
}

Result<data::Next> Prediction::next(data::Record& record) {
  data::BadRecord bad;
  TRY_ASSIGN(const auto next, reader_.next(record, bad));
  if (next != data::Next::end) ++taken_;
  if (next != data::Next::bad) return next;
  ++rejected_;
  if (rejects_.wanted()) TRY(rejects_.add(bad));
  else refuse(std::move(bad.fault));
  return next;
}

Result<bool> Prediction::fill(Chunk& chunk) {
  const size_t width = reader_.columns().size();
  chunk.cells.clear();
  chunk.objects.clear();
  chunk.texts.clear();
  chunk.rows = chunk.bytes = 0;
  data::Record record;
  bool more = true;
  while (chunk.rows < chunk_rows && chunk.bytes < chunk_bytes) {
    TRY_ASSIGN(const auto found, next(record));
    if (found == data::Next::end) {
      more = false;
      break;
    }
    if (found == data::Next::bad) continue;
    for (const auto& field : record.fields) {
      chunk.cells.emplace_back(field);
      chunk.bytes += field.size();
    }
    if (columns_.objects) chunk.objects.emplace_back(record.object);
    ++chunk.rows;
  }
  for (size_t i = 0; i < chunk.rows; ++i) chunk.texts.push_back(chunk.cells[i * width + columns_.text]);
  return more;
}

// What a run before has written of: it is read again, which takes far less than scoring, and its bad rows are told again.
Status Prediction::skip(int64_t records, ProgressLine& progress) {
  data::Record record;
  constexpr int64_t between_looks = 4096;
  while (taken_ < records) {
    TRY_ASSIGN(const auto found, next(record));
    if (found == data::Next::end) break;
    if (taken_ % between_looks != 0) continue;
    if (session_.env().cancel.cancelled()) return interrupted();
    progress.show(reader_.progress(), "reading up to where the run before came");
  }
  return {};
}

Error Prediction::interrupted() {
  Error error;
  error.kind = ErrorKind::interrupted;
  error.message = sink_.streams() && done_ > 0 ? "interrupted after " + count_of(done_, "row") : "interrupted; nothing was written";
  if (sink_.batch() == nullptr) return error;
  const auto rows = sink_.batch()->keep();
  if (!rows || *rows == 0) return error;
  error.message = "interrupted after " + count_of(*rows, "row") + ", which are kept in " + sink_.batch()->partial().string();
  return std::move(error).with_hint("run the same command again to go on from there");
}

void Prediction::show(ProgressLine& progress) {
  const double seconds = std::chrono::duration<double>(session_.env().clock.steady() - begun_).count();
  const double share = reader_.progress(), made = share - begun_at_;
  std::string text = count_of(done_, "row");
  constexpr double soonest = 1;  // seconds: before, a guess is none
  if (seconds >= soonest && made > 0 && share < 1) text += ", " + human_duration(seconds * (1 - share) / made) + " left";
  progress.show(share, text);
}

Status Prediction::write(const Chunk& chunk, std::string out) {
  const auto threads = static_cast<unsigned>(session_.run_options().jobs);
  TRY_ASSIGN(const auto probabilities, score(model_, chunk, threads, session_.env().cancel));
  const auto& labels = model_.labels();
  const size_t width = reader_.columns().size();
  std::vector<std::string_view> fields;
  for (size_t i = 0; i < chunk.rows; ++i) {
    const auto from = probabilities.begin() + static_cast<std::ptrdiff_t>(i * labels.size());
    const auto best = std::max_element(from, from + static_cast<std::ptrdiff_t>(labels.size()));
    const std::string& label = labels[static_cast<size_t>(best - from)];
    char confidence[32];
    std::snprintf(confidence, sizeof confidence, "%.6f", static_cast<double>(*best));
    fields.clear();
    if (!columns_.objects)
      for (const size_t column : columns_.kept) fields.push_back(chunk.cells[i * width + column]);
    fields.push_back(label);
    if (columns_.confidence) fields.push_back(confidence);
    if (columns_.objects) columns_.rows.object(out, chunk.objects[i], fields);
    else columns_.rows.row(out, fields);
    ++labels_[label];
  }
  done_ += static_cast<int64_t>(chunk.rows);
  return sink_.write(std::move(out), {taken_, done_, labels_});
}

Status Prediction::run() {
  ProgressLine progress(session_.env().err, session_.err_screen(), session_.env().clock);
  std::string header;
  if (const BatchOutput* batch = sink_.batch(); batch != nullptr && batch->begin().records > 0) {
    session_.say("going on after " + count_of(batch->begin().rows, "row") + ", which a run before has left in " + batch->partial().string());
    for (const auto& [label, count] : batch->begin().labels.items()) labels_[label] = count;
    done_ = batch->begin().rows;
    TRY(skip(batch->begin().records, progress));
  } else {
    if (batch != nullptr && !batch->why_anew().empty())
      session_.say(batch->why_anew() + " since " + batch->partial().string() + " was written: beginning anew");
    columns_.rows.header(header);
  }
  begun_ = session_.env().clock.steady();
  begun_at_ = reader_.progress();
  Chunk chunk;
  for (bool more = true; more && !sink_.closed();) {
    if (session_.env().cancel.cancelled()) return interrupted();
    TRY_ASSIGN(more, fill(chunk));
    if (Status written; !faults_ && !(written = write(chunk, std::exchange(header, {}))))
      return written.error().kind == ErrorKind::interrupted ? interrupted() : std::move(written).error();
    show(progress);
  }
  if (faults_) {
    sink_.discard();
    const std::string written = sink_.streams() && done_ > 0 ? count_of(done_, "row") + " before it were written" : "nothing was written";
    faults_->notes.push_back(written + ": " + count_of(rejected_, "row") + " could not be read; --rejects FILE sets such rows aside");
    return std::move(*faults_);
  }
  TRY(rejects_.commit());
  return sink_.commit();
}

// All that decides what is written; empty where the input cannot be read a second time.
BatchOutput::Material material_of(const Arguments& arguments, const ModelPlace& place) {
  const std::string input = arguments.value("--input"), output = arguments.value("--output"), format = arguments.value("--format");
  if (std::error_code unseen; input == "-" || output == "-" || !std::filesystem::is_regular_file(input, unseen)) return {};
  Json options = {{"format", {table_format(format, input), table_format(format, output)}}, {"--no-confidence", arguments.has("--no-confidence")}};
  for (const char* flag : {"--delimiter", "--text-column", "--label-column", "--confidence-column", "--keep", "--rejects"})
    options[flag] = arguments.value(flag);
  const Json version = version_info();
  const Json program = {version["version"], version["commit"], version["dirty"]};
  return [input, place, options, program]() -> Result<Json> {
    TRY_ASSIGN(const Digest rows, digest_of_file(input));
    TRY_ASSIGN(const Digest model, digest_of(place));
    return Json{{"input", rows.str()}, {"model", model.str()}, {"options", options}, {"program", program}};
  };
}

// Which of the input's columns are written, and what is added to them.
Result<Columns> columns_of(const Arguments& arguments, const data::TableReader& reader, data::Format read, data::Format format) {
  TRY_ASSIGN(const size_t text, reader.column(arguments.value("--text-column"), "--text-column "));
  std::vector<size_t> kept;
  std::vector<std::string> names;
  if (std::string list = arguments.value("--keep"); !list.empty()) {
    for (size_t at = 0; at <= list.size();) {
      const size_t end = std::min(list.find(',', at), list.size());
      TRY_ASSIGN(const size_t column, reader.column(list.substr(at, end - at), "--keep "));
      if (std::find(kept.begin(), kept.end(), column) != kept.end())
        return usage_error("--keep names the column \"" + reader.columns()[column] + "\" twice", "name each column once");
      kept.push_back(column);
      at = end + 1;
    }
  } else {
    for (size_t i = 0; i < reader.columns().size(); ++i) kept.push_back(i);
  }
  const bool all = arguments.value("--keep").empty(), objects = all && read == format && format == data::Format::json_lines;
  for (const size_t column : kept) names.push_back(reader.columns()[column]);
  const bool confidence = !arguments.has("--no-confidence");
  for (const char* flag : {"--label-column", "--confidence-column"}) {
    if (!confidence && std::string_view(flag) == "--confidence-column") continue;
    const std::string name = arguments.value(flag);
    if (std::find(names.begin(), names.end(), name) != names.end())
      return usage_error("the column \"" + name + "\" is there already", "name the added column with " + std::string(flag));
    names.push_back(name);
  }
  return Columns{LabelledRows(format, std::move(names), confidence), text, std::move(kept), confidence, objects};
}

}  // namespace

Result<Answer> cmd_predict(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string input = arguments.value("--input"), output = arguments.value("--output"), format = arguments.value("--format");
  TRY(apart(arguments.value("--rejects"), input, output));
  if (output == "-" && session.json()) return usage_error("--json and --output - both want standard output", "write to a file: --output labelled.csv");
  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(const auto model, ml::Model::load(place.path, place.origin));

  data::TableOptions options;
  options.by_flags = true;
  TRY_ASSIGN(options.delimiter, delimiter_of(arguments));
  options.format = table_format(format, input);
  if (std::error_code unseen; input != "-" && !std::filesystem::exists(input, unseen) && !unseen)
    return usage_error("there is no file " + input, "name the rows to label: --input FILE, or --input - for standard input");
  TRY_ASSIGN(auto reader, data::TableReader::open(input == "-" ? "/dev/stdin" : input, options, input == "-" ? "standard input" : input));
  const auto written = format == "auto" && output == "-" ? options.format : table_format(format, output);
  TRY_ASSIGN(auto columns, columns_of(arguments, reader, options.format, written));
  data::Expected expected;
  expected.texts.push_back(columns.text);
  expected.no_other_keys = !columns.objects && arguments.value("--keep").empty();
  if (columns.objects) expected.absent.push_back(arguments.value("--label-column"));
  if (columns.objects && columns.confidence) expected.absent.push_back(arguments.value("--confidence-column"));
  reader.expect(std::move(expected));
  TRY_ASSIGN(auto sink, LabelledFile::open(output, material_of(arguments, place), session.env().out));
  TRY_ASSIGN(auto rejects, Rejects::open(arguments.value("--rejects")));
  Prediction prediction(session, model, std::move(reader), std::move(sink), std::move(rejects), std::move(columns));
  TRY(prediction.run());

  Json labels = Json::array();
  std::string counts;
  for (const auto& [label, count] : prediction.labels()) {
    labels.push_back({{"label", label}, {"rows", count}});
    counts += (counts.empty() ? ": " : ", ") + std::to_string(count) + " " + label;
  }
  Answer answer(Json{
      {"model", place.origin}, {"input", input}, {"output", output}, {"rows", prediction.rows()}, {"rejected", prediction.rejected()}, {"labels", labels}});
  answer.aside = output == "-";
  answer.line((output == "-" ? "" : "wrote " + output + ": ") + count_of(prediction.rows(), "row") + " labelled by " + place.origin + counts);
  if (prediction.rejected() > 0) answer.line(count_of(prediction.rejected(), "row") + " could not be read: " + arguments.value("--rejects"), Style::yellow);
  return answer;
}

}  // namespace mlopsctl::cli
