// The proxy of tests/e2e/faults/proxy before an API server, which does wrong what a test tells it to.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "pipeline/k8s/api.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::testing {

class ApiProxy {
 public:
  // Nothing: there is no Go to build it with.
  static std::unique_ptr<ApiProxy> start(const std::string& server, const std::string& ca_file) {
    FILE* const out =
        ::popen(((source_root() / "tests/support/go-tools.sh").string() + " local " + (source_root() / "tests/e2e/faults/proxy").string()).c_str(), "r");
    char line[4096] = "";
    const bool told = out != nullptr && std::fgets(line, sizeof line, out) != nullptr;
    const int ended = out == nullptr ? -1 : ::pclose(out);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 77) return nullptr;
    if (!told || ended != 0) throw std::runtime_error("the proxy does not build");
    std::string program(line);
    while (program.ends_with('\n')) program.pop_back();
    return std::unique_ptr<ApiProxy>(new ApiProxy(program, server.substr(server.find("//") + 2), ca_file));
  }
  ~ApiProxy() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ApiProxy(const ApiProxy&) = delete;
  ApiProxy& operator=(const ApiProxy&) = delete;

  // What goes wrong from now on (see the proxy); numbers count from here.
  void plan(const std::string& text) {
    std::filesystem::remove(folder_ / "used");
    folder_.write("plan", text + "\n#" + std::to_string(++plans_));  // another text each time: it counts anew
  }
  bool used() const { return std::filesystem::exists(folder_ / "used"); }

  // As the server's admin, over HTTP2 or HTTP1; a request may be silent for `still`.
  k8s::Api connect(const std::string& protocol, int tries, std::chrono::milliseconds still, const Clock& clock, const CancelToken& cancel,
                   const std::string& token_file = {}) const {
    k8s::Access access;
    access.server = "https://" + address(protocol);
    access.ca_file = (folder_ / "ca.crt").string();
    access.token_file = token_file;
    if (token_file.empty()) access.token = "admin-token";
    k8s::ApiOptions options;
    options.tries = tries;
    options.still = still;
    options.first_wait = std::chrono::milliseconds(5);
    options.per_second = 10'000;
    auto api = k8s::Api::connect(access, options, clock, cancel);
    if (!api) throw std::runtime_error(api.error().message);
    return std::move(api).value();
  }

 private:
  ApiProxy(const std::string& program, const std::string& server, const std::string& ca_file) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(ends[0], 0);
      ::close(ends[1]);
      ::execl(program.c_str(), "proxy", folder_.path().c_str(), server.c_str(), ca_file.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[0]);
    stdin_ = FileDescriptor(ends[1]);
    while (!std::filesystem::exists(folder_ / "ready")) {
      if (::waitpid(process_, nullptr, WNOHANG) != 0) throw std::runtime_error("the proxy ended");
      ::usleep(10'000);
    }
  }
  std::string address(const std::string& protocol) const {
    std::ifstream ready(folder_ / "ready");
    for (std::string line; std::getline(ready, line);)
      if (line.starts_with(protocol + "=")) return line.substr(protocol.size() + 1);
    return {};
  }

  TemporaryFolder folder_;
  pid_t process_ = 0;
  FileDescriptor stdin_;
  int plans_ = 0;
};

}  // namespace mlopsctl::testing
