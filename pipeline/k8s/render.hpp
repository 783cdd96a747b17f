// Rendering: options in, manifests out; pure and byte-stable.
#pragma once

#include "pipeline/base/result.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/k8s/options.hpp"

namespace mlopsctl::k8s {

// Every object of a release, for Pod Security "restricted". Fails with all of faults(options).
Result<ManifestSet> render(const ReleaseOptions& options);

}  // namespace mlopsctl::k8s
