#include "pipeline/net/libcurl.hpp"

#include <dlfcn.h>

#include <string>

namespace mlopsctl::net {

namespace {

struct Loaded {
  Libcurl functions{};
  std::string fault;
};

Loaded load() {
  Loaded loaded;
  void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return loaded.fault = ::dlerror(), loaded;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    if (function == nullptr && loaded.fault.empty()) loaded.fault = std::string("libcurl.so.4 has no ") + name;
  };
  Libcurl& curl = loaded.functions;
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_perform, "curl_easy_perform");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_setopt, "curl_multi_setopt");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_info_read, "curl_multi_info_read");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.easy_reset, "curl_easy_reset");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  decltype(&curl_global_init) global_init = nullptr;
  find(global_init, "curl_global_init");
  if (loaded.fault.empty() && global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) loaded.fault = "libcurl.so.4 cannot be made ready";
  return loaded;
}

}  // namespace

Result<const Libcurl*> libcurl() {
  static const Loaded loaded = load();
  if (!loaded.fault.empty()) return config_error("libcurl cannot be opened: " + loaded.fault).with_hint("install it: apt-get install libcurl4");
  return &loaded.functions;
}

int look_around(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return static_cast<const CancelToken*>(token)->cancelled() ? 1 : 0; }

bool before_sending(CURLcode code) { return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT; }

bool may_go_better(CURLcode code) {
  return before_sending(code) || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
         code == CURLE_SEND_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM || code == CURLE_SSL_CONNECT_ERROR;
}

}  // namespace mlopsctl::net
