// The bytes before an answer's body: status line and fields.
#pragma once

#include <string>

#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

// With Date, Content-Length, Connection and x-request-id. Field values lose what could end a line.
std::string response_head(const Response& response, bool keep_alive, std::string_view request_id);

}  // namespace mlopsctl::serve
