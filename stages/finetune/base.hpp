// The encoder that fine-tuning starts from, or that a model folder holds: weights, sizes, tokenizer.
#pragma once

#include <filesystem>
#include <string>

#include "pipeline/base/result.hpp"
#include "stages/finetune/network.hpp"
#include "stages/finetune/options.hpp"
#include "stages/text/wordpiece.hpp"
#include "stages/weights/hugging_face.hpp"

namespace mlopsctl::finetune {

struct Base {
  weights::BertFolder weights;
  text::WordPiece tokenizer;

  // `origin` is what messages call the folder.
  static Result<Base> open(const std::filesystem::path& folder, const std::string& origin);
  EncoderShape shape() const;
};

// "cuda" where asked for or, with auto, where there is one; else "cpu". An Error where what was asked for is not there.
Result<std::string> device_for(const std::string& wanted, const NetworkFactory& factory);

}  // namespace mlopsctl::finetune
