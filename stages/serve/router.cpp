#include "stages/serve/router.hpp"

#include <algorithm>
#include <set>

namespace mlopsctl::serve {

namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (size_t at = 0; at < path.size();) {
    const size_t next = std::min(path.find('/', at + 1), path.size());
    segments.emplace_back(path.substr(at + 1, next - at - 1));
    at = next;
  }
  return segments;
}

bool is_name(std::string_view segment) { return segment.size() > 2 && segment.front() == '{' && segment.back() == '}'; }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i)
    if (is_name(pattern[i]) ? segments[i].empty() : pattern[i] != segments[i]) return false;
  return true;
}

// "{a}" and "{b}" are the same to a request.
std::string shape_of(const Route& route) {
  std::string shape = route.method;
  for (const auto& segment : segments_of(route.path)) shape += "/" + (is_name(segment) ? std::string("{}") : segment);
  return shape;
}

}  // namespace

Result<Router> Router::make(std::vector<Route> routes) {
  Router router;
  router.routes_ = std::move(routes);
  std::map<std::string, const Route*> seen;
  for (size_t i = 0; i < router.routes_.size(); ++i) {
    const Route& route = router.routes_[i];
    if (const auto [at, fresh] = seen.emplace(shape_of(route), &route); !fresh)
      return config_error("two routes answer " + route.method + " " + route.path + (at->second->path == route.path ? "" : " and " + at->second->path))
          .with_hint("serve these APIs by servers of their own");
    auto segments = segments_of(route.path);
    if (std::none_of(segments.begin(), segments.end(), is_name)) {
      router.plain_[route.path].push_back(i);
      continue;
    }
    const auto same = std::find_if(router.patterns_.begin(), router.patterns_.end(), [&](const Pattern& pattern) { return pattern.segments == segments; });
    if (same != router.patterns_.end()) same->routes.push_back(i);
    else router.patterns_.push_back({std::move(segments), {i}});
  }
  return router;
}

Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::set<std::string> others;
  const auto look = [&](const std::vector<size_t>& candidates) {
    for (const size_t i : candidates) {
      if (routes_[i].method == wanted) match.route = &routes_[i];
      others.insert(routes_[i].method);
      if (routes_[i].method == "GET") others.insert("HEAD");
    }
  };
  if (const auto found = plain_.find(std::string(path)); found != plain_.end()) look(found->second);
  if (match.route == nullptr && !patterns_.empty()) {
    const auto segments = segments_of(path);
    for (const auto& pattern : patterns_) {
      if (!fits(pattern.segments, segments)) continue;
      look(pattern.routes);
      if (match.route == nullptr) continue;
      for (size_t i = 0; i < segments.size(); ++i)
        if (const auto& name = pattern.segments[i]; is_name(name)) match.parameters[name.substr(1, name.size() - 2)] = segments[i];
      break;
    }
  }
  if (match.route == nullptr)
    for (const auto& other : others) match.allowed += (match.allowed.empty() ? "" : ", ") + other;
  return match;
}

}  // namespace mlopsctl::serve
