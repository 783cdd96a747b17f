#include "stages/serve/http/server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/serve/client.hpp"

namespace mlopsctl::serve {
namespace {

using std::chrono::milliseconds;
using test::Client, test::get_request;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Keeps requests until they are let go.
class Gate {
 public:
  void hold(Reply reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
    changed_.notify_all();
  }
  void wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return replies_.size() >= count; });
  }
  void open() {
    std::vector<Reply> replies;
    {
      const std::lock_guard lock(mutex_);
      replies.swap(replies_);
    }
    for (const auto& reply : replies) reply(Response{200, "text/plain", {}, "late"});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reply> replies_;
};

// Answers with what came; /hold waits at the gate, /never is not answered.
struct Fixture {
  Gate gate;
  std::unique_ptr<Server> server;
  uint16_t port = 0;

  explicit Fixture(Limits limits = {}, const std::string& unix_socket = "", unsigned threads = 1) {
    const Handler handler = [this](Request& request, Reply reply) {
      if (request.path == "/hold") return gate.hold(std::move(reply));
      if (request.path == "/never") return;
      Response response;
      response.content_type = "text/plain";
      response.body = request.method + " " + request.path + " " + std::to_string(request.body.size());
      if (request.path != "/thread") return reply(std::move(response));
      std::thread([reply, response] { reply(response); }).detach();
    };
    ServerOptions options;
    options.limits = limits;
    options.threads = threads;
    options.endpoints.push_back({"127.0.0.1", 0, "", handler});
    if (!unix_socket.empty()) options.endpoints.push_back({"", 0, unix_socket, handler});
    auto started = Server::open(std::move(options));
    EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().message);
    server = std::move(started).value();
    server->run();
    port = server->port(0);
  }
  ~Fixture() {
    server->stop();
    gate.open();
  }
};

std::string post(const std::string& path, size_t size) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
}

TEST(Server, AnswersInOrderOnOneConnection) {
  Fixture fixture;
  Client client(fixture.port);
  std::string all;
  for (int i = 0; i < 50; ++i) all += get_request("/" + std::to_string(i)) + post("/thread", 10);
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.body(), "GET /" + std::to_string(i) + " 0");
    EXPECT_EQ(client.body(), "POST /thread 10");
  }
}

TEST(Server, HeadHasNoBody) {
  Fixture fixture;
  Client client(fixture.port);
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.send(get_request("/b", "Connection: close\r\n")));
  client.finish();
  const std::string answers = client.rest();
  EXPECT_THAT(answers, Not(HasSubstr("HEAD /a 0")));
  EXPECT_THAT(answers, HasSubstr("GET /b 0"));
}

// What a client that asks without reading leaves in its socket: as many answers as fit, then whatever was sent of what came next.
std::string unread(const std::string& folder, const std::string& requests, size_t& answers) {
  std::atomic<size_t> answered{0};
  Limits limits;
  limits.request_time = milliseconds(100);
  limits.write_time = milliseconds(600);
  ServerOptions options;
  options.limits = limits;
  options.endpoints.push_back({"", 0, folder + "/socket", [&](Request&, Reply reply) {
                                 ++answered;
                                 reply(Response{200, "text/plain", {}, "x"});
                               }});
  const auto server = Server::open(std::move(options)).value();
  server->run();
  Client client(folder + "/socket");
  EXPECT_TRUE(client.send(requests));
  // Until it gives up on the client, or on its last request.
  while (answered == 0 || (server->counts().connections > 0 && server->counts().timed_out == 0)) std::this_thread::yield();
  answers = answered;
  const std::string all = client.rest();
  const size_t last = all.rfind("\r\n\r\nx");
  return last == std::string::npos ? all : all.substr(last + 5);
}

// "100 Continue" that the client does not take: nothing may be written over it while it is on its way.
TEST(Server, AnInvitationThatIsNotTakenIsNotWrittenOver) {
  const mlopsctl::testing::TemporaryFolder folder;
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += get_request("/x");
  size_t answers = 0;
  unread(folder.path().string(), requests, answers);
  ASSERT_LT(answers, 1000u) << "the socket took them all";
  requests.clear();
  for (size_t i = 1; i < answers; ++i) requests += get_request("/x");  // those that fit
  requests += "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_THAT(unread(folder.path().string(), requests, answers), AnyOf("", "HTTP/1.1 100 Continue\r\n\r\n"));
}

TEST(Server, AClientThatHasJustComeIsAnsweredStill) {
  Fixture fixture;
  Client client(fixture.port);
  while (fixture.server->counts().connections == 0) std::this_thread::yield();
  bool whole = false;
  std::thread drain([&] { whole = fixture.server->drain(milliseconds(10'000)); });
  while (Client(fixture.port).connected()) std::this_thread::yield();  // until the door is closed
  client.send(get_request("/a"));
  EXPECT_EQ(client.body(), "GET /a 0");
  drain.join();
  EXPECT_TRUE(whole);
}

TEST(Server, AnEndingServerLeavesTheSocketOfItsSuccessor) {
  const mlopsctl::testing::TemporaryFolder folder;
  const std::string path = folder / "socket";
  auto old = std::make_unique<Fixture>(Limits(), path);
  Client busy(path);
  busy.send(get_request("/hold"));
  old->gate.wait_for(1);
  EXPECT_FALSE(old->server->drain(milliseconds(0)));
  Fixture next({}, path);
  old->gate.open();
  EXPECT_THAT(busy.body(), "late");
  old.reset();
  Client client(path);
  ASSERT_TRUE(client.connected());
  client.send(get_request("/a"));
  EXPECT_EQ(client.body(), "GET /a 0");
}

TEST(Server, LargeBodiesComeWhole) {
  Fixture fixture;
  Client client(fixture.port);
  client.send(post("/large", 2'000'000));
  EXPECT_EQ(client.body(), "POST /large 2000000");
  client.send(get_request("/small"));
  EXPECT_EQ(client.body(), "GET /small 0");
}

TEST(Server, AsksForABodyThatWaitsToBeAsked) {
  Fixture fixture;
  Client client(fixture.port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(client.body(), "POST /a 3");
}

TEST(Server, ARefusalIsSeenThoughTheClientStillSends) {
  Fixture fixture;
  Client client(fixture.port);
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  client.send(std::string(1'000'000, 'x'));
  const std::string answer = client.answer();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 413 Content Too Large"));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  client.finish();
  EXPECT_TRUE(client.closed());
}

TEST(Server, OneThatDripsIsCutOffAndOthersAreAnswered) {
  Limits limits;
  limits.header_time = milliseconds(300);
  Fixture fixture(limits);
  Client dripping(fixture.port), idle(fixture.port), other(fixture.port);
  dripping.send("GET / HT");
  other.send(get_request("/a"));
  EXPECT_EQ(other.body(), "GET /a 0");
  EXPECT_EQ(dripping.status(), "HTTP/1.1 408");
  dripping.finish();
  EXPECT_TRUE(dripping.closed());
  idle.send(get_request("/still"));
  EXPECT_EQ(idle.body(), "GET /still 0");
  EXPECT_EQ(fixture.server->counts().timed_out, 1u);
}

TEST(Server, ABodyThatDoesNotComeIsGivenUp) {
  Limits limits;
  limits.request_time = milliseconds(300);
  Fixture fixture(limits);
  Client client(fixture.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.status(), "HTTP/1.1 408");
}

TEST(Server, AHandlerThatDoesNotAnswerIsGivenUp) {
  Limits limits;
  limits.request_time = milliseconds(200);
  Fixture fixture(limits);
  Client never(fixture.port), late(fixture.port);
  never.send(get_request("/never"));
  late.send(get_request("/hold"));
  EXPECT_EQ(never.status(), "HTTP/1.1 504");
  EXPECT_EQ(late.status(), "HTTP/1.1 504");
  fixture.gate.open();  // too late: nobody may be hurt by it
  Client after(fixture.port);
  after.send(get_request("/a"));
  EXPECT_EQ(after.body(), "GET /a 0");
}

TEST(Server, AnIdleConnectionIsClosedInTime) {
  Limits limits;
  limits.idle_time = milliseconds(200);
  Fixture fixture(limits);
  Client idle(fixture.port);
  EXPECT_TRUE(idle.closed());
}

TEST(Server, BeyondTheCapTheLongestWaitGivesWay) {
  Limits limits;
  limits.connections = 3;
  Fixture fixture(limits);
  Client busy(fixture.port);
  busy.send(get_request("/hold"));
  fixture.gate.wait_for(1);
  Client first(fixture.port);
  first.send(get_request("/1"));
  EXPECT_EQ(first.body(), "GET /1 0");
  Client second(fixture.port);
  second.send(get_request("/2"));
  EXPECT_EQ(second.body(), "GET /2 0");
  Client third(fixture.port);
  third.send(get_request("/3"));
  EXPECT_EQ(third.body(), "GET /3 0");
  EXPECT_TRUE(first.closed());
  fixture.gate.open();
  EXPECT_EQ(busy.body(), "late");
  EXPECT_EQ(fixture.server->counts().evicted, 1u);
}

TEST(Server, AClientThatLeavesHurtsNobody) {
  Fixture fixture;
  for (int i = 0; i < 20; ++i) {
    Client client(fixture.port);
    client.send(i % 2 == 0 ? get_request("/hold") : get_request("/a").substr(0, 10));
  }
  fixture.gate.wait_for(10);
  fixture.gate.open();
  Client client(fixture.port);
  client.send(get_request("/a"));
  EXPECT_EQ(client.body(), "GET /a 0");
}

TEST(Server, DrainFinishesWhatIsUnderWayAndNothingElse) {
  Fixture fixture;
  Client idle(fixture.port), busy(fixture.port);
  idle.send(get_request("/a"));
  EXPECT_EQ(idle.body(), "GET /a 0");
  busy.send(get_request("/hold"));
  fixture.gate.wait_for(1);
  std::thread later([&] {
    EXPECT_TRUE(idle.closed());
    EXPECT_FALSE(Client(fixture.port).connected());
    fixture.gate.open();
    const std::string answer = busy.answer();
    EXPECT_THAT(answer, HasSubstr("late"));
    EXPECT_THAT(answer, HasSubstr("connection: close"));
    busy.finish();
  });
  EXPECT_TRUE(fixture.server->drain(milliseconds(10'000)));
  later.join();
}

TEST(Server, DrainCutsOffWhatTakesTooLong) {
  Fixture fixture;
  Client busy(fixture.port);
  busy.send(get_request("/hold"));
  fixture.gate.wait_for(1);
  EXPECT_FALSE(fixture.server->drain(milliseconds(50)));
}

TEST(Server, ListensOnAUnixSocketAndTakesOverADeadOnes) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "s";
  { Fixture fixture({}, path); }
  EXPECT_FALSE(std::filesystem::exists(path));
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);  // what a killed server leaves
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ::close(left);
  Fixture fixture({}, path);
  Client client(path);
  client.send(get_request("/a"));
  EXPECT_EQ(client.body(), "GET /a 0");
  ServerOptions again;
  again.endpoints.push_back({"", 0, path, nullptr});
  const auto second = Server::open(std::move(again));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "cannot listen on " + path + ": another server answers there");
}

TEST(Server, SaysWhyItCannotListen) {
  Fixture fixture;
  ServerOptions options;
  options.endpoints.push_back({"127.0.0.1", fixture.port, "", nullptr});
  const auto second = Server::open(std::move(options));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1:" + std::to_string(fixture.port) + ": Address already in use");
  EXPECT_EQ(second.error().hint, "stop the other program, or take another port");
}

TEST(Server, ManyClientsOnSeveralLoops) {
  Fixture fixture({}, "", 3);
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&] {
      Client client(fixture.port);
      for (int n = 0; n < 200; ++n) {
        client.send(post(n % 3 == 0 ? "/thread" : "/a", n % 50 == 0 ? 50'000 : 5));
        ASSERT_THAT(client.body(), HasSubstr("POST /"));
      }
    });
  for (auto& client : clients) client.join();
}

}  // namespace
}  // namespace mlopsctl::serve
