#include "pipeline/k8s/run_number.hpp"

#include <algorithm>
#include <cstdlib>

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

Result<int64_t> next_run_number(Cluster& cluster, const std::string& name_space, const std::string& instance, int64_t known) {
  const ObjectRef kept = ref(resources::config_maps, name_space, run_numbers);
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(const auto found, get(cluster, kept));
    Json map = found.value_or(Json{{"apiVersion", kept.resource->api_version},
                                   {"kind", kept.resource->kind},
                                   {"metadata", {{"name", kept.name}, {"namespace", name_space}, {"labels", {{"app.kubernetes.io/managed-by", "mlopsctl"}}}}}});
    const int64_t number = std::max<int64_t>(known, std::atoll(text_at(at(map, "data", instance)).c_str())) + 1;
    map["data"][instance] = std::to_string(number);
    const auto written = found ? replace(cluster, map) : create(cluster, map);
    if (written && !written->refusal) return number;
    // Somebody was faster, or whether it has arrived is not known: then that number may be somebody's.
    const bool again = written ? written->refusal->stale() || written->refusal->already_exists() || written->refusal->not_found()
                               : written.error().kind != ErrorKind::interrupted;
    if (again && tries < 10) continue;
    return written ? to_error(*written->refusal, "count the runs of " + instance + " in " + kept.str()) : written.error();
  }
}

}  // namespace mlopsctl::k8s
