// many_pods KUBECONFIG NAMESPACE make N: creates N pods that nobody schedules, of usual size
//           KUBECONFIG NAMESPACE watch N: follows the pods until N are seen and the list is through; its memory is what is measured
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "pipeline/k8s/api.hpp"
#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/watch.hpp"

using namespace mlopsctl;

namespace {

int fail(const std::string& message) { return std::fprintf(stderr, "many_pods: %s\n", message.c_str()), 1; }

Json pod(const std::string& name_space, int number) {
  Json env = Json::array();
  for (int i = 0; i < 20; ++i) env.push_back({{"name", "SETTING_" + std::to_string(i)}, {"value", std::string(40, 'x')}});
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", "pod-" + std::to_string(number)}, {"namespace", name_space}, {"labels", {{"app", "many"}}}}},
          {"spec",
           {{"schedulerName", "nobody"},
            {"automountServiceAccountToken", false},
            {"containers", Json::array({{{"name", "c"}, {"image", "registry.test/web:v1"}, {"env", env}}})}}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return fail("usage: many_pods KUBECONFIG NAMESPACE make|watch N");
  const std::string name_space = argv[2], what = argv[3];
  const int count = std::atoi(argv[4]);
  k8s::AccessOptions where;
  where.kubeconfig = argv[1];
  where.environment = [](const std::string&) { return std::nullopt; };
  const auto access = k8s::find_access(where);
  if (!access) return fail(access.error().message);
  const SystemClock clock;
  const CancelToken cancel;
  k8s::ApiOptions options;
  options.per_second = options.burst = 100'000;
  auto api = k8s::Api::connect(*access, options, clock, cancel);
  if (!api) return fail(api.error().message);
  if (what == "make") {
    for (int i = 0; i < count; ++i) {
      const auto made = k8s::create(*api, pod(name_space, i));
      if (!made || made->refusal) return fail(made ? made->refusal->message : made.error().message);
    }
    return 0;
  }
  int seen = 0;
  size_t bytes = 0;
  k8s::WatchOptions watch;
  watch.name_space = name_space;
  watch.label_selector = "app=many";
  const auto done = k8s::follow(*api, k8s::resources::pods, watch, [&](k8s::Change change, const Json& object) -> Result<bool> {
    if (change == k8s::Change::present) ++seen, bytes += canonical(object).size();
    return change != k8s::Change::all;
  });
  if (!done) return fail(done.error().message);
  std::printf("%d pods, %zu bytes\n", seen, bytes);
  return seen == count ? 0 : fail("expected " + std::to_string(count) + " pods");
}
