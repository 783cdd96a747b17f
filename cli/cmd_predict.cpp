#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "cli/cmds.hpp"
#include "cli/labelled_rows.hpp"
#include "cli/models.hpp"
#include "cli/progress_line.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/parallel.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::cli {

namespace {

constexpr size_t chunk_rows = 4096, chunk_bytes = size_t{8} << 20;  // whichever comes first
constexpr size_t most_faults_told = 20;

Error usage_error(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::usage;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

// Either an atomic file or the program's answer on stdout.
class Sink {
 public:
  static Result<Sink> open(const std::string& path, Output& out) {
    Sink sink(path == "-" ? &out : nullptr);
    if (path != "-") {
      const std::filesystem::path target(path);
      sweep_temporaries(target.has_parent_path() ? target.parent_path() : ".", target.filename().string() + ".");
      TRY_ASSIGN(auto file, AtomicFile::create(path));
      sink.file_.emplace(std::move(file));
    }
    return sink;
  }
  Status write(std::string_view bytes) {
    if (file_) return file_->write(bytes);
    out_->write(bytes);
    if (out_->error_number() != 0) return io_error("write to", "standard output", out_->error_number());
    return {};
  }
  Status commit() { return file_ ? file_->commit() : Status(); }
  bool closed() const { return out_ != nullptr && out_->closed(); }

 private:
  explicit Sink(Output* out) : out_(out) {}
  Output* out_;
  std::optional<AtomicFile> file_;
};

struct Chunk {
  std::vector<std::string> cells;  // rows x columns
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

class Prediction {
 public:
  Prediction(Session& session, const ml::Model& model, data::TableReader reader, Sink sink, LabelledRows rows, size_t text_column)
      : session_(session), model_(model), reader_(std::move(reader)), sink_(std::move(sink)), rows_(std::move(rows)), text_column_(text_column) {}

  Status run(const std::string& rejects_file);

  int64_t rows() const { return done_; }
  int64_t rejected() const { return rejected_; }
  const std::map<std::string, int64_t>& labels() const { return labels_; }

 private:
  Result<bool> fill(Chunk& chunk, std::string& rejects);  // false at the end
  Status write(const Chunk& chunk);
  void refuse(Error fault);

  Session& session_;
  const ml::Model& model_;
  data::TableReader reader_;
  Sink sink_;
  LabelledRows rows_;
  size_t text_column_;
  bool keep_rejects_ = false;
  int64_t done_ = 0, rejected_ = 0;
  std::map<std::string, int64_t> labels_;
  std::optional<Error> faults_;
};

void Prediction::refuse(Error fault) {
  if (!faults_) faults_ = std::move(fault);
  else if (faults_->also.size() + 1 < most_faults_told) faults_->also.push_back(std::move(fault));
}

Result<bool> Prediction::fill(Chunk& chunk, std::string& rejects) {
  const size_t width = reader_.columns().size();
  chunk.cells.clear();
  chunk.texts.clear();
  chunk.rows = chunk.bytes = 0;
  data::Record record;
  data::BadRecord bad;
  bool more = true;
  while (chunk.rows < chunk_rows && chunk.bytes < chunk_bytes) {
    TRY_ASSIGN(const auto next, reader_.next(record, bad));
    if (next == data::Next::end) {
      more = false;
      break;
    }
    if (next == data::Next::bad) {
      ++rejected_;
      if (keep_rejects_) {
        const auto& span = bad.fault.span;
        data::append_csv(rejects, {std::to_string(span ? span->line : 0), std::to_string(span ? span->column : 0), bad.fault.message, bad.raw});
      } else {
        refuse(std::move(bad.fault));
      }
      continue;
    }
    for (const auto& field : record.fields) {
      chunk.cells.emplace_back(field);
      chunk.bytes += field.size();
    }
    ++chunk.rows;
  }
  for (size_t i = 0; i < chunk.rows; ++i) chunk.texts.push_back(chunk.cells[i * width + text_column_]);
  return more;
}

Status Prediction::write(const Chunk& chunk) {
  const auto threads = static_cast<unsigned>(session_.run_options().jobs);
  TRY_ASSIGN(const auto probabilities, score(model_, chunk, threads, session_.env().cancel));
  const auto& labels = model_.labels();
  const size_t width = reader_.columns().size();
  std::string out;
  std::vector<std::string_view> fields;
  for (size_t i = 0; i < chunk.rows; ++i) {
    const auto from = probabilities.begin() + static_cast<std::ptrdiff_t>(i * labels.size());
    const auto best = std::max_element(from, from + static_cast<std::ptrdiff_t>(labels.size()));
    const std::string& label = labels[static_cast<size_t>(best - from)];
    char confidence[32];
    std::snprintf(confidence, sizeof confidence, "%.6f", static_cast<double>(*best));
    fields.assign(chunk.cells.begin() + static_cast<std::ptrdiff_t>(i * width), chunk.cells.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    fields.push_back(label);
    fields.push_back(confidence);
    rows_.row(out, fields);
    ++labels_[label];
  }
  done_ += static_cast<int64_t>(chunk.rows);
  return sink_.write(out);
}

Status Prediction::run(const std::string& rejects_file) {
  keep_rejects_ = !rejects_file.empty();
  std::string rejects = "line,column,reason,raw\n";
  ProgressLine progress(session_.env().err, session_.err_screen(), session_.env().clock);
  std::string header;
  rows_.header(header);
  TRY(sink_.write(header));
  Chunk chunk;
  for (bool more = true; more && !sink_.closed();) {
    if (session_.env().cancel.cancelled()) {
      Error error;
      error.kind = ErrorKind::interrupted;
      error.message = "interrupted; nothing was written";
      return error;
    }
    TRY_ASSIGN(more, fill(chunk, rejects));
    if (!faults_) TRY(write(chunk));
    progress.show(reader_.progress(), count_of(done_, "row"));
  }
  if (faults_) {
    faults_->notes.push_back("nothing was written: " + count_of(rejected_, "row") + " could not be read; --rejects FILE sets such rows aside");
    return std::move(*faults_);
  }
  if (rejected_ > 0) TRY(write_file_atomically(rejects_file, rejects));
  return sink_.commit();
}

}  // namespace

Result<Answer> cmd_predict(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string input = arguments.value("--input"), output = arguments.value("--output"), format = arguments.value("--format");
  if (output == "-" && session.json()) return usage_error("--json and --output - both want standard output", "write to a file: --output labelled.csv");
  TRY_ASSIGN(const auto place, find_model(session, arguments.value("--model")));
  TRY_ASSIGN(const auto model, ml::Model::load(place.path, place.origin));

  data::TableOptions options;
  options.format = table_format(format, input);
  if (std::error_code unseen; input != "-" && !std::filesystem::exists(input, unseen) && !unseen)
    return usage_error("there is no file " + input, "name the rows to label: --input FILE, or --input - for standard input");
  TRY_ASSIGN(auto reader, data::TableReader::open(input == "-" ? "/dev/stdin" : input, options, input == "-" ? "standard input" : input));
  TRY_ASSIGN(const auto text_column, reader.column(arguments.value("--text-column"), "--text-column "));
  reader.expect_scalar(text_column);
  std::vector<std::string> columns = reader.columns();
  for (const char* flag : {"--label-column", "--confidence-column"}) {
    const std::string name = arguments.value(flag);
    if (std::find(columns.begin(), columns.end(), name) != columns.end())
      return usage_error("the column \"" + name + "\" is there already", "name the added column with " + std::string(flag));
    columns.push_back(name);
  }
  TRY_ASSIGN(auto sink, Sink::open(output, session.env().out));
  LabelledRows rows(format == "auto" && output == "-" ? options.format : table_format(format, output), columns);
  Prediction prediction(session, model, std::move(reader), std::move(sink), std::move(rows), text_column);
  TRY(prediction.run(arguments.value("--rejects")));

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
