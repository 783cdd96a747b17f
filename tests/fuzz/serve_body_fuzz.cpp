// Bodies of requests for predictions: whatever the bytes, each wire format answers once, with a status that it may have and JSON that is UTF-8; a
// model's fault (500) is never the answer to a text. The first byte of the input chooses the format, the second its route.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/data/utf8.hpp"
#include "stages/serve/protocols/protocols.hpp"
#include "stages/serve/scoring/batch_scorer.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_model.hpp"

namespace mlopsctl {

namespace {

// A model that scores on the caller's thread, and the routes of each format over it.
struct Formats {
  testing::FakeCalls calls;
  std::unique_ptr<serve::BatchScorer> scorer;
  std::vector<std::vector<serve::Route>> routes;

  Formats() {
    calls.cheap = true;
    serve::ScoringOptions scoring;
    scoring.watch = std::chrono::milliseconds(0);
    scoring.workers = 1;
    scoring.inline_bytes = size_t{1} << 30;
    const serve::ModelSource source{[] { return testing::fake_place("airline", 3); }, [this](const serve::ModelPlace&) { return testing::fake_model(calls); }};
    scorer = serve::make_scorer(scoring, source).value();
    for (const auto& api : serve::protocols::api_names()) {
      serve::protocols::Options options;
      options.apis = {api};
      options.most_texts = 16;
      std::vector<serve::Route> posts;
      auto all = serve::protocols::routes(std::move(options), *scorer);
      for (auto& route : all.value())
        if (route.method == "POST") posts.push_back(std::move(route));
      routes.push_back(std::move(posts));
    }
  }
};

}  // namespace

void fuzz_one(std::string_view bytes) {
  static Formats formats;
  if (bytes.size() < 2) return;
  const auto& routes = formats.routes[static_cast<unsigned char>(bytes[0]) % formats.routes.size()];
  const auto& route = routes[static_cast<unsigned char>(bytes[1]) % routes.size()];
  {
    const std::lock_guard lock(formats.calls.mutex);
    formats.calls.seen.clear();
  }
  serve::Request request;
  request.method = "POST";
  request.path = route.path;
  request.headers = {{"content-type", "application/json"}};
  request.body = std::string(bytes.substr(2));
  request.id = "fuzz-1";
  request.deadline = serve::SteadyTime::max();
  int answers = 0;
  serve::Response response;
  route.run(request, {{"model", "airline"}, {"version", "3"}}, [&](serve::Response given) {
    ++answers;
    response = std::move(given);
  });
  fuzz::require(answers == 1, "not one answer");
  fuzz::require(response.status >= 200 && response.status < 500, "a server's fault for a client's text");
  fuzz::require(data::is_utf8(response.body), "an answer that is no UTF-8");
  fuzz::require(response.body.empty() || response.content_type.find("json") == std::string::npos || Json::accept(response.body), "an answer that is no JSON");
}

}  // namespace mlopsctl
