// Cross-origin requests of browsers: none but from origins that were named. https://fetch.spec.whatwg.org/#http-cors-protocol
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

class Cors {
 public:
  Cors() = default;  // no origin
  // Origins as browsers send them: "https://app.example.com"; "*" is every one.
  static Result<Cors> make(std::vector<std::string> origins);

  bool allows(std::string_view origin) const;
  // A browser's question whether it may: OPTIONS with Origin and Access-Control-Request-Method.
  static bool is_preflight(const Request& request);
  // `methods`: those that the path answers, "GET, HEAD, POST". To be given to add_headers().
  Response preflight(const Request& request, std::string_view methods) const;
  // What an answer to that request needs for the page to see it.
  void add_headers(const Request& request, Response& response) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace mlopsctl::serve
