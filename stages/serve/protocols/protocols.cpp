#include "stages/serve/protocols/protocols.hpp"

#include <algorithm>

#include "stages/serve/protocols/formats.hpp"

namespace mlopsctl::serve::protocols {

const std::vector<std::string>& api_names() {
  static const std::vector<std::string> names{"inference-v2", "huggingface", "gke-twitter", "sentiment140-k8s", "imdb-api", "nlp-on-eks", "airline-ulmfit"};
  return names;
}

Result<std::vector<Route>> routes(Options options, Scorer& scorer) {
  const auto context = std::make_shared<const Context>(Context{std::move(options), scorer});
  std::vector<Route> all = inference_v2(context);
  const auto add = [&](std::vector<Route> more) { std::move(more.begin(), more.end(), std::back_inserter(all)); };
  bool reviews = false;
  std::string predicts;  // the api that has POST /predict
  for (const std::string& api : context->options.apis) {
    if (std::find(api_names().begin(), api_names().end(), api) == api_names().end()) {
      Error error = config_error("there is no api \"" + api + "\"");
      const auto near = nearest(api, api_names());
      std::string list;
      for (const auto& name : api_names()) list += (list.empty() ? "" : ", ") + name;
      error.hint = near ? "did you mean " + *near + "?" : "use one of: " + list;
      return error;
    }
    if (std::count(context->options.apis.begin(), context->options.apis.end(), api) > 1) return config_error("the api " + api + " is named twice");
    if (api == "sentiment140-k8s" || api == "imdb-api" || api == "airline-ulmfit") {
      if (!predicts.empty())
        return config_error(predicts + " and " + api + " answer the same requests, POST /predict {\"text\"}, differently")
            .with_hint("start a server for each of them");
      predicts = api;
    }
    if (api == "gke-twitter") add(gke_twitter(context));
    if (api == "sentiment140-k8s") add(sentiment140_k8s(context));
    if (api == "imdb-api") add(imdb_api(context));
    if (api == "airline-ulmfit") add(airline_ulmfit(context));
    if (api == "nlp-on-eks") {
      reviews = true;
      all.push_back(nlp_on_eks_greeting(context));
    }
  }
  add(huggingface(context, reviews));
  return all;
}

}  // namespace mlopsctl::serve::protocols
