// Certificates, against openssl's own server.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

#include "pipeline/base/files.hpp"
#include "pipeline/net/client.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::net {
namespace {

// `openssl s_server` for 127.0.0.1 with a certificate that nobody knows. It speaks HTTP and answers 200 to everything.
class TlsServer {
 public:
  explicit TlsServer(const std::vector<std::string>& options) {
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout '" +
        (folder / "key").string() + "' -out '" + certificate() + "' 2>'" + (folder / "log").string() + "'";
    if (std::system(make.c_str()) != 0) return;
    int pipe[2];
    if (::pipe(pipe) != 0) return;
    std::vector<std::string> words{"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate(), "-key", (folder / "key").string()};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(pipe[1], 1);
      ::dup2(pipe[1], 2);
      ::close(pipe[0]);
      ::execvp("openssl", arguments.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    const std::unique_ptr<FILE, int (*)(FILE*)> said(::fdopen(pipe[0], "r"), &::fclose);
    for (char line[256]; said && port_.empty() && std::fgets(line, sizeof line, said.get()) != nullptr;)
      if (const std::string text(line); text.starts_with("ACCEPT ")) port_ = text.substr(text.rfind(':') + 1, text.find_last_not_of("\n") - text.rfind(':'));
  }
  ~TlsServer() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  bool there() const { return !port_.empty(); }
  std::string url() const { return "https://127.0.0.1:" + port_ + "/"; }
  std::string certificate() const { return (folder / "certificate").string(); }
  testing::TemporaryFolder folder;

 private:
  pid_t child_ = -1;
  std::string port_;
};

Result<Response> get(const std::string& url, const std::string& ca_file) {
  const testing::ManualClock clock;
  const CancelToken cancel;
  ClientOptions options;
  options.ca_file = ca_file;
  options.tries = 2;
  return Client(options, clock, cancel).send({"GET", url, {}, ""});
}

TEST(Tls, TrustsOnlyWhomItIsToldTo) {
  const TlsServer server({});
  if (!server.there()) GTEST_SKIP() << "openssl s_server does not start here";
  const auto stranger = get(server.url(), "");
  ASSERT_FALSE(stranger.ok());
  EXPECT_EQ(stranger.error().message, "GET " + server.url() + ": SSL peer certificate or SSH remote key was not OK");
  EXPECT_EQ(stranger.error().hint, "name the file of certificates to trust in SSL_CERT_FILE, or mend the server's certificate");
  const auto known = get(server.url(), server.certificate());
  ASSERT_TRUE(known.ok()) << known.error().message;
  EXPECT_EQ(known->head.status, 200);
  const std::string other_name = "https://localhost" + server.url().substr(server.url().rfind(':'));
  EXPECT_EQ(get(other_name, server.certificate()).error().message, "GET " + other_name + ": SSL peer certificate or SSH remote key was not OK");
}

TEST(Tls, RefusesOldVersions) {
  const TlsServer server({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  if (!server.there()) GTEST_SKIP() << "openssl s_server does not start here";
  const auto answer = get(server.url(), server.certificate());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "GET " + server.url() + ": SSL connect error; tried 2 times");
}

}  // namespace
}  // namespace mlopsctl::net
