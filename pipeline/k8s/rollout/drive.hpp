// Drives a promotion in a cluster: looks, asks `advance`, writes the journal, does the one write, looks again. All under a Lease: each write names
// the version of the object that was looked at, and the objects carry the Lease's fence, so that whoever has lost the Lease changes nothing more.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/k8s/lease.hpp"
#include "pipeline/k8s/rollout/advance.hpp"

namespace mlopsctl::k8s {

// The name of the Lease that holds a Deployment's journal.
std::string lease_name(const std::string& deployment);

// What a Lease says of promotions.
struct Journal {
  std::optional<Rollout> now;    // one that has not ended
  Json history = Json::array();  // newest first: {id, who, began, ended, commit, record, strategy, from, to, outcome, reason, verdicts}
  std::string holder;            // who is at work; empty: nobody
};
Result<Journal> read_journal(const Json& lease);
// Of a Deployment; all empty where there was never a promotion.
Result<Journal> look_up_journal(Cluster& cluster, const std::string& name_space, const std::string& name);

// On a Lease: a pause that somebody asks for, and who. The driver hears of it before its next write; one that begins later forgets it.
inline constexpr const char* pause_annotation = "mlopsctl/pause";
// Whoever looked at these objects before now cannot change them any more. `every`: before each.
Status put_fence(Cluster& cluster, const std::vector<ObjectRef>& objects, const std::string& fence, const std::function<Status()>& every);

struct DriveOptions {
  std::optional<std::chrono::seconds> timeout = {};           // nothing: as long as its gates allow it, step by step
  std::function<void(const std::string& sentence)> say = {};  // what happens
  std::function<void(const std::string& object, const Trouble& trouble, const std::string& log)> trouble = {};  // once of each kind
  std::function<Status()> every = {};
};

// Until it has ended or is paused; the rollout then. Fails (timeout) when the time is up, and with whatever a call fails with: the promotion stays
// as it is, for resume or abort.
Result<Rollout> drive(Cluster& cluster, Lease& lease, Rollout rollout, const DriveOptions& options);

}  // namespace mlopsctl::k8s
