// kube_get [--kubeconfig FILE] [--context NAME] [--namespace NAME] PATH: one GET as the kubeconfig says, its answer on stdout; PATH "namespace"
// prints the namespace instead. What `kubectl get --raw PATH` does, with the real code.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <unistd.h>

#include "pipeline/k8s/api.hpp"

using namespace mlopsctl;

int main(int argc, char** argv) {
  k8s::AccessOptions options;
  options.environment = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  int at = 1;
  for (; at + 1 < argc && std::strncmp(argv[at], "--", 2) == 0; at += 2) {
    const std::string flag = argv[at];
    if (flag == "--kubeconfig") options.kubeconfig = argv[at + 1];
    else if (flag == "--context") options.context = argv[at + 1];
    else if (flag == "--namespace") options.name_space = argv[at + 1];
    else return std::fprintf(stderr, "kube_get: %s?\n", flag.c_str()), 2;
  }
  const auto fail = [](const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.message.c_str());
    for (const Error& more : error.also) std::fprintf(stderr, "error: %s\n", more.message.c_str());
    return exit_code(error.kind);
  };
  if (at + 1 != argc) return std::fprintf(stderr, "usage: kube_get [--kubeconfig FILE] [--context NAME] [--namespace NAME] PATH\n"), 2;
  const auto access = k8s::find_access(options);
  if (!access) return fail(access.error());
  if (std::strcmp(argv[at], "namespace") == 0) return std::printf("%s\n", access->name_space.c_str()), 0;
  SystemClock clock;
  CancelToken cancel;
  k8s::ApiOptions api_options;
  api_options.tries = 1;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (const char* equals = std::strchr(*entry, '=')) api_options.environment[std::string(*entry, static_cast<size_t>(equals - *entry))] = equals + 1;
  auto api = k8s::Api::connect(*access, api_options, clock, cancel);
  if (!api) return fail(api.error());
  const auto reply = api->send({"GET", argv[at]});
  if (!reply) return fail(reply.error());
  if (reply->refusal) return fail(k8s::to_error(*reply->refusal, std::string("GET ") + argv[at]));
  std::printf("%s\n", reply->body.c_str());
  return 0;
}
