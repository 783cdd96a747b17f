#include "stages/serve/store/prediction_line.hpp"

#include <charconv>
#include <utility>

#include "pipeline/base/json.hpp"

namespace mlopsctl::serve::store {

namespace {

// Written by hand, for it is done for every prediction of a busy server.
void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (size_t from = 0; from < text.size();) {
    size_t to = from;
    while (to < text.size() && static_cast<unsigned char>(text[to]) >= 0x20 && text[to] != '"' && text[to] != '\\') ++to;
    out.append(text, from, to - from);
    if (to == text.size()) break;
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[to]);
    if (byte >= 0x20) out += '\\', out += text[to];
    else out += "\\u00", out += digits[byte >> 4], out += digits[byte & 15];
    from = to + 1;
  }
  out += '"';
}

template <typename Number>
void append_number(std::string& out, Number number) {
  char digits[40];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

std::string to_probabilities(std::span<const std::string> labels, std::span<const float> shares) {
  std::string out;
  for (size_t i = 0; i < labels.size(); ++i) {
    out += i == 0 ? '{' : ',';
    append_text(out, labels[i]);
    out += ':';
    append_number(out, shares[i]);
  }
  return out + "}";
}

std::string to_line(const Prediction& prediction) {
  std::string out;
  out.reserve(512 + prediction.text.size());
  for (const auto& [key, text] : {std::pair<std::string_view, const std::string&>{"{\"key\":", prediction.key},
                                  {",\"prediction_id\":", prediction.prediction_id},
                                  {",\"route\":", prediction.route},
                                  {",\"model\":", prediction.model},
                                  {",\"model_digest\":", prediction.model_digest},
                                  {",\"text\":", prediction.text},
                                  {",\"label\":", prediction.label},
                                  {",\"probabilities\":", prediction.probabilities}}) {
    out += key;
    append_text(out, text);
  }
  out += ",\"created_at\":";
  append_number(out, prediction.created_at);
  out += ",\"confidence\":";
  append_number(out, prediction.confidence);
  return out + "}";
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
