// One function for each wire format, in the file of its name.
#pragma once

#include "stages/serve/protocols/exchange.hpp"

namespace mlopsctl::serve::protocols {

std::vector<Route> inference_v2(const ContextPtr& context);
std::vector<Route> gke_twitter(const ContextPtr& context);
std::vector<Route> sentiment140_k8s(const ContextPtr& context);
std::vector<Route> imdb_api(const ContextPtr& context);
std::vector<Route> airline_ulmfit(const ContextPtr& context);
// POST / belongs to both: the body's keys say which is meant.
std::vector<Route> huggingface(const ContextPtr& context, bool with_nlp_on_eks);
// Of nlp-on-eks: GET /, and what POST / does with {"mytext"}.
Route nlp_on_eks_greeting(const ContextPtr& context);
void answer_nlp_on_eks(Exchange exchange, const Json& body);
Json nlp_on_eks_request();
Json nlp_on_eks_answer();

}  // namespace mlopsctl::serve::protocols
