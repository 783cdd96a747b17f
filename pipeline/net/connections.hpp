// Connections kept between the requests of one client: a multi handle of libcurl, which holds them, and the easy handles that were used with it.
#pragma once

#include <vector>

#include "pipeline/net/libcurl.hpp"

namespace mlopsctl::net {

class Connections {
 public:
  Connections() = default;
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // An error where there is no libcurl.
  Result<CURLM*> multi();
  // A handle with all options as libcurl sets them, until it is given back.
  Result<CURL*> take();
  void give_back(CURL* easy);
  // The next request connects anew. Not while one is under way.
  void forget();

 private:
  const Libcurl* curl_ = nullptr;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> free_;
};

}  // namespace mlopsctl::net
