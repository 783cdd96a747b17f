// What some texts are about, in few numbers each: the encoder's own embedding where a model has one, else the words. Kept in a model's profile in bounded size.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::train {

constexpr size_t kContentWidth = 64;  // numbers per text
constexpr size_t kContentRows = 500;  // texts that a profile keeps, at most

struct Content {
  std::string of;               // "words" or "embeddings"; vectors of two kinds cannot be compared
  std::vector<int8_t> vectors;  // rows x kContentWidth; of length 127, or 0 for a text without words
  size_t rows() const { return vectors.size() / kContentWidth; }
  std::vector<float> values() const { return {vectors.begin(), vectors.end()}; }
};

// Of all these texts. Embeddings of any width are projected on kContentWidth random directions (Achlioptas 2003), words are counted in as many cells with a
// sign each (feature hashing, Weinberger et al. 2009): both keep distances, about.
Result<Content> content_of(const ml::Classifier& classifier, std::span<const std::string_view> texts, const CancelToken& cancel);
Content content_of_words(std::span<const std::string_view> texts);

// Which rows a profile keeps of so many: at most kContentRows, evenly over all.
std::vector<uint32_t> content_rows(size_t rows);
// What a profile keeps of the content of all its texts.
Content kept_content(const Content& all);
// And, without working out the rest, of these texts.
Result<Content> kept_content_of(const ml::Classifier& classifier, std::span<const std::string_view> texts, const CancelToken& cancel);

Json to_json(const Content& content);  // null where there is none
// null, or nothing that this version understands: none.
Content content_from_json(const Json& json);

}  // namespace mlopsctl::train
