// The tensors of the Open Inference Protocol: texts in, labels and probabilities out, as JSON or, by Triton's binary data extension, as bytes behind
// the JSON. https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
#pragma once

#include <optional>

#include "stages/serve/protocols/exchange.hpp"

namespace mlopsctl::serve::protocols {

struct Inference {
  std::string id;
  std::vector<std::string> texts;
  struct Output {
    std::string name;  // "label", "confidence" or "probabilities"
    bool binary = false;
  };
  std::vector<Output> outputs;
};

// The messages of Errors are for the client, and all of status 400.
Result<Inference> read_inference(const Request& request);
Response write_inference(const Inference& asked, const Answer& answer);

// Metadata: what goes in and comes out.
Json input_tensors();
Json output_tensors(size_t labels);

}  // namespace mlopsctl::serve::protocols
