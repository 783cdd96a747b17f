#include "stages/serve/http/transport.hpp"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

namespace mlopsctl::serve {

namespace {

namespace asio = boost::asio;

class Plain final : public Transport {
 public:
  Plain(Socket socket, std::span<char> scratch) : socket_(std::move(socket)), scratch_(scratch) {
    Fault ignored;
    socket_.non_blocking(true, ignored);
  }

  void open(std::shared_ptr<TransportUser> user) override { user->on_open({}); }

  void receive(std::shared_ptr<TransportUser> user) override {
    socket_.async_wait(Socket::wait_read, [this, user = std::move(user)](const Fault& fault) mutable {
      if (fault) return user->on_received(fault, {});
      Fault read_fault;
      const size_t size = socket_.read_some(asio::buffer(scratch_.data(), scratch_.size()), read_fault);
      if (read_fault == asio::error::would_block) return receive(std::move(user));
      user->on_received(read_fault, {scratch_.data(), size});
    });
  }

  void send(std::shared_ptr<TransportUser> user, std::string_view head, std::string_view body) override {
    const std::array<asio::const_buffer, 2> pieces = {asio::const_buffer(head.data(), head.size()), asio::const_buffer(body.data(), body.size())};
    asio::async_write(socket_, pieces, [user = std::move(user)](const Fault& fault, size_t) { user->on_sent(fault); });
  }

  void finish_sending(std::shared_ptr<TransportUser>) override {
    Fault ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

  void close() override {
    Fault ignored;
    socket_.close(ignored);
  }

  bool has_bytes() override {
    Fault ignored;
    return socket_.available(ignored) > 0;
  }

 private:
  Socket socket_;
  std::span<char> scratch_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(Socket socket, std::span<char> scratch) { return std::make_unique<Plain>(std::move(socket), scratch); }

}  // namespace mlopsctl::serve
