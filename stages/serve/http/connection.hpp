// Connection: requests of one client, one after the other, in the order they came; answers in that order.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "stages/serve/http/request_reader.hpp"
#include "stages/serve/http/server.hpp"
#include "stages/serve/http/transport.hpp"

namespace mlopsctl::serve {

class EventLoop;

class Connection final : public TransportUser {
 public:
  using Place = std::list<std::shared_ptr<Connection>>::iterator;

  Connection(EventLoop& loop, std::unique_ptr<Transport> transport, std::shared_ptr<const Handler> handler, std::string peer);
  ~Connection() override;

  void start(Place place);
  void close();          // at once
  void close_if_idle();  // unless part of a request is there; its rest has to come soon
  void look_at_clock(SteadyTime now);

  void on_open(const Fault& fault) override;
  void on_received(const Fault& fault, std::string_view bytes) override;
  void on_sent(const Fault& fault) override;

 private:
  enum class Phase {
    opening,
    waiting,   // for the first byte of a request
    reading,   // its header or body
    inviting,  // "100 Continue" is on its way; nothing else may be sent
    working,   // the handler has it
    writing,   // the answer
    lingering  // said all it will say; reads on a little, so that the client gets to see it
  };

  void enter(Phase phase, std::chrono::milliseconds time);
  void receive();
  void move_to(std::list<std::shared_ptr<Connection>>& list);
  void consume(std::string_view bytes);
  void hand_on();
  void deliver(uint64_t serial, Response response);
  void answer(Response response, bool keep_alive);
  std::string new_id();
  void refuse(int status, std::string detail);

  EventLoop& loop_;
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<const Handler> handler_;
  std::string peer_;
  RequestReader reader_;
  Phase phase_ = Phase::opening;
  SteadyTime deadline_{}, request_deadline_{};
  Place place_{};
  std::list<std::shared_ptr<Connection>>* list_ = nullptr;  // null: closed
  std::string pending_;                                     // came behind the request that is being worked on
  std::string id_, head_, body_;
  uint64_t serial_ = 0;  // of the request being worked on
  size_t held_ = 0, lingered_ = 0;
  bool keep_alive_ = false, is_head_ = false, receiving_ = false;
};

}  // namespace mlopsctl::serve
