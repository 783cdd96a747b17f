#include "tests/unit/serve_protocols/contract.hpp"

namespace mlopsctl::serve::protocols {
namespace {

const std::string one_text = R"({"id": "7", "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["good"]}]})";

std::string error_line(int status, const std::string& error) { return std::to_string(status) + " application/json " + canonical({{"error", error}}); }

TEST_F(Contract, InferenceHealthAndMetadata) {
  options_.ready = [this] { return deadline_ == SteadyTime::max(); };
  use({});
  EXPECT_EQ(line(ask("GET", "/v2")), R"(200 application/json {"extensions":["binary_tensor_data"],"name":"mlopsctl","version":"0.1.0"})");
  EXPECT_EQ(line(ask("GET", "/v2/health/live")), R"(200 application/json {"live":true})");
  EXPECT_EQ(line(ask("GET", "/v2/health/ready")), R"(200 application/json {"ready":true})");
  EXPECT_EQ(line(ask("GET", "/v2/models/airline/ready")), R"(200 application/json {"name":"airline","ready":true})");
  const std::string metadata =
      R"(200 application/json {"inputs":[{"datatype":"BYTES","name":"text","shape":[-1]}],"name":"airline","outputs":[{"datatype":"BYTES","name":"label","shape":[-1]},{"datatype":"FP32","name":"confidence","shape":[-1]},{"datatype":"FP32","name":"probabilities","shape":[-1,2]}],"platform":"mlopsctl_fake","versions":["3"]})";
  EXPECT_EQ(line(ask("GET", "/v2/models/airline")), metadata);
  EXPECT_EQ(line(ask("GET", "/v2/models/airline/versions/3")), metadata);
  EXPECT_EQ(line(ask("GET", "/v2/models/airlines")), error_line(404, "there is no model \"airlines\"; this server has \"airline\""));
  EXPECT_EQ(line(ask("GET", "/v2/models/airline/versions/2/ready")), error_line(404, "there is no version \"2\" of airline; this server has \"3\""));
  deadline_ = SteadyTime();
  EXPECT_EQ(line(ask("GET", "/v2/health/ready")), R"(503 application/json {"ready":false})");
  EXPECT_EQ(line(ask("GET", "/v2/models/airline/ready")), R"(503 application/json {"name":"airline","ready":false})");
}

TEST_F(Contract, InferenceOfTexts) {
  use({});
  const Response answer = post("/v2/models/airline/infer", one_text);
  EXPECT_EQ(
      line(answer),
      R"(200 application/json {"model_name":"airline","model_version":"3","id":"7","outputs":[{"name":"label","datatype":"BYTES","shape":[1],"data":["positive"]},{"name":"confidence","datatype":"FP32","shape":[1],"data":[0.8807971]},{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":[0.11920292,0.8807971]}]})");
  EXPECT_EQ(header(answer, "x-model-digest"), digest_of("airline 3").str());
  EXPECT_EQ(
      line(post("/v2/models/airline/versions/3/infer",
                R"({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2, 1], "data": [["good"], ["bad"]]}], "outputs": [{"name": "label"}]})")),
      R"(200 application/json {"model_name":"airline","model_version":"3","id":"request-1","outputs":[{"name":"label","datatype":"BYTES","shape":[2],"data":["positive","negative"]}]})");
  EXPECT_THAT(
      seen_, ::testing::ElementsAre("inference-v2 POST /v2/models/{model}/infer 200 1", "inference-v2 POST /v2/models/{model}/versions/{version}/infer 200 2"));
}

// As tritonclient sends and reads it.
TEST_F(Contract, InferenceInBytes) {
  use({});
  const std::string json =
      R"({"inputs":[{"name":"text","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":15}}],"parameters":{"binary_data_output":true}})";
  const std::string packed = std::string("\4\0\0\0good\3\0\0\0bad", 15);
  const Response answer = post("/v2/models/airline/infer", json + packed, {{"inference-header-content-length", std::to_string(json.size())}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/octet-stream");
  const std::string head =
      R"({"model_name":"airline","model_version":"3","id":"request-1","outputs":[{"name":"label","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":24}},{"name":"confidence","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},{"name":"probabilities","datatype":"FP32","shape":[2,2],"parameters":{"binary_data_size":16}}]})";
  EXPECT_EQ(header(answer, "inference-header-content-length"), std::to_string(head.size()));
  ASSERT_EQ(answer.body.size(), head.size() + 48);
  EXPECT_EQ(answer.body.substr(0, head.size() + 24), head + std::string("\x8\0\0\0positive\x8\0\0\0negative", 24));
  float values[6];
  std::memcpy(values, answer.body.data() + head.size() + 24, sizeof values);
  EXPECT_THAT(values, ::testing::ElementsAre(0.8807971F, 0.8807971F, 0.11920292F, 0.8807971F, 0.8807971F, 0.11920292F));
}

TEST_F(Contract, InferenceRefusals) {
  use({});
  const auto refused = [&](const std::string& inputs, const std::string& more = "") {
    return line(post("/v2/models/airline/infer", R"({"inputs": )" + inputs + more + "}"));
  };
  EXPECT_EQ(line(post("/v2/models/other/infer", one_text)), error_line(404, "there is no model \"other\"; this server has \"airline\""));
  EXPECT_EQ(line(post("/v2/models/airline/versions/9/infer", one_text)), error_line(404, "there is no version \"9\" of airline; this server has \"3\""));
  EXPECT_EQ(line(post("/v2/models/airline/infer", "{}")), error_line(400, "expected one input, \"text\" of datatype BYTES"));
  EXPECT_EQ(line(post("/v2/models/airline/infer", "")), error_line(400, "the body is empty; expected a JSON object"));
  EXPECT_EQ(refused("[]"), error_line(400, "expected one input, \"text\" of datatype BYTES"));
  EXPECT_EQ(refused(R"([{"name": "words"}])"), error_line(400, "there is no input \"words\"; expected \"text\""));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "FP32"}])"), error_line(400, "input \"text\" has the datatype \"FP32\"; expected \"BYTES\""));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [-1]}])"), error_line(400, "input \"text\" has no shape such as [2] or [2, 1]"));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [4294967296, 4294967296]}])"),
            error_line(400, "input \"text\" has no shape such as [2] or [2, 1]"));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a"]}])"),
            error_line(400, "input \"text\" has 1 elements; its shape says 2"));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a", 1]}])"), error_line(400, "input \"text\": element 1 is not a text"));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [1], "data": "a"}])"), error_line(400, "input \"text\" has no list \"data\""));
  EXPECT_EQ(refused(R"([{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a"]}])", R"(, "outputs": [{"name": "logits"}])"),
            error_line(400, "there is no output \"logits\"; expected \"label\", \"confidence\" or \"probabilities\""));
}

TEST_F(Contract, InferenceRefusalsOfBytes) {
  use({});
  const auto refused = [&](const std::string& packed, size_t size, const std::string& length = "") {
    const std::string json = R"({"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":)" + std::to_string(size) + "}}]}";
    return line(post("/v2/models/airline/infer", json + packed, {{"inference-header-content-length", length.empty() ? std::to_string(json.size()) : length}}));
  };
  EXPECT_EQ(refused(std::string("\5\0\0\0good", 8), 8), error_line(400, "input \"text\": element 0 has 5 bytes by its length, and 4 are there"));
  EXPECT_EQ(refused(std::string("\1\0\0\0aaa", 7), 7), error_line(400, "input \"text\": 2 bytes are left over after element 1"));
  EXPECT_EQ(refused(std::string("\1\0\0\0\xFF", 5), 5), error_line(400, "input \"text\": element 0 is not UTF-8"));
  EXPECT_EQ(refused("abc", 5), error_line(400, "input \"text\": binary_data_size is 5, and 3 bytes come after the JSON"));
  EXPECT_EQ(refused("", 0, "9999"), error_line(400, "inference-header-content-length is 9999; the body has 95 bytes"));
  EXPECT_EQ(refused("", 0, "1x"), error_line(400, "inference-header-content-length is 1x; the body has 95 bytes"));
}

}  // namespace
}  // namespace mlopsctl::serve::protocols
