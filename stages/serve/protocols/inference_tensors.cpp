#include "stages/serve/protocols/inference_tensors.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "stages/data/utf8.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const std::vector<std::string> output_names{"label", "confidence", "probabilities"};

// Elements of a tensor: a list, or lists in lists, of texts.
Status flatten(const Json& data, std::vector<std::string>& texts, int depth = 0) {
  for (const Json& item : data) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
    else if (item.is_array() && depth < 8) TRY(flatten(item, texts, depth + 1));
    else return config_error("input \"text\": element " + std::to_string(texts.size()) + " is not a text");
  }
  return {};
}

// The elements of a shape; none when it is no shape.
std::optional<size_t> elements(const Json& shape) {
  if (!shape.is_array() || shape.empty()) return std::nullopt;
  size_t count = 1;
  for (const Json& side : shape) {
    const auto length = whole_number(side);
    if (!length || *length < 0 || *length > 1'000'000) return std::nullopt;
    count *= static_cast<size_t>(*length);
    if (count > 1'000'000) return std::nullopt;
  }
  return count;
}

// Texts with their lengths before them, four bytes each, the lowest first.
Status unpack(std::string_view bytes, std::vector<std::string>& texts) {
  while (!bytes.empty()) {
    const std::string at = std::to_string(texts.size());
    if (bytes.size() < 4) return config_error("input \"text\": " + std::to_string(bytes.size()) + " bytes are left over after element " + at);
    uint32_t length = 0;
    for (int i = 3; i >= 0; --i) length = length << 8U | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
    bytes.remove_prefix(4);
    if (length > bytes.size())
      return config_error("input \"text\": element " + at + " has " + std::to_string(length) + " bytes by its length, and " + std::to_string(bytes.size()) +
                          " are there");
    texts.emplace_back(bytes.substr(0, length));
    if (!data::is_utf8(texts.back())) return config_error("input \"text\": element " + at + " is not UTF-8");
    bytes.remove_prefix(length);
  }
  return {};
}

Result<std::vector<std::string>> read_input(const Json& inputs, std::string_view binary) {
  if (!inputs.is_array() || inputs.size() != 1) return config_error("expected one input, \"text\" of datatype BYTES");
  const Json& input = inputs[0];
  if (!input.is_object()) return config_error("inputs[0] is not an object");
  if (const Json name = input.value("name", Json()); name != "text") return config_error("there is no input " + canonical(name) + "; expected \"text\"");
  if (const Json type = input.value("datatype", Json()); type != "BYTES")
    return config_error("input \"text\" has the datatype " + canonical(type) + "; expected \"BYTES\"");
  const auto count = elements(input.value("shape", Json()));
  if (!count) return config_error("input \"text\" has no shape such as [2] or [2, 1]");
  std::vector<std::string> texts;
  const Json parameters = input.value("parameters", Json::object());
  const Json size = parameters.is_object() ? parameters.value("binary_data_size", Json()) : Json();
  if (!size.is_null()) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() != binary.size())
      return config_error("input \"text\": binary_data_size is " + canonical(size) + ", and " + std::to_string(binary.size()) + " bytes come after the JSON");
    TRY(unpack(binary, texts));
  } else {
    const Json data = input.value("data", Json());
    if (!data.is_array()) return config_error("input \"text\" has no list \"data\"");
    TRY(flatten(data, texts));
  }
  if (texts.size() != *count) return config_error("input \"text\" has " + std::to_string(texts.size()) + " elements; its shape says " + std::to_string(*count));
  return texts;
}

bool flag(const Json& object, const char* name, bool otherwise) {
  const Json parameters = object.value("parameters", Json());
  const Json value = parameters.is_object() ? parameters.value(name, Json()) : Json();
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

Result<std::vector<Inference::Output>> read_outputs(const Json& body) {
  const bool binary = flag(body, "binary_data_output", false);
  std::vector<Inference::Output> outputs;
  const Json asked = body.value("outputs", Json());
  if (asked.is_null() || (asked.is_array() && asked.empty())) {
    for (const auto& name : output_names) outputs.push_back({name, binary});
    return outputs;
  }
  if (!asked.is_array()) return config_error("\"outputs\" is not a list");
  for (const Json& output : asked) {
    const Json name = output.is_object() ? output.value("name", Json()) : Json();
    if (!name.is_string() || std::find(output_names.begin(), output_names.end(), name.get<std::string>()) == output_names.end())
      return config_error("there is no output " + canonical(name) + "; expected \"label\", \"confidence\" or \"probabilities\"");
    outputs.push_back({name.get<std::string>(), flag(output, "binary_data", binary)});
  }
  return outputs;
}

void append_length(std::string& out, size_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 255U);
}
void append_f32(std::string& out, float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  append_length(out, bits);
}

}  // namespace

Json input_tensors() { return {{{"name", "text"}, {"datatype", "BYTES"}, {"shape", {-1}}}}; }

Json output_tensors(size_t labels) {
  return {{{"name", "label"}, {"datatype", "BYTES"}, {"shape", {-1}}},
          {{"name", "confidence"}, {"datatype", "FP32"}, {"shape", {-1}}},
          {{"name", "probabilities"}, {"datatype", "FP32"}, {"shape", {-1, labels}}}};
}

Result<Inference> read_inference(const Request& request) {
  std::string_view binary;
  Request head;
  const Request* json = &request;
  if (const auto length = request.header("inference-header-content-length"); !length.empty()) {
    size_t value = 0;
    const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), value);
    if (fault != std::errc() || end != length.data() + length.size() || value > request.body.size())
      return config_error("inference-header-content-length is " + std::string(length) + "; the body has " + std::to_string(request.body.size()) + " bytes");
    head.body = request.body.substr(0, value);
    binary = std::string_view(request.body).substr(value);
    json = &head;
  }
  int status = 0;
  TRY_ASSIGN(const Json body, read_object(*json, status));
  Inference asked;
  const Json id = body.value("id", Json());
  if (!id.is_null() && !id.is_string()) return config_error("\"id\" is not text");
  asked.id = id.is_string() ? id.get<std::string>() : request.id;
  TRY_ASSIGN(asked.texts, read_input(body.value("inputs", Json()), binary));
  TRY_ASSIGN(asked.outputs, read_outputs(body));
  return asked;
}

Response write_inference(const Inference& asked, const Answer& answer) {
  const size_t texts = answer.labels.size(), labels = answer.names().size();
  std::string body = "{\"model_name\":", binary;
  append_text(body, answer.scored.model->name);
  body += ",\"model_version\":";
  append_text(body, answer.scored.model->version);
  body += ",\"id\":";
  append_text(body, asked.id);
  body += ",\"outputs\":[";
  for (const auto& output : asked.outputs) {
    const bool names = output.name == "label", all = output.name == "probabilities";
    if (&output != &asked.outputs.front()) body += ',';
    body += "{\"name\":\"" + output.name + "\",\"datatype\":" + (names ? "\"BYTES\"" : "\"FP32\"") + ",\"shape\":[" + std::to_string(texts);
    body += (all ? "," + std::to_string(labels) : "") + "],";
    const size_t before = binary.size();
    if (!output.binary) body += "\"data\":[";
    for (size_t i = 0; i < (all ? texts * labels : texts); ++i) {
      if (!output.binary && i > 0) body += ',';
      const float number = names ? 0 : all ? answer.scored.probabilities[i] : answer.confidence(i);
      if (output.binary && names) {
        append_length(binary, answer.label(i).size());
        binary += answer.label(i);
      } else if (output.binary) {
        append_f32(binary, number);
      } else if (names) {
        append_text(body, answer.label(i));
      } else {
        append_number(body, number);
      }
    }
    body += output.binary ? "\"parameters\":{\"binary_data_size\":" + std::to_string(binary.size() - before) + "}}" : "]}";
  }
  body += "]}";
  const bool plain = std::none_of(asked.outputs.begin(), asked.outputs.end(), [](const auto& output) { return output.binary; });
  if (plain) return json_response(std::move(body));
  Response response = json_response(body + binary);
  response.content_type = "application/octet-stream";
  response.headers.push_back({"inference-header-content-length", std::to_string(body.size())});
  return response;
}

}  // namespace mlopsctl::serve::protocols
