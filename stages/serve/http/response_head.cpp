#include "stages/serve/http/response_head.hpp"

#include <ctime>

#include "pipeline/base/clock.hpp"
#include "stages/serve/problem.hpp"

namespace mlopsctl::serve {

namespace {

// IMF-fixdate of this second, made once a second in each thread.
const std::string& date() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    text = rfc5322(std::chrono::system_clock::from_time_t(now), "GMT");
    made_at = now;
  }
  return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
  out += "\r\n";
}

}  // namespace

std::string response_head(const Response& response, bool keep_alive, std::string_view request_id) {
  std::string out;
  out.reserve(320);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  append_field(out, "date", date());
  if (response.status != 204 && response.status != 304) {
    if (!response.content_type.empty()) append_field(out, "content-type", response.content_type);
    append_field(out, "content-length", std::to_string(response.body.size()));
  }
  for (const auto& field : response.headers) append_field(out, field.name, field.value);
  if (!request_id.empty()) append_field(out, "x-request-id", request_id);
  append_field(out, "connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

}  // namespace mlopsctl::serve
