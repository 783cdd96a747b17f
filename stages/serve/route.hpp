// What a protocol, a page or the store's API adds to the server: routes as data. The router finds them, the OpenAPI document is made of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

enum class Audience {
  anyone,  // no key asked for: probes
  users,   // a key where keys are configured
  admins   // on the admin port only
};

struct Route {
  std::string method;  // "POST"
  std::string path;    // "/v2/models/{model}/infer": a name in braces stands for one segment
  Audience audience = Audience::users;
  Json operation = Json::object();  // OpenAPI 3.1 operation object (summary, requestBody, responses); empty: not in the document
  // Answers at once or later. `parameters` are the segments in braces, percent-decoded. Must not block: what may wait runs elsewhere.
  std::function<void(const Request& request, const std::map<std::string, std::string>& parameters, Reply reply)> run;
};

}  // namespace mlopsctl::serve
