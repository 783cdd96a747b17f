// W3C Trace Context: https://www.w3.org/TR/trace-context/
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::serve {

// A valid traceparent for this server's part of the work: the caller's trace and flags with a new span, or, where what it sent is absent or not
// valid, a trace begun here.
std::string continue_trace(std::string_view traceparent);
// The trace's id of a valid traceparent: 32 hex digits.
std::string_view trace_id(std::string_view traceparent);

}  // namespace mlopsctl::serve
