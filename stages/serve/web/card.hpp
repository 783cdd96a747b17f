// GET /ui/model.json: the card of the live model, which /ui/model shows: what it is, how it was judged before its release, and whether what
// it answers now still looks like what it answered when it was trained.
#pragma once

#include <functional>
#include <memory>

#include "stages/serve/route.hpp"
#include "stages/serve/web/served.hpp"

namespace mlopsctl::serve::web {

// release.json of the release that the model came by (stages/deploy), or null. May read files; called until it is known.
using ReleaseOf = std::function<Json(const LiveModel& model)>;

// Names no path of this machine. `release` may be null.
Json card_of(const LiveModel& model, const Json& release, const train::Profile& served);

Route card_route(std::function<std::shared_ptr<const LiveModel>()> live, ReleaseOf release, std::shared_ptr<const Served> served);

}  // namespace mlopsctl::serve::web
