// What our exit codes mean to a Job whose pods run us: which end is final, which is tried again, which does not count.
#pragma once

#include <string_view>

#include "pipeline/base/json.hpp"

namespace mlopsctl::k8s {

struct JobEnd {
  enum class Then {
    fail,   // the Job has failed: it would end so on every try
    count,  // tried again, up to the Job's retries
    ignore  // tried again, and not counted: it was no fault of the work
  };
  int code;
  Then then;
  std::string_view means;
};

// Of a code of the contract (pipeline/base/error.hpp, and 1 for a verdict that said no); null for 0 and for one that is not ours.
const JobEnd* job_end(int code);

// The name of the container in every pod of a Job that we render.
inline constexpr const char* job_container = "job";
// spec.podFailurePolicy of a Job. What it does not name (a signal, too little memory) counts.
Json pod_failure_policy();

}  // namespace mlopsctl::k8s
