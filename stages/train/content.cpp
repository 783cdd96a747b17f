#include "stages/train/content.hpp"

#include <cmath>

#include "pipeline/base/base64.hpp"
#include "pipeline/base/random.hpp"

namespace mlopsctl::train {
namespace {

constexpr uint64_t kDirections = 4711;  // the same in every profile

void add_normalised(std::span<const float> vector, std::vector<int8_t>& into) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
  const double scale = squares > 0 ? 127 / std::sqrt(squares) : 0;
  for (const float value : vector) into.push_back(static_cast<int8_t>(std::lround(static_cast<double>(value) * scale)));
}

// FNV-1a, its bits mixed once more (MurmurHash3's finalizer).
uint64_t hashed(std::string_view word) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
  return hash ^ (hash >> 33);
}

void add_words(std::string_view text, std::vector<int8_t>& into) {
  std::vector<float> cells(kContentWidth, 0);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t\n\v\f\r", at), text.size());
    if (end > at) {
      const uint64_t hash = hashed(text.substr(at, end - at));
      cells[hash % kContentWidth] += (hash >> 32) & 1 ? 1.0F : -1.0F;
    }
    at = end + 1;
  }
  add_normalised(cells, into);
}

void add_projected(std::span<const float> embeddings, size_t width, std::vector<int8_t>& into) {
  Random random(kDirections);
  std::vector<float> directions(width * kContentWidth);
  for (float& each : directions) each = random.below(2) == 0 ? 1.0F : -1.0F;
  for (size_t row = 0; row < embeddings.size(); row += width) {
    std::vector<float> cells(kContentWidth, 0);
    for (size_t i = 0; i < width; ++i)
      for (size_t k = 0; k < kContentWidth; ++k) cells[k] += embeddings[row + i] * directions[i * kContentWidth + k];
    add_normalised(cells, into);
  }
}

}  // namespace

Result<Content> content_of(const ml::Classifier& classifier, std::span<const std::string_view> texts, const CancelToken& cancel) {
  TRY_ASSIGN(const std::vector<float> embeddings, classifier.embeddings(texts, cancel));
  if (embeddings.empty()) return content_of_words(texts);
  Content content{"embeddings", {}};
  add_projected(embeddings, embeddings.size() / texts.size(), content.vectors);
  return content;
}

Content content_of_words(std::span<const std::string_view> texts) {
  Content content{"words", {}};
  content.vectors.reserve(texts.size() * kContentWidth);
  for (const std::string_view text : texts) add_words(text, content.vectors);
  return content;
}

std::vector<uint32_t> content_rows(size_t rows) {
  const size_t kept = std::min(rows, kContentRows);
  std::vector<uint32_t> result;
  for (size_t i = 0; i < kept; ++i) result.push_back(static_cast<uint32_t>(i * rows / kept));
  return result;
}

Content kept_content(const Content& all) {
  Content kept{all.of, {}};
  for (const uint32_t row : content_rows(all.rows())) {
    const auto begin = all.vectors.begin() + static_cast<std::ptrdiff_t>(row * kContentWidth);
    kept.vectors.insert(kept.vectors.end(), begin, begin + kContentWidth);
  }
  return kept;
}

Result<Content> kept_content_of(const ml::Classifier& classifier, std::span<const std::string_view> texts, const CancelToken& cancel) {
  std::vector<std::string_view> kept;
  for (const uint32_t row : content_rows(texts.size())) kept.push_back(texts[row]);
  return content_of(classifier, kept, cancel);
}

Json to_json(const Content& content) {
  if (content.vectors.empty()) return nullptr;
  return {{"of", content.of}, {"width", kContentWidth}, {"vectors", base64({reinterpret_cast<const char*>(content.vectors.data()), content.vectors.size()})}};
}

Content content_from_json(const Json& json) {
  if (!json.is_object() || json.value("width", Json()) != kContentWidth || !json.value("of", Json()).is_string() || !json.value("vectors", Json()).is_string())
    return {};
  const auto bytes = from_base64(json["vectors"].get<std::string>());
  if (!bytes || bytes->size() % kContentWidth != 0) return {};
  return {json["of"].get<std::string>(), {bytes->begin(), bytes->end()}};
}

}  // namespace mlopsctl::train
