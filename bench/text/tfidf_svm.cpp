// TF-IDF of words and pairs of words with a linear support vector machine, end to end: reads TRAIN and TEST (columns text and label, two
// labels), fits, scores TEST. usage: bench_tfidf_svm TRAIN TEST
// Output: one line "STEP SECONDS" per step, then "terms", "accuracy" and "peak_mib".
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "stages/data/rows.hpp"
#include "stages/data/table.hpp"
#include "stages/text/vectorizer.hpp"
#include "stages/train/liblinear.hpp"

namespace {

using namespace mlopsctl;

data::Rows read_rows(const std::string& path) {
  data::RowsBuilder builder({{"0", "1"}, Json::object(), path});
  Result<data::TableReader> reader = data::TableReader::open(path, {}, path);
  if (!reader.ok()) std::exit(3);
  const size_t text = reader->column("text").value(), label = reader->column("label").value();
  data::Record record;
  data::BadRecord bad;
  while (true) {
    const Result<data::Next> next = reader->next(record, bad);
    if (!next.ok() || *next == data::Next::bad) std::exit(3);
    if (*next == data::Next::end) return builder.finish();
    if (!builder.add("", record.fields[text], record.fields[label]).ok()) std::exit(3);
  }
}

class Watch {
 public:
  void lap(const char* step) {
    const auto now = std::chrono::steady_clock::now();
    std::printf("%s %.3f\n", step, std::chrono::duration<double>(now - begin_).count());
    begin_ = now;
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  Watch watch;
  const data::Rows train = read_rows(words[1]);
  watch.lap("read_train");
  Result<text::Vectorizer> vectorizer = text::Vectorizer::make({{"ngrams", {1, 2}}});
  Result<text::SparseRows> rows = vectorizer->fit_transform(train.texts(), CancelToken());
  if (!rows.ok()) return 3;
  watch.lap("vectorize_train");
  std::vector<bool> positive(train.size());
  for (size_t i = 0; i < train.size(); ++i) positive[i] = train.label(i) == 1;
  train::LinearFit fit;
  {
    const train::LinearProblem problem(std::move(*rows), vectorizer->size(), false);
    fit = problem.fit(positive, {}, 1, 1);
  }
  watch.lap("fit");
  const data::Rows test = read_rows(words[2]);
  watch.lap("read_test");
  const text::SparseRows scored = vectorizer->transform(test.texts());
  size_t right = 0;
  for (size_t row = 0; row < scored.rows(); ++row) {
    double sum = fit.bias;
    for (auto at = static_cast<size_t>(scored.offsets[row]); at < static_cast<size_t>(scored.offsets[row + 1]); ++at)
      sum += fit.weight[static_cast<size_t>(scored.columns[at])] * static_cast<double>(scored.values[at]);
    right += (sum > 0) == (test.label(row) == 1);
  }
  watch.lap("score");
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("terms %zu\naccuracy %.5f\npeak_mib %.0f\n", vectorizer->size(), static_cast<double>(right) / static_cast<double>(test.size()),
              static_cast<double>(usage.ru_maxrss) / 1024);
}
