// A server of pages alone: what they ask of the API is asked of another server and its answer handed back, so that a browser needs to reach
// only the pages. Not a proxy for programs: only the few routes that the pages use, answers held in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/serve/route.hpp"

namespace mlopsctl::serve::web {

// The pages, and their calls passed on to `api` ("http://api:8080", a path after it is kept). A call that the API cannot be reached for is
// answered 502, one too many at once 503. The caller's key is passed on: the API decides. Fails when `api` is no URL, or this build has no pages.
Result<std::vector<Route>> forwarded_pages(std::string_view api);

}  // namespace mlopsctl::serve::web
