// A connected stream, plain or TLS, as a connection uses it: one receive and one send at a time, told of their ends on the event loop's thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/generic/stream_protocol.hpp>

namespace mlopsctl::serve {

using Socket = boost::asio::generic::stream_protocol::socket;
using Fault = boost::system::error_code;

// Kept alive by what it waits for.
class TransportUser : public std::enable_shared_from_this<TransportUser> {
 public:
  virtual ~TransportUser() = default;
  virtual void on_open(const Fault& fault) = 0;  // the handshake is over
  virtual void on_received(const Fault& fault, std::string_view bytes) = 0;
  virtual void on_sent(const Fault& fault) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void open(std::shared_ptr<TransportUser> user) = 0;
  // Bytes are valid during on_received() only. Nothing is held while none come.
  virtual void receive(std::shared_ptr<TransportUser> user) = 0;
  // `head` and `body` must live until on_sent().
  virtual void send(std::shared_ptr<TransportUser> user, std::string_view head, std::string_view body) = 0;
  virtual void finish_sending(std::shared_ptr<TransportUser> user) = 0;  // the other side sees the end
  virtual void close() = 0;                                              // at once; what waits ends with a fault
  virtual bool has_bytes() = 0;                                          // something came that was not received yet
};

// `scratch` is the loop's, shared by its connections.
std::unique_ptr<Transport> plain_transport(Socket socket, std::span<char> scratch);

}  // namespace mlopsctl::serve
