#include "pipeline/k8s/exec_plugin.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/base/base64.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr size_t most_output = 1'000'000;

struct Pipe {
  FileDescriptor read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return io_error("make", "a pipe", errno);
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

struct Words {
  explicit Words(std::vector<std::string> words) : kept(std::move(words)) {
    for (std::string& word : kept) pointers.push_back(word.data());
    pointers.push_back(nullptr);
  }
  std::vector<std::string> kept;
  std::vector<char*> pointers;
};

// Only what is allowed between fork and exec in a program with threads.
[[noreturn]] void become(char* const* words, char* const* environment, bool interactive, int out, int failed) {
  ::dup2(out, STDOUT_FILENO);
  if (!interactive) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
  }
  ::execvpe(words[0], words, environment);
  const int why = errno;
  const auto unused = ::write(failed, &why, sizeof why);
  static_cast<void>(unused);
  ::_exit(127);
}

// All that comes from `from` until it is closed; stops at most_output or when cancelled.
std::string read_until_closed(int from, const CancelToken& cancel, bool& stopped) {
  std::string text;
  char buffer[16384];
  while (true) {
    pollfd ready{from, POLLIN, 0};
    const int count = ::poll(&ready, 1, 100);
    if (cancel.cancelled() || text.size() > most_output) return stopped = true, text;
    if (count <= 0) continue;
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

Result<bool> may_ask(const ExecPlugin& plugin) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  if (plugin.interactive_mode == "Always" && !terminal)
    return cluster_error("the plug-in " + plugin.command + " wants to talk to somebody (interactiveMode: Always), and standard input is no terminal");
  return terminal && plugin.interactive_mode != "Never";
}

Error failed(const ExecPlugin& plugin, const std::string& how) {
  Error error = cluster_error("the credential plug-in " + plugin.command + " " + how);
  error.hint = plugin.install_hint;
  return error;
}

}  // namespace

Json exec_info(const Access& access, bool interactive, const std::string& ca_pem) {
  Json spec{{"interactive", interactive}};
  if (access.exec->provide_cluster_info) {
    Json& cluster = spec["cluster"] = {{"server", access.server}};
    if (!access.server_name.empty()) cluster["tls-server-name"] = access.server_name;
    if (access.insecure) cluster["insecure-skip-tls-verify"] = true;
    if (!ca_pem.empty()) cluster["certificate-authority-data"] = base64(ca_pem);
    if (!access.proxy_url.empty()) cluster["proxy-url"] = access.proxy_url;
    if (!access.compression) cluster["disable-compression"] = true;
    cluster["config"] = access.exec->cluster_config;
  }
  return {{"kind", "ExecCredential"}, {"apiVersion", access.exec->api_version}, {"spec", spec}};
}

Result<ExecCredential> read_exec_credential(std::string_view text, const ExecPlugin& plugin) {
  const auto said = parse_json(text, "the output of " + plugin.command);
  // Never shown: it may hold half a token.
  if (!said) return failed(plugin, "did not print an ExecCredential in JSON");
  const auto word = [](const Json& in, const char* key) {
    return in.is_object() && in.contains(key) && in[key].is_string() ? in[key].get<std::string>() : std::string();
  };
  if (word(*said, "kind") != "ExecCredential") return failed(plugin, "printed kind \"" + word(*said, "kind") + "\"; expected ExecCredential");
  if (word(*said, "apiVersion") != plugin.api_version)
    return failed(plugin, "answers in " + word(*said, "apiVersion") + ", but the kubeconfig says " + plugin.api_version);
  if (!said->contains("status") || !(*said)["status"].is_object()) return failed(plugin, "printed no status");
  const Json& status = (*said)["status"];
  ExecCredential credential{word(status, "token"), word(status, "clientCertificateData"), word(status, "clientKeyData"), {}};
  if (credential.certificate.empty() != credential.key.empty()) return failed(plugin, "printed a certificate or a key, but not both");
  if (credential.token.empty() && credential.certificate.empty()) return failed(plugin, "printed neither a token nor a certificate");
  if (const std::string ends = word(status, "expirationTimestamp"); !ends.empty()) {
    credential.expires = from_rfc3339(ends);
    if (!credential.expires) return failed(plugin, "printed the expirationTimestamp \"" + ends + "\"; expected a time such as 2026-01-31T08:15:00Z");
  }
  return credential;
}

Result<ExecCredential> run_exec_plugin(const Access& access, const std::map<std::string, std::string>& environment, const CancelToken& cancel) {
  const ExecPlugin& plugin = *access.exec;
  TRY_ASSIGN(const bool interactive, may_ask(plugin));
  std::string ca = access.ca_data;
  if (ca.empty() && !access.ca_file.empty()) { TRY_ASSIGN(ca, read_file(access.ca_file)); }
  auto variables = environment;
  for (const auto& [name, value] : plugin.env) variables[name] = value;
  variables["KUBERNETES_EXEC_INFO"] = canonical(exec_info(access, interactive, ca));
  std::vector<std::string> lines, command{plugin.command};
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  command.insert(command.end(), plugin.args.begin(), plugin.args.end());
  const Words words(std::move(command)), settings(std::move(lines));

  TRY_ASSIGN(Pipe out, make_pipe());
  TRY_ASSIGN(Pipe fault, make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return io_error("start", plugin.command, errno);
  if (child == 0) become(words.pointers.data(), settings.pointers.data(), interactive, out.write.get(), fault.write.get());
  out.write = FileDescriptor();
  fault.write = FileDescriptor();
  bool stopped = false;
  const std::string text = read_until_closed(out.read.get(), cancel, stopped);
  if (stopped) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  int why = 0;
  if (::read(fault.read.get(), &why, sizeof why) == sizeof why) return failed(plugin, std::string("cannot be started: ") + std::strerror(why));
  if (cancel.cancelled()) return interrupted();
  if (stopped) return failed(plugin, "printed more than 1 MB");
  if (WIFSIGNALED(status)) return failed(plugin, "was ended by signal " + std::to_string(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return failed(plugin, "ended with exit code " + std::to_string(WEXITSTATUS(status)));
  return read_exec_credential(text, plugin);
}

}  // namespace mlopsctl::k8s
