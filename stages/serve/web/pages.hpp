// The pages and what they are made of, as routes: GET /ui, /ui/live, /ui/model and /ui/assets/*. A page holds no data and asks for no key;
// what it shows it gets from the API, with the key that the user gives it.
#pragma once

#include <vector>

#include "stages/serve/route.hpp"

namespace mlopsctl::serve::web {

std::vector<Route> pages();  // none in a build without them (-DMLOPSCTL_PAGES=OFF)

}  // namespace mlopsctl::serve::web
