// Cross-origin requests of browsers: none but from origins that were named. https://fetch.spec.whatwg.org/#http-cors-protocol
//
// A page may send some requests without asking first (a form's, or one that says text/plain); its user may reach servers that the page's owner
// cannot. Those are refused by what browsers tell about where they come from: Sec-Fetch-Site, else Origin beside Host, as in Go's
// net/http.CrossOriginProtection. https://words.filippo.io/csrf/
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
  // Whether a page of an origin that was not named asks for a change.
  bool is_forged(const Request& request) const;
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
