// A real PostgreSQL for one test: a cluster of its own, in a folder of its own, on a unix socket there; run as nobody where the test is root.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::testing {

class PostgresServer {
 public:
  // Empty: there is no PostgreSQL here, and `why` says where it was looked for.
  static std::filesystem::path programs(std::string& why) {
    std::vector<std::filesystem::path> found;
    std::error_code fault;
    for (std::filesystem::directory_iterator each("/usr/lib/postgresql", fault), end; !fault && each != end; each.increment(fault))
      if (std::filesystem::exists(each->path() / "bin/initdb")) found.push_back(each->path() / "bin");
    if (found.empty()) why = "no PostgreSQL server below /usr/lib/postgresql: apt-get install postgresql";
    return found.empty() ? std::filesystem::path() : *std::max_element(found.begin(), found.end());
  }

  explicit PostgresServer(std::filesystem::path programs) : programs_(std::move(programs)) {
    // What the server leaves behind when it is killed comes to this process, which waits for it.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (::geteuid() == 0 && ::chown(folder_.path().c_str(), nobody, nobody) != 0) throw std::runtime_error("cannot give a folder away");
    command({"initdb", "-D", data(), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"});
    start();
  }
  ~PostgresServer() { kill(); }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // fsync=off: what is tested is the death of processes, not of power; the page cache outlives them.
  // Returns when it answers; after a kill() it has recovered by then.
  void start() {
    command({"pg_ctl", "-D", data(), "-w", "-t", "60", "-l", (folder_ / "log").string(), "-o",
             "-k " + folder_.path().string() + " -c listen_addresses= -c fsync=off -c max_connections=20 -c shared_buffers=16MB", "start"});
  }
  // kill -9 of the server process; returns when the others have seen it and ended.
  void kill() {
    signal_server(SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {}
  }
  void freeze() { signal_server(SIGSTOP); }
  void thaw() { signal_server(SIGCONT); }

  std::string url() const { return "postgresql://tester@/postgres?host=" + folder_.path().string(); }

 private:
  static constexpr uid_t nobody = 65534;

  std::string data() const { return (folder_ / "data").string(); }

  void signal_server(int signal) {
    std::ifstream file(data() + "/postmaster.pid");
    if (pid_t pid = 0; file >> pid && pid > 1) ::kill(pid, signal);
  }

  void command(std::vector<std::string> words) const {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) ::_exit(126);
      if (::chdir(folder_.path().c_str()) != 0) ::_exit(126);
      const int output = ::open("output", O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(output, 1);
      ::dup2(output, 2);
      std::vector<char*> arguments;
      for (auto& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execv((programs_ / words[0]).c_str(), arguments.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(words[0] + " failed; see " + folder_.path().string());
  }

  std::filesystem::path programs_;
  TemporaryFolder folder_;
};

}  // namespace mlopsctl::testing
