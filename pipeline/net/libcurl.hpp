// libcurl, opened when it is first asked for: it brings thirty shared libraries that no command at start-up should pay for.
#pragma once

#include <curl/curl.h>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::net {

// The functions we call.
struct Libcurl {
  decltype(&curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_multi_init) multi_init;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_perform) multi_perform;
  decltype(&curl_multi_poll) multi_poll;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

// One per process, made ready for use from any thread; an error where it is not installed.
Result<const Libcurl*> libcurl();

// CURLOPT_XFERINFOFUNCTION with a const CancelToken* as its data: ends the transfer when that is cancelled.
int look_around(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

// Nothing can have been sent; and whether another try may go better.
bool before_sending(CURLcode code);
bool may_go_better(CURLcode code);

}  // namespace mlopsctl::net
