#include "pipeline/net/connections.hpp"

namespace mlopsctl::net {

namespace {

Error no_memory() { return stage_error("libcurl has no memory left"); }

// To a server that takes one request at a time on a connection.
constexpr long most_connections = 4;

}  // namespace

Connections::~Connections() { forget(); }

Result<CURLM*> Connections::multi() {
  if (multi_ != nullptr) return multi_;
  TRY_ASSIGN(curl_, libcurl());
  multi_ = curl_->multi_init();
  if (multi_ == nullptr) return no_memory();
  curl_->multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, most_connections);
  return multi_;
}

Result<CURL*> Connections::take() {
  if (free_.empty()) free_.push_back(curl_->easy_init());
  CURL* const easy = free_.back();
  free_.pop_back();
  if (easy == nullptr) return no_memory();
  return easy;
}

void Connections::give_back(CURL* easy) {
  curl_->easy_reset(easy);
  free_.push_back(easy);
}

void Connections::forget() {
  for (CURL* easy : free_) curl_->easy_cleanup(easy);
  free_.clear();
  if (multi_ != nullptr) curl_->multi_cleanup(multi_);
  multi_ = nullptr;
}

}  // namespace mlopsctl::net
