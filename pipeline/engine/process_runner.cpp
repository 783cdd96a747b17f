#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>

#include <fcntl.h>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/runner.hpp"
#include "pipeline/engine/wire.hpp"

namespace mlopsctl::engine {

namespace {

using Steady = std::chrono::steady_clock;

// --- the child's side. It is a copy of a single-threaded process, so everything may be called; but nothing may return to the caller's
// code, and no destructor of the parent's objects may run: it ends with _exit.

CancelToken child_cancel;  // only a signal handler can reach nothing else

void on_terminate(int) { child_cancel.cancel(); }

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(1);  // the parent is gone
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// What libraries print goes to a file, of which the end is shown if the child crashes.
void redirect_streams(const std::filesystem::path& log) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  if (file >= 0) {
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
  }
}

[[noreturn]] void be_the_child(const Job& job, int pipe, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before it could be watched
  struct sigaction terminate {};
  terminate.sa_handler = on_terminate;
  ::sigaction(SIGTERM, &terminate, nullptr);
  for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  redirect_streams(job.scratch / "log");

  constexpr auto between_reports = std::chrono::milliseconds(50);
  auto next_report = Steady::time_point::min();
  const JobResult result = run_job(job, child_cancel, [&](double fraction, std::string_view what) {
    const auto now = Steady::now();
    if (now < next_report) return;
    next_report = now + between_reports;
    write_all(pipe, to_line(Progress{fraction, std::string(what)}));
  });
  write_all(pipe, to_line(result));
  ::_exit(0);
}

// --- the parent's side

// SIGTERM waits while this lives. Across a fork: a child is told to stop by it, and must not take it with the parent's handler, where it
// would be lost, before it has its own.
class TerminationHeld {
 public:
  TerminationHeld() {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
  }
  ~TerminationHeld() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  TerminationHeld(const TerminationHeld&) = delete;
  TerminationHeld& operator=(const TerminationHeld&) = delete;

 private:
  sigset_t before_;
};

std::string last_lines(const std::filesystem::path& log) {
  auto text = read_file(log);
  if (!text) return "";
  constexpr size_t most = 2000;
  std::string tail = text->size() > most ? text->substr(text->size() - most) : *text;
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return tail;
}

class ProcessRunner final : public Runner {
 public:
  explicit ProcessRunner(std::chrono::milliseconds grace) : grace_(grace) {}

  ~ProcessRunner() override {
    for (const auto& [id, child] : children_) {
      ::kill(-child.pid, SIGKILL);
      int status = 0;
      while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {}
    }
  }

  Status start(Job job) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return io_error("make", "a pipe", errno);
    FileDescriptor read_end(ends[0]), write_end(ends[1]);
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    const pid_t parent = ::getpid();
    const TerminationHeld held;
    const pid_t pid = ::fork();
    if (pid < 0) return io_error("start", "a process for stage " + job.name, errno);
    if (pid == 0) be_the_child(job, write_end.get(), parent);
    ::setpgid(pid, pid);  // both sides do, so that neither depends on the other's speed
    Child child;
    child.pid = pid;
    child.pipe = std::move(read_end);
    child.name = job.name;
    child.kind = job.kind;
    child.log = job.scratch / "log";
    children_.emplace(job.id, std::move(child));
    return {};
  }

  Result<std::vector<Event>> wait(std::chrono::milliseconds at_most) override {
    std::vector<struct pollfd> waiting;
    for (const auto& [id, child] : children_)
      if (child.pipe.valid()) waiting.push_back({child.pipe.get(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(at_most.count())) < 0 && errno != EINTR) return io_error("wait for", "stages", errno);

    std::vector<Event> events;
    for (auto child = children_.begin(); child != children_.end();) {
      read_messages(child->first, child->second, events);
      if (child->second.kill_at && Steady::now() >= *child->second.kill_at) {
        ::kill(-child->second.pid, SIGKILL);
        child->second.kill_at.reset();
      }
      if (ended(child->first, child->second, events)) child = children_.erase(child);
      else ++child;
    }
    return events;
  }

  void cancel(size_t job) override {
    const auto child = children_.find(job);
    if (child == children_.end() || child->second.asked) return;
    child->second.asked = true;
    child->second.kill_at = Steady::now() + grace_;
    ::kill(-child->second.pid, SIGTERM);
  }

  void kill(size_t job) override {
    const auto child = children_.find(job);
    if (child == children_.end()) return;
    child->second.asked = true;
    ::kill(-child->second.pid, SIGKILL);
  }

 private:
  struct Child {
    pid_t pid = 0;
    FileDescriptor pipe;  // closed once its end was read
    std::string unread;
    std::optional<JobResult> result;
    std::string name, kind;
    std::filesystem::path log;
    bool asked = false;  // to end
    std::optional<Steady::time_point> kill_at;
  };

  static void read_messages(size_t id, Child& child, std::vector<Event>& events) {
    char buffer[16384];
    while (child.pipe.valid()) {
      const ssize_t got = ::read(child.pipe.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) child.pipe = FileDescriptor();
      else child.unread.append(buffer, static_cast<size_t>(got));
    }
    size_t start = 0;
    for (size_t end = child.unread.find('\n'); end != std::string::npos; start = end + 1, end = child.unread.find('\n', start)) {
      auto message = from_line(std::string_view(child.unread).substr(start, end - start));
      if (!message) {
        child.result.emplace().error = std::move(message).error();
      } else if (auto* progress = std::get_if<Progress>(&*message)) {
        events.push_back({id, std::move(*progress)});
      } else {
        child.result = std::get<JobResult>(std::move(*message));
      }
    }
    child.unread.erase(0, start);
  }

  // Waits for a child that has closed its pipe; looks whether one that has not (a helper of its own may hold it) is gone.
  static bool ended(size_t id, Child& child, std::vector<Event>& events) {
    siginfo_t info{};
    const int how = WEXITED | WNOWAIT | (child.pipe.valid() ? WNOHANG : 0);
    int code = 0;
    while ((code = ::waitid(P_PID, static_cast<id_t>(child.pid), &info, how)) < 0 && errno == EINTR) {}
    if (code == 0 && info.si_pid == 0) return false;
    // While it is not reaped its group cannot be anybody else's: whatever it left behind goes now.
    ::kill(-child.pid, SIGKILL);
    int status = 0;
    struct rusage usage {};
    while ((code = ::wait4(child.pid, &status, 0, &usage)) < 0 && errno == EINTR) {}
    read_messages(id, child, events);
    JobResult result = child.result ? std::move(*child.result) : JobResult{};
    if (!child.result) result.error = why_it_ended(child, code < 0 ? 0 : status);
    result.peak_memory = int64_t{usage.ru_maxrss} * 1024;
    events.push_back({id, std::move(result)});
    return true;
  }

  static Error why_it_ended(const Child& child, int status) {
    std::string what = "stage " + child.name + " (" + child.kind + ") ";
    std::string hint;
    if (WIFSIGNALED(status)) {
      const int signal = WTERMSIG(status);
      what += "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
      if (signal == SIGKILL && !child.asked)
        hint = "the kernel kills the largest process when memory runs out: run fewer stages at once (-j 1), or give it less data";
    } else {
      what += "ended with exit code " + std::to_string(WEXITSTATUS(status)) + " before it reported a result";
    }
    Error error = stage_error(std::move(what)).with_hint(std::move(hint));
    if (child.asked) error.kind = ErrorKind::interrupted;
    if (const std::string tail = last_lines(child.log); !tail.empty()) error.notes.push_back("the last it printed:\n" + tail);
    return error;
  }

  std::chrono::milliseconds grace_;
  std::map<size_t, Child> children_;
};

}  // namespace

std::unique_ptr<Runner> make_process_runner(std::chrono::milliseconds grace) { return std::make_unique<ProcessRunner>(grace); }

}  // namespace mlopsctl::engine
