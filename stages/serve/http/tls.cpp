#include "stages/serve/http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "stages/serve/http/libssl.hpp"

namespace mlopsctl::serve {

namespace {

namespace asio = boost::asio;

constexpr size_t record_bytes = size_t{17} << 10;  // a whole record and a little

std::string why() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "it cannot be read" : reason;
}

// HTTP/1.1 where the client names protocols.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size, void*) {
  constexpr std::string_view wanted = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1u + offered[at]) {
    if (at + 1u + offered[at] > offered_size || std::string_view(reinterpret_cast<const char*>(offered) + at + 1, offered[at]) != wanted) continue;
    *chosen = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Error unusable(const std::string& path, const std::string& reason, std::string hint) {
  return config_error("cannot use " + path + " for TLS: " + reason).with_hint(std::move(hint));
}

}  // namespace

struct TlsContext::Impl {
  explicit Impl(const Libssl& functions) : ssl(functions), context(ssl.context_new(ssl.server_method())) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  const Libssl& ssl;
  SSL_CTX* context;
  ~Impl() { ssl.context_free(context); }
};

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::string& certificate, const std::string& key) {
  TRY_ASSIGN(const Libssl* ssl, libssl());
  for (const auto& path : {certificate, key})
    if (::access(path.c_str(), R_OK) != 0) return unusable(path, std::strerror(errno), "name PEM files: --tls-cert FILE --tls-key FILE");
  auto impl = std::make_shared<Impl>(*ssl);
  SSL_CTX* const context = impl->context;
  ssl->context_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, nullptr);
  ssl->context_ctrl(context, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, nullptr);
  ssl->context_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  ssl->context_set_alpn(context, &choose_protocol, nullptr);
  ERR_clear_error();
  if (ssl->context_use_chain(context, certificate.c_str()) != 1)
    return unusable(certificate, why(), "it has to hold the server's certificate as PEM, and after it those that lead to a known authority");
  if (ssl->context_use_key(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable(key, why(), "it has to hold the certificate's private key as PEM, without a passphrase");
  if (ssl->context_check_key(context) != 1) return unusable(key, why(), "it has to be the key of " + certificate);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

namespace {

class Tls final : public Transport {
 public:
  Tls(std::shared_ptr<const void> context, const Libssl& ssl, SSL_CTX* of, Socket socket, std::span<char> scratch)
      : context_(std::move(context)),
        ssl_(ssl),
        session_(ssl.ssl_new(of)),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())),
        socket_(std::move(socket)),
        scratch_(scratch) {
    ssl_.set_bio(session_, in_, out_);
    ssl_.set_accept_state(session_);
    Fault ignored;
    socket_.non_blocking(true, ignored);
  }
  ~Tls() override { ssl_.ssl_free(session_); }

  void open(std::shared_ptr<TransportUser> user) override {
    ERR_clear_error();
    const int done = ssl_.do_handshake(session_);
    const int state = done == 1 ? SSL_ERROR_NONE : ssl_.get_error(session_, done);
    flush(user);
    if (state == SSL_ERROR_NONE) return user->on_open({});
    if (state != SSL_ERROR_WANT_READ) return user->on_open(asio::error::connection_refused);
    more(std::move(user), [this](const Fault& fault, std::shared_ptr<TransportUser> who) { return fault ? who->on_open(fault) : open(std::move(who)); });
  }

  void receive(std::shared_ptr<TransportUser> user) override {
    if (ssl_.pending(session_) > 0 || BIO_ctrl_pending(in_) > 0) {  // later: the caller may be inside on_received()
      asio::post(socket_.get_executor(), [this, user = std::move(user)]() mutable { read(std::move(user)); });
      return;
    }
    more(std::move(user),
         [this](const Fault& fault, std::shared_ptr<TransportUser> who) { return fault ? who->on_received(fault, {}) : read(std::move(who)); });
  }

  void send(std::shared_ptr<TransportUser> user, std::string_view head, std::string_view body) override {
    plain_[0] = head, plain_[1] = body;
    waiting_ = std::move(user);
    flush(waiting_);
  }

  void finish_sending(std::shared_ptr<TransportUser> user) override {
    ERR_clear_error();
    ssl_.shutdown(session_);
    finished_ = true;
    flush(std::move(user));
  }

  void close() override {
    Fault ignored;
    socket_.close(ignored);
    plain_[0] = plain_[1] = {};
    waiting_.reset();
  }

  bool has_bytes() override {
    Fault ignored;
    return ssl_.pending(session_) > 0 || socket_.available(ignored) > 0;
  }

 private:
  // More encrypted bytes from the socket; then `next`.
  template <typename Next>
  void more(std::shared_ptr<TransportUser> user, Next next) {
    socket_.async_wait(Socket::wait_read, [this, user = std::move(user), next](const Fault& fault) mutable {
      if (fault) return next(fault, std::move(user));
      Fault read_fault;
      const size_t size = socket_.read_some(asio::buffer(scratch_.data(), std::min(scratch_.size(), record_bytes)), read_fault);
      if (read_fault == asio::error::would_block) return more(std::move(user), next);
      if (!read_fault) BIO_write(in_, scratch_.data(), static_cast<int>(size));
      next(read_fault, std::move(user));
    });
  }

  void read(std::shared_ptr<TransportUser> user) {
    ERR_clear_error();
    const int size = ssl_.read(session_, scratch_.data(), static_cast<int>(scratch_.size()));
    const int state = size > 0 ? SSL_ERROR_NONE : ssl_.get_error(session_, size);
    flush(user);
    if (size > 0) return user->on_received({}, {scratch_.data(), static_cast<size_t>(size)});
    if (state == SSL_ERROR_WANT_READ) return receive(std::move(user));
    user->on_received(state == SSL_ERROR_ZERO_RETURN ? Fault(asio::error::eof) : Fault(asio::error::connection_reset), {});
  }

  // Encrypts the next record of what is to be sent; false: there is none, or it cannot be (then what waits has been told).
  bool encrypt_more() {
    std::string_view& piece = plain_[0].empty() ? plain_[1] : plain_[0];
    if (piece.empty()) return false;
    ERR_clear_error();
    const int size = ssl_.write(session_, piece.data(), static_cast<int>(std::min(piece.size(), size_t{16} << 10)));
    if (size > 0) return piece.remove_prefix(static_cast<size_t>(size)), true;
    plain_[0] = plain_[1] = {};
    if (auto told = std::exchange(waiting_, nullptr)) asio::post(socket_.get_executor(), [told] { told->on_sent(asio::error::connection_reset); });
    return false;
  }

  // Sends what TLS has to say, a record at a time; then what waits for it is told.
  void flush(std::shared_ptr<TransportUser> user) {
    if (!outgoing_.empty()) return;
    if (BIO_ctrl_pending(out_) == 0) encrypt_more();
    outgoing_.resize(BIO_ctrl_pending(out_));
    if (outgoing_.empty()) {
      if (finished_) {
        Fault ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
      }
      if (auto told = std::exchange(waiting_, nullptr)) told->on_sent({});
      return;
    }
    BIO_read(out_, outgoing_.data(), static_cast<int>(outgoing_.size()));
    asio::async_write(socket_, asio::buffer(outgoing_), [this, user = std::move(user)](const Fault& fault, size_t) mutable {
      std::string().swap(outgoing_);  // a connection that waits holds nothing
      if (!fault) return flush(std::move(user));
      if (auto told = std::exchange(waiting_, nullptr)) told->on_sent(fault);
    });
  }

  std::shared_ptr<const void> context_;
  const Libssl& ssl_;
  SSL* session_;
  BIO *in_, *out_;  // encrypted; the session's
  Socket socket_;
  std::span<char> scratch_;
  std::string_view plain_[2];               // head and body, what is not encrypted yet
  std::string outgoing_;                    // being sent
  std::shared_ptr<TransportUser> waiting_;  // for all of it to be sent
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Transport> TlsContext::transport(Socket socket, std::span<char> scratch) const {
  return std::make_unique<Tls>(impl_, impl_->ssl, impl_->context, std::move(socket), scratch);
}

}  // namespace mlopsctl::serve
