// libssl, opened when TLS is first asked for: no other command pays for it at its start.
#pragma once

#include <openssl/ssl.h>

#include "pipeline/base/result.hpp"

namespace mlopsctl::serve {

// The functions we call.
struct Libssl {
  decltype(&TLS_server_method) server_method;
  decltype(&SSL_CTX_new) context_new;
  decltype(&SSL_CTX_free) context_free;
  decltype(&SSL_CTX_ctrl) context_ctrl;
  decltype(&SSL_CTX_set_options) context_set_options;
  decltype(&SSL_CTX_set_alpn_select_cb) context_set_alpn;
  decltype(&SSL_CTX_use_certificate_chain_file) context_use_chain;
  decltype(&SSL_CTX_use_PrivateKey_file) context_use_key;
  decltype(&SSL_CTX_check_private_key) context_check_key;
  decltype(&SSL_new) ssl_new;
  decltype(&SSL_free) ssl_free;
  decltype(&SSL_set_bio) set_bio;
  decltype(&SSL_set_accept_state) set_accept_state;
  decltype(&SSL_do_handshake) do_handshake;
  decltype(&SSL_read) read;
  decltype(&SSL_write) write;
  decltype(&SSL_shutdown) shutdown;
  decltype(&SSL_get_error) get_error;
  decltype(&SSL_pending) pending;
};

// One per process; an error where it is not installed.
Result<const Libssl*> libssl();

}  // namespace mlopsctl::serve
