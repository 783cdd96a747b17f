#include "stages/serve/store/prediction_line.hpp"

#include "pipeline/base/json.hpp"

namespace mlopsctl::serve::store {

std::string to_line(const Prediction& prediction) {
  return canonical({{"key", prediction.key},
                    {"prediction_id", prediction.prediction_id},
                    {"created_at", prediction.created_at},
                    {"route", prediction.route},
                    {"model", prediction.model},
                    {"model_digest", prediction.model_digest},
                    {"text", prediction.text},
                    {"label", prediction.label},
                    {"confidence", prediction.confidence},
                    {"probabilities", prediction.probabilities}});
}

Result<Prediction> from_line(std::string_view line) {
  try {
    const Json json = Json::parse(line.begin(), line.end());  // our own words, and their checksum was right: parse_json's guards would take longer
    return Prediction{.key = json.at("key"),
                      .prediction_id = json.at("prediction_id"),
                      .created_at = json.at("created_at"),
                      .route = json.at("route"),
                      .model = json.at("model"),
                      .model_digest = json.at("model_digest"),
                      .text = json.at("text"),
                      .label = json.at("label"),
                      .confidence = json.at("confidence"),
                      .probabilities = json.at("probabilities")};
  } catch (const Json::exception& e) { return config_error("a line of the spool is not a prediction: " + std::string(e.what())); }
}

}  // namespace mlopsctl::serve::store
