#include "stages/serve/http/libssl.hpp"

#include <dlfcn.h>

#include <string>

namespace mlopsctl::serve {

namespace {

struct Loaded {
  Libssl functions{};
  std::string fault;
};

Loaded load() {
  Loaded loaded;
  void* const library = ::dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return loaded.fault = ::dlerror(), loaded;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    if (function == nullptr && loaded.fault.empty()) loaded.fault = std::string("libssl.so.3 has no ") + name;
  };
  Libssl& ssl = loaded.functions;
  find(ssl.server_method, "TLS_server_method");
  find(ssl.context_new, "SSL_CTX_new");
  find(ssl.context_free, "SSL_CTX_free");
  find(ssl.context_ctrl, "SSL_CTX_ctrl");
  find(ssl.context_set_options, "SSL_CTX_set_options");
  find(ssl.context_set_alpn, "SSL_CTX_set_alpn_select_cb");
  find(ssl.context_use_chain, "SSL_CTX_use_certificate_chain_file");
  find(ssl.context_use_key, "SSL_CTX_use_PrivateKey_file");
  find(ssl.context_check_key, "SSL_CTX_check_private_key");
  find(ssl.ssl_new, "SSL_new");
  find(ssl.ssl_free, "SSL_free");
  find(ssl.set_bio, "SSL_set_bio");
  find(ssl.set_accept_state, "SSL_set_accept_state");
  find(ssl.do_handshake, "SSL_do_handshake");
  find(ssl.read, "SSL_read");
  find(ssl.write, "SSL_write");
  find(ssl.shutdown, "SSL_shutdown");
  find(ssl.get_error, "SSL_get_error");
  find(ssl.pending, "SSL_pending");
  return loaded;
}

}  // namespace

Result<const Libssl*> libssl() {
  static const Loaded loaded = load();
  if (!loaded.fault.empty()) return config_error("libssl cannot be opened: " + loaded.fault).with_hint("install it: apt-get install libssl3");
  return &loaded.functions;
}

}  // namespace mlopsctl::serve
