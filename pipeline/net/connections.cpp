#include "pipeline/net/connections.hpp"

namespace mlopsctl::net {

Connections::~Connections() {
  if (easy_ != nullptr) curl_->easy_cleanup(easy_);
}

Result<CURL*> Connections::handle() {
  if (easy_ != nullptr) return curl_->easy_reset(easy_), easy_;
  TRY_ASSIGN(curl_, libcurl());
  easy_ = curl_->easy_init();
  if (easy_ == nullptr) return stage_error("libcurl has no memory left");
  return easy_;
}

}  // namespace mlopsctl::net
