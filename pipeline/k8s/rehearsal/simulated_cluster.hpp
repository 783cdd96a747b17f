// SimulatedCluster: the API of a World, as far as a promotion asks for it: apply, merge patch, create, replace and delete with their versions and
// conflicts, lists by label, the pods' metrics. Time passes while somebody waits for it, and a little with each call. Where nothing is to be
// seen, a pause takes longer than was asked for, as rehearsals are to be quick: a short one until something is, 2 s at most; one of a second, in which
// requests are counted, five times as long after a minute without a write.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/rehearsal/world.hpp"

namespace mlopsctl::k8s::simulated {

class SimulatedCluster final : public Cluster {
 public:
  // `cancel` ends what waits; null: nobody does.
  explicit SimulatedCluster(World world, const CancelToken* cancel = nullptr) : world(std::move(world)), clock_(this->world), cancel_(cancel) {}
  SimulatedCluster(const SimulatedCluster&) = delete;
  SimulatedCluster& operator=(const SimulatedCluster&) = delete;

  World world;
  // In the way of a call: an answer instead of its own, before it has any effect.
  std::function<std::optional<Result<Reply>>(const Call& call)> instead = {};
  // After each write that says something new: that a Lease is renewed does not.
  std::function<void(const Call& call)> written = {};
  int64_t writes = 0;  // calls so far that were to change something, but for events

  Result<Reply> send(const Call& call) override;
  Result<Reply> stream(const Call& call, std::chrono::milliseconds still, const std::function<Status(std::string_view bytes)>& take) override;
  const Clock& clock() const override { return clock_; }
  const CancelToken& cancel() const override { return cancel_ == nullptr ? never_ : *cancel_; }

 private:
  class SimulatedClock final : public Clock {
   public:
    explicit SimulatedClock(World& world) : world_(world) {}
    TimePoint now() const override;
    std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::time_point(world_.now); }
    bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const override;

   private:
    World& world_;
    mutable size_t looked_ = 0;  // World::look() before the last pause
  };

  Reply read(const Call& call);
  Reply write(const Call& call);
  Reply apply(const std::string& path, Json body);
  Reply erase(const Call& call);
  Reply store(const std::string& path, Json object, int status);

  SimulatedClock clock_;
  CancelToken never_;
  const CancelToken* cancel_;
};

}  // namespace mlopsctl::k8s::simulated
