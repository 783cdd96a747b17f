#include "stages/serve/http/connection.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/error.hpp>

#include "stages/serve/http/event_loop.hpp"
#include "stages/serve/http/response_head.hpp"
#include "stages/serve/problem.hpp"

namespace mlopsctl::serve {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds linger_time{2000};
constexpr size_t linger_bytes = size_t{4} << 20;
constexpr size_t large_body = size_t{16} << 10;  // parsed where no other connection waits for it
constexpr milliseconds drain_time{1000};         // for the request of a connection that was accepted last
constexpr milliseconds slow_time{5000};          // at the end, for the rest of a request that has begun
constexpr milliseconds late{200};                // how much later than the handler the connection gives up

}  // namespace

Connection::Connection(EventLoop& loop, std::unique_ptr<Transport> transport, std::shared_ptr<const Handler> handler, std::string peer)
    : loop_(loop), transport_(std::move(transport)), handler_(std::move(handler)), peer_(std::move(peer)), reader_(loop.state().limits, loop.state().held) {
  ++loop_.state().connections;
}

Connection::~Connection() {
  loop_.state().held -= held_;
  --loop_.state().connections;
}

void Connection::start(Place place) {
  place_ = place;
  list_ = &loop_.waiting();
  enter(Phase::opening, loop_.state().limits.header_time);
  transport_->open(shared_from_this());
}

void Connection::enter(Phase phase, milliseconds time) {
  phase_ = phase;
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Connection::move_to(std::list<std::shared_ptr<Connection>>& list) {
  list.splice(list.end(), *list_, place_);
  list_ = &list;
}

void Connection::close() {
  if (list_ == nullptr) return;
  const auto self = shared_from_this();
  transport_->close();
  list_->erase(place_);
  list_ = nullptr;
}

void Connection::close_if_idle() {
  if (phase_ == Phase::waiting && serial_ > 0 && !transport_->has_bytes()) return close();
  // One that has only just come is about to ask.
  if (phase_ == Phase::waiting) deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + drain_time);
  if (phase_ == Phase::reading) deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + slow_time);
}

void Connection::look_at_clock(SteadyTime now) {
  if (list_ == nullptr || now < deadline_) return;
  if (phase_ == Phase::reading || phase_ == Phase::working) ++loop_.state().timed_out;
  if (phase_ == Phase::reading) refuse(408, "the request did not arrive in time");
  else if (phase_ == Phase::working) {
    ++serial_;  // the handler's answer comes too late
    keep_alive_ = false;
    answer(problem(504, "the request was not answered in time"), false);
  } else {
    close();
  }
}

void Connection::receive() {
  if (receiving_) return;
  receiving_ = true;
  transport_->receive(shared_from_this());
}

void Connection::on_open(const Fault& fault) {
  if (list_ == nullptr) return;
  if (fault) return close();
  enter(Phase::waiting, loop_.state().draining ? drain_time : loop_.state().limits.idle_time);
  receive();
}

void Connection::on_received(const Fault& fault, std::string_view bytes) {
  receiving_ = false;
  if (list_ == nullptr) return;
  if (phase_ == Phase::writing) return;  // refused while this was on its way
  if (fault) return close();
  if (phase_ == Phase::lingering) {
    lingered_ += bytes.size();
    if (lingered_ > linger_bytes) return close();
    return receive();
  }
  consume(bytes);
}

void Connection::consume(std::string_view bytes) {
  if (phase_ == Phase::waiting) {
    enter(Phase::reading, loop_.state().limits.header_time);
    request_deadline_ = std::chrono::steady_clock::now() + loop_.state().limits.request_time;
  }
  const size_t taken = reader_.feed(bytes);
  switch (reader_.state()) {
    case RequestReader::State::complete:
      pending_ = bytes.substr(taken);
      return hand_on();
    case RequestReader::State::refused:
      return refuse(reader_.refusal().status, reader_.refusal().detail);
    case RequestReader::State::empty:
      phase_ = Phase::waiting;
      break;
    case RequestReader::State::body:
      deadline_ = request_deadline_;
      if (reader_.take_expectation()) {
        head_ = "HTTP/1.1 100 Continue\r\n\r\n";
        enter(Phase::inviting, loop_.state().limits.write_time);
        return transport_->send(shared_from_this(), head_, {});
      }
      break;
    case RequestReader::State::header:
      break;
  }
  receive();
}

std::string Connection::new_id() {
  auto& state = loop_.state();
  char digits[16];
  return state.id_prefix + std::string(digits, std::to_chars(digits, digits + sizeof digits, ++state.next_id, 16).ptr);
}

void Connection::hand_on() {
  auto& state = loop_.state();
  const auto request = std::make_shared<Request>(reader_.take());
  request->id = id_ = new_id();
  request->client = peer_;
  request->deadline = request_deadline_;
  keep_alive_ = reader_.keep_alive();
  is_head_ = request->method == "HEAD";
  held_ = request->body.capacity();
  state.held += held_;
  move_to(loop_.working());
  phase_ = Phase::working;
  deadline_ = request_deadline_ + late;

  // Other threads never hold the connection: it ends on the loop's.
  Reply reply = [weak = weak_from_this(), door = loop_.door(), request, serial = ++serial_](Response response) {
    const auto deliver = [](const std::weak_ptr<TransportUser>& to, uint64_t number, Response what) {
      if (const auto self = std::static_pointer_cast<Connection>(to.lock())) self->deliver(number, std::move(what));
    };
    if (door->here()) return deliver(weak, serial, std::move(response));
    door->post([deliver, weak, serial, response = std::move(response)]() mutable { deliver(weak, serial, std::move(response)); });
  };
  if (request->body.size() < large_body) return (*handler_)(*request, std::move(reply));
  state.elsewhere([handler = handler_, request, reply = std::move(reply)]() mutable { (*handler)(*request, std::move(reply)); });
}

void Connection::deliver(uint64_t serial, Response response) {
  if (list_ == nullptr || serial != serial_ || phase_ != Phase::working) return;
  answer(std::move(response), keep_alive_ && !loop_.state().draining);
}

void Connection::answer(Response response, bool keep_alive) {
  loop_.state().held -= std::exchange(held_, 0);
  keep_alive_ = keep_alive;
  head_ = response_head(response, keep_alive, id_);
  body_ = is_head_ ? std::string() : std::move(response.body);
  enter(Phase::writing, loop_.state().limits.write_time);
  transport_->send(shared_from_this(), head_, body_);
}

void Connection::refuse(int status, std::string detail) {
  auto& state = loop_.state();
  ++state.refused;
  id_ = new_id();
  if (state.on_outside) state.on_outside({status, detail, peer_, id_});
  Response response = problem(status, detail);
  if (status == 503) response.headers.push_back({"retry-after", "1"});
  is_head_ = false;
  answer(std::move(response), false);
}

void Connection::on_sent(const Fault& fault) {
  if (list_ == nullptr) return;
  if (fault) return close();
  if (phase_ == Phase::inviting) {
    phase_ = Phase::reading;
    deadline_ = request_deadline_;
    return receive();
  }
  if (!keep_alive_) {
    transport_->finish_sending(shared_from_this());
    lingered_ = 0;
    enter(Phase::lingering, linger_time);
    return receive();
  }
  std::string().swap(body_);  // a connection that waits holds nothing
  move_to(loop_.waiting());
  enter(Phase::waiting, loop_.state().limits.idle_time);
  if (!pending_.empty()) return consume(std::exchange(pending_, {}));
  if (loop_.state().draining) return close();
  receive();
}

}  // namespace mlopsctl::serve
