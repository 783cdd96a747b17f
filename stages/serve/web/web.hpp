// All that the folder adds to the server.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "stages/serve/outcome.hpp"
#include "stages/serve/route.hpp"
#include "stages/serve/web/card.hpp"

namespace mlopsctl::serve::web {

struct Web {
  std::vector<Route> routes;  // none in a build without pages
  Observer observer;          // to be told of every outcome: the card's drift is of what was served
};

// `live` gives the model that answers now (Scorer::current); `release` may be empty: nothing is known of releases.
Web make_web(std::function<std::shared_ptr<const LiveModel>()> live, ReleaseOf release);

}  // namespace mlopsctl::serve::web
