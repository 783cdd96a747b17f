// RFC 9457: what went wrong with a request, as JSON that programs can tell apart.
#pragma once

#include <string_view>

#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

// "Not Found"
std::string_view reason_phrase(int status);
// application/problem+json {"type": "about:blank", "title": the status in words, "status", "detail"}. `detail` says what was found and what was expected.
Response problem(int status, std::string_view detail);

}  // namespace mlopsctl::serve
