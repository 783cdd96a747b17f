#include "stages/serve/web/web.hpp"

#include "stages/serve/web/pages.hpp"

namespace mlopsctl::serve::web {

Web make_web(std::function<std::shared_ptr<const LiveModel>()> live, ReleaseOf release) {
  Web web{pages(), [](const Outcome&) {}};
  if (web.routes.empty()) return web;
  auto served = std::make_shared<Served>();
  web.routes.push_back(card_route(std::move(live), std::move(release), served));
  web.observer = [served](const Outcome& outcome) { served->observe(outcome); };
  return web;
}

}  // namespace mlopsctl::serve::web
