// Connections kept between the requests of one client: a handle of libcurl, which holds them.
#pragma once

#include "pipeline/net/libcurl.hpp"

namespace mlopsctl::net {

class Connections {
 public:
  Connections() = default;
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // The handle with all options as libcurl sets them; an error where there is no libcurl.
  Result<CURL*> handle();

 private:
  const Libcurl* curl_ = nullptr;
  CURL* easy_ = nullptr;
};

}  // namespace mlopsctl::net
