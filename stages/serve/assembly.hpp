// Assembly: the parts behind the sockets, each made of what the user said: the scorer, the wire formats, the store, the pages.
#pragma once

#include "stages/serve/scoring/model_source.hpp"
#include "stages/serve/service.hpp"
#include "stages/serve/web/card.hpp"

namespace mlopsctl::serve {

struct AssemblyOptions {
  ModelSource model;
  std::optional<ModelSource> shadow{};
  int scoring_threads = 0;          // 0: one a core
  size_t queue_requests = 4096;     // that wait to be scored; 503 beyond
  std::vector<std::string> apis{};  // wire formats besides those that are always there
  std::string store{};              // see store::resolve_address(); empty: none
  double record = 0;                // share of the requests that the store keeps
  bool redact = true;
  std::chrono::hours retention{};  // of what is kept; 0: for ever
  std::filesystem::path spool{};
  web::ReleaseOf release{};                                                 // may be null
  std::function<void(const std::string&)> say = [](const std::string&) {};  // sentences for people, from any thread
};

Result<Parts> assemble(const AssemblyOptions& options, const Hooks& hooks);

}  // namespace mlopsctl::serve
