// How many words the tokenizer's files of a model folder have, held against the model's embeddings. The words themselves are stages/text's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/base/result.hpp"

namespace mlopsctl::weights {

// vocab.txt and tokenizer.json, each if it is there. The embeddings may have rows to spare only up to the next multiple of 8, 16, 32, 64
// or 128, which is how trainers pad them; any other difference is a vocabulary of another model.
Status check_vocabulary_size(const std::filesystem::path& folder, const std::string& origin, int64_t vocab_size);

}  // namespace mlopsctl::weights
