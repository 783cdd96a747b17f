// Stopping a promotion in its middle, whoever drives it: asked for in the Lease, heard by the driver before its next write.
#pragma once

#include "pipeline/k8s/lease.hpp"
#include "pipeline/k8s/rollout/drive.hpp"

namespace mlopsctl::k8s {

// The promotion as it is paused, for `resumed` or `aborted`. Where somebody is at work on it, it is their driver that pauses it: nothing is changed any
// more from the moment that the objects carry our fence. Where nobody is, or the driver dies over it, we take the Lease (`lease`: as whom) and write it
// down ourselves. A rolling update stands still, too (spec.paused).
// Fails (config) where none is under way, (cluster) where it is being undone or ended meanwhile, and (timeout) when the time is up.
Result<Rollout> pause_rollout(Cluster& cluster, const ObjectRef& deployment, const LeaseOptions& lease, const DriveOptions& options);

// None is under way; a hint at the history.
Error nothing_under_way(const ObjectRef& deployment);

}  // namespace mlopsctl::k8s
