// Requests of the two seeds that are FastAPI programs: {"text": "..."}, and refusals as FastAPI and pydantic 2 write them.
#pragma once

#include "stages/serve/protocols/exchange.hpp"

namespace mlopsctl::serve::protocols {

// {"detail": "..."}: what FastAPI makes of an HTTPException.
Response fastapi_refusal(int status, std::string_view detail);
// The text; or the 422 {"detail": [{"type", "loc", "msg", "input"}]} that says what is wrong with the body.
struct FastapiText {
  std::string text;
  std::optional<Response> refusal{};
};
FastapiText fastapi_text(const Request& request);
// Gives the operation FastAPI's refusals instead of problem details.
void use_fastapi_refusals(Json& operation);

}  // namespace mlopsctl::serve::protocols
