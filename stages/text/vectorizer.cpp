#include "stages/text/vectorizer.hpp"

#include <algorithm>
#include <cmath>

#include "stages/text/counter.hpp"
#include "stages/text/parallel.hpp"
#include "stages/text/row_maker.hpp"
#include "stages/text/tokenizer.hpp"
#include "stages/text/vocabulary.hpp"

namespace mlopsctl::text {

namespace {

void append_rows(SparseRows& all, const SparseRows& part) {
  const int64_t shift = all.offsets.back();
  for (size_t row = 1; row < part.offsets.size(); ++row) all.offsets.push_back(part.offsets[row] + shift);
  all.columns.insert(all.columns.end(), part.columns.begin(), part.columns.end());
  all.values.insert(all.values.end(), part.values.begin(), part.values.end());
}

bool all_kept(const KeptTerms& kept) {
  return std::all_of(kept.begin(), kept.end(), [](const auto& level) { return std::find(level.begin(), level.end(), 0) == level.end(); });
}

// ln((1 + rows) / (1 + documents)) + 1: scikit-learn's smooth_idf.
std::vector<double> inverse_document_frequencies(const CountedTexts& counted) {
  std::vector<double> idf(counted.vocabulary.size());
  const auto rows = static_cast<double>(counted.rows());
  for (size_t n = 0; n < counted.document_counts.size(); ++n)
    for (size_t id = 0; id < counted.document_counts[n].size(); ++id)
      if (const uint32_t column = counted.vocabulary.columns[n][id]; column != no_column)
        idf[column] = std::log((1.0 + rows) / (1.0 + counted.document_counts[n][id])) + 1.0;
  return idf;
}

}  // namespace

struct Vectorizer::Impl {
  Json params;
  VectorizerOptions options;
  Vocabulary vocabulary;
  std::vector<double> idf;

  SparseRows training_rows(const CountedTexts& counted, const CancelToken& cancel) const;
};

SparseRows Vectorizer::Impl::training_rows(const CountedTexts& counted, const CancelToken& cancel) const {
  SparseRows rows;
  size_t entries = 0;
  for (size_t n = 0; n < counted.document_counts.size(); ++n)
    for (size_t id = 0; id < counted.document_counts[n].size(); ++id)
      if (counted.vocabulary.columns[n][id] != no_column) entries += counted.document_counts[n][id];
  rows.offsets.reserve(counted.rows() + 1);
  rows.columns.reserve(entries);
  rows.values.reserve(entries);
  const auto make = [&](size_t, size_t first, size_t last) {
    SparseRows part;
    RowMaker maker(options, idf, counted.vocabulary.size());
    std::vector<uint32_t> hits;
    for (size_t row = first; row < last && !cancel.cancelled(); ++row) {
      counted.for_row(row, options.shortest, [&](size_t n, uint32_t id) {
        if (const uint32_t column = counted.vocabulary.columns[n][id]; column != no_column) hits.push_back(column);
      });
      maker.append(hits, part);
    }
    return part;
  };
  in_chunks(counted.rows(), worker_count(counted.rows()), make, [&](const SparseRows& part, size_t, size_t) {
    append_rows(rows, part);
    return !cancel.cancelled();
  });
  return rows;
}

Vectorizer::Vectorizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vectorizer::~Vectorizer() = default;
Vectorizer::Vectorizer(Vectorizer&&) noexcept = default;
Vectorizer& Vectorizer::operator=(Vectorizer&&) noexcept = default;

Result<Vectorizer> Vectorizer::make(const Json& params) {
  auto impl = std::make_unique<Impl>();
  TRY_ASSIGN(impl->options, read_vectorizer_options(params));
  impl->params = params;
  return Vectorizer(std::move(impl));
}

Result<SparseRows> Vectorizer::fit_transform(std::span<const std::string_view> texts, const CancelToken& cancel) {
  const VectorizerOptions& options = impl_->options;
  TRY_ASSIGN(CountedTexts counted, count_texts(texts, options, cancel));
  TRY_ASSIGN(const KeptTerms kept, choose_terms(counted, options));
  impl_->idf = options.weighting == Weighting::tfidf ? inverse_document_frequencies(counted) : std::vector<double>();
  SparseRows rows = impl_->training_rows(counted, cancel);
  if (cancel.cancelled()) {
    Error error;
    error.kind = ErrorKind::interrupted;
    error.message = "interrupted while weighting terms";
    return error;
  }
  if (all_kept(kept)) {
    impl_->vocabulary = std::move(counted.vocabulary);
    finish_tables(impl_->vocabulary);
    return rows;
  }
  // What was counted but not kept goes: the tables are made anew from the terms, as load() makes them.
  std::string bytes = std::move(counted.vocabulary.bytes);
  std::vector<uint64_t> offsets = std::move(counted.vocabulary.offsets);
  counted = {};
  TRY_ASSIGN(impl_->vocabulary, vocabulary_of(std::move(bytes), std::move(offsets), options.shortest, options.longest, "the vocabulary"));
  finish_tables(impl_->vocabulary);
  return rows;
}

namespace {

// Finds the terms of one text.
class TermFinder {
 public:
  TermFinder(const VectorizerOptions& options, const Vocabulary& vocabulary)
      : options_(options), vocabulary_(vocabulary), tokenizer_(options.pattern, options.lowercase) {
    std::string padded;
    for (const std::string_view word : split_words(stop_word_list(options.stop_words))) {
      padded.assign(word).append(token_slack, '\0');
      stop_words_.insert(std::string_view(padded).substr(0, word.size()));
    }
  }

  // Replaces `hits` by the columns found; returns the share of words that are unknown.
  float find(std::string_view text, std::vector<uint32_t>& hits) {
    hits.clear();
    words_.clear();
    size_t unknown = 0;
    tokenizer_(text, [&](std::string_view token) {
      if (stop_words_.size() != 0 && stop_words_.find(token) != no_id) return;
      words_.push_back(vocabulary_.words.find(token));
      unknown += words_.back() == no_id;
    });
    if (options_.shortest == 1)
      for (const uint32_t word : words_)
        if (word != no_id && vocabulary_.columns[0][word] != no_column) hits.push_back(vocabulary_.columns[0][word]);
    prefixes_ = words_;
    for (size_t n = 1; n < options_.longest && n < words_.size(); ++n) extend(n, hits);
    return words_.empty() ? 0.0f : static_cast<float>(unknown) / static_cast<float>(words_.size());
  }

 private:
  // prefixes_[i]: from the n-gram of n words at i to that of n + 1 words.
  void extend(size_t n, std::vector<uint32_t>& hits) {
    constexpr size_t ahead = 16;
    const NgramTable& table = vocabulary_.tables[n - 1];
    const size_t count = words_.size() - n;
    const bool wanted = n + 1 >= options_.shortest;
    const auto key = [&](size_t i) { return ngram_key(prefixes_[i], words_[i + n]); };
    for (size_t i = 0; i < std::min(ahead, count); ++i) table.prefetch(key(i));
    for (size_t i = 0; i < count; ++i) {
      if (i + ahead < count) table.prefetch(key(i + ahead));
      if (prefixes_[i] == no_id || words_[i + n] == no_id) {
        prefixes_[i] = no_id;
        continue;
      }
      const NgramTable::Slot& slot = table.find(key(i));
      prefixes_[i] = slot.id;
      if (wanted && slot.id != no_id && slot.mark != no_column) hits.push_back(slot.mark);
    }
  }

  const VectorizerOptions& options_;
  const Vocabulary& vocabulary_;
  Tokenizer tokenizer_;
  WordTable stop_words_;
  std::vector<uint32_t> words_, prefixes_;
};

}  // namespace

SparseRows Vectorizer::transform(std::span<const std::string_view> texts, std::vector<float>* unknown_share) const {
  SparseRows rows;
  if (unknown_share != nullptr) unknown_share->assign(texts.size(), 0.0f);
  const auto make = [&](size_t, size_t first, size_t last) {
    SparseRows part;
    TermFinder finder(impl_->options, impl_->vocabulary);
    RowMaker maker(impl_->options, impl_->idf, size());
    std::vector<uint32_t> hits;
    for (size_t row = first; row < last; ++row) {
      const float unknown = finder.find(texts[row], hits);
      if (unknown_share != nullptr) (*unknown_share)[row] = unknown;
      maker.append(hits, part);
    }
    return part;
  };
  in_chunks(texts.size(), worker_count(texts.size()), make, [&](const SparseRows& part, size_t first, size_t) {
    // As many entries for each row to come as for these: growing step by step would copy them over and over.
    if (first == 0) {
      const size_t entries = part.columns.size() * texts.size() / part.rows();
      rows.offsets.reserve(texts.size() + 1);
      rows.columns.reserve(entries + entries / 16);
      rows.values.reserve(entries + entries / 16);
    }
    append_rows(rows, part);
    return true;
  });
  return rows;
}

size_t Vectorizer::size() const { return impl_->vocabulary.size(); }
std::string_view Vectorizer::term(size_t column) const { return impl_->vocabulary.term(column); }
const std::vector<double>& Vectorizer::idf() const { return impl_->idf; }
const Json& Vectorizer::params() const { return impl_->params; }
Status Vectorizer::save_vocabulary(const std::string& path) const { return save_terms(impl_->vocabulary, path); }

Result<Vectorizer> Vectorizer::load(const Json& params, const std::string& vocabulary_path, std::vector<double> idf) {
  TRY_ASSIGN(Vectorizer vectorizer, make(params));
  Impl& impl = *vectorizer.impl_;
  TRY_ASSIGN(impl.vocabulary, load_terms(vocabulary_path, impl.options.shortest, impl.options.longest));
  finish_tables(impl.vocabulary);
  const bool wanted = impl.options.weighting == Weighting::tfidf;
  if (idf.size() != (wanted ? impl.vocabulary.size() : 0))
    return stage_error(vocabulary_path + " has " + std::to_string(impl.vocabulary.size()) + " terms, but there are " + std::to_string(idf.size()) +
                       " idf values")
        .with_hint("the model's files do not belong together; train again or restore them");
  impl.idf = std::move(idf);
  return vectorizer;
}

std::vector<std::string> analyze(const Json& params, std::string_view text) {
  const Result<VectorizerOptions> options = read_vectorizer_options(params);
  if (!options.ok()) return {};
  Tokenizer tokenizer(options->pattern, options->lowercase);
  const std::vector<std::string_view> stop_words = split_words(stop_word_list(options->stop_words));
  std::vector<std::string> words, terms;
  tokenizer(text, [&](std::string_view token) {
    if (!std::binary_search(stop_words.begin(), stop_words.end(), token)) words.emplace_back(token);
  });
  for (size_t n = options->shortest; n <= options->longest; ++n) {
    for (size_t at = 0; at + n <= words.size(); ++at) {
      std::string term = words[at];
      for (size_t i = 1; i < n; ++i) term += " " + words[at + i];
      terms.push_back(std::move(term));
    }
  }
  return terms;
}

}  // namespace mlopsctl::text
