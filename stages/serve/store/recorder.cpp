#include "stages/serve/store/recorder.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "stages/serve/store/cancel_at.hpp"
#include "stages/serve/store/prediction_line.hpp"
#include "stages/serve/store/redact.hpp"
#include "stages/serve/store/spool.hpp"

namespace mlopsctl::serve::store {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto gather = 20ms;  // how long outcomes are gathered before they are written
constexpr size_t delivered_at_once = 512, forgotten_at_once = 1000;
constexpr auto first_pause = 100ms, longest_pause = 1000ms;
constexpr std::chrono::minutes upkeep{10};
constexpr auto flush_after = 1000ms;  // of lines waiting: what the database takes at once is never flushed here

std::string unique_name() {
  std::random_device device;
  std::string digits;
  for (int i = 0; i < 4; ++i) {
    const unsigned value = device();
    for (int k = 0; k < 8; ++k) digits += "0123456789abcdef"[(value >> (4 * k)) & 15u];
  }
  return digits;
}

// FNV-1a of the request's id, as a share of all values: every replica draws the same.
bool is_sampled(std::string_view id, double share) {
  if (share >= 1) return true;
  uint64_t hash = 14695981039346656037u;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  hash ^= hash >> 32;
  hash *= 0x9E3779B97F4A7C15u;
  return static_cast<double>(hash >> 11) * 0x1.0p-53 < share;
}

}  // namespace

struct Recorder::Impl {
  struct Taken {
    std::string request_id, route;
    int64_t time = 0;
    std::shared_ptr<const LiveModel> model;
    std::vector<std::string> texts;
    std::vector<int> labels;
    std::vector<float> probabilities;
    uint64_t bytes = 0;
  };

  RecorderOptions options;
  std::function<void(const std::string&)> say;
  CancelToken cancel;  // ends waiting for the database
  std::unique_ptr<Store> store;
  std::string shown;
  std::unique_ptr<Spool> spool;
  const std::string who = unique_name();
  uint64_t next_key = 0;

  mutable std::mutex mutex;
  std::condition_variable to_write, to_deliver, settled;
  std::vector<Taken> queue;
  uint64_t queued_bytes = 0, queued = 0, writing = 0;  // predictions: in the queue, on their way to the spool
  uint64_t appends = 0;                                // to the spool
  bool stopping = false, written = false;              // written: all that will ever be is in the spool
  bool spool_empty = false, dropping = false;
  uint64_t delivered_end = 0, dropped_end = 0;  // keys below it are in the database; were the last that did not get into the spool
  Steady::time_point give_up{};
  RecorderState state;
  std::jthread writer, deliverer;

  std::vector<std::string> lines_of(std::vector<Taken> batch);
  void write_batches();
  void deliver_batches();
  bool deliver_one_batch();
  void tell_reachable(const Status& status);
  bool forget_some();
};

std::vector<std::string> Recorder::Impl::lines_of(std::vector<Taken> batch) {
  std::vector<std::string> lines;
  for (Taken& each : batch) {
    const auto& names = each.model->model.labels();
    for (size_t i = 0; i < each.texts.size(); ++i) {
      const float* const row = each.probabilities.data() + i * names.size();
      const auto label = static_cast<size_t>(each.labels[i]);
      const std::string text = storable(each.texts[i]);
      lines.push_back(to_line({.key = who + "-" + std::to_string(next_key++),
                               .prediction_id = storable_name(prediction_id(each.request_id, each.texts.size(), i)),
                               .created_at = each.time,
                               .route = storable(each.route),
                               .model = storable(each.model->name + "@" + each.model->version),
                               .model_digest = each.model->digest.str(),
                               .text = options.redact ? redacted(text) : text,
                               .label = storable(names[label]),
                               .confidence = static_cast<double>(row[label]),
                               .probabilities = storable(to_probabilities(names, {row, names.size()}))}));
    }
  }
  return lines;
}

void Recorder::Impl::write_batches() {
  std::unique_lock lock(mutex);
  while (true) {
    to_write.wait(lock, [&] { return stopping || !queue.empty(); });
    if (queue.empty()) break;
    to_write.wait_for(lock, gather, [&] { return stopping; });
    std::vector<Taken> batch;
    batch.swap(queue);
    writing = queued;
    queued = queued_bytes = 0;
    const uint64_t count = writing;
    lock.unlock();
    const Status kept = spool->append(lines_of(std::move(batch)));
    if (!kept && !dropping) say("predictions are not recorded: " + kept.error().message);
    if (kept && dropping) say("predictions are recorded again");
    dropping = !kept;
    lock.lock();
    if (!kept) {
      state.dropped += count;
      dropped_end = next_key;
    }
    writing = 0;
    ++appends;
    spool_empty = false;
    to_deliver.notify_one();
    settled.notify_all();
  }
  written = true;
  to_deliver.notify_one();
}

void Recorder::Impl::tell_reachable(const Status& status) {
  bool was = false;
  {
    const std::lock_guard guard(mutex);
    was = std::exchange(state.reachable, status.ok());
  }
  if (was && !status) say(status.error().message + "; predictions wait in " + options.spool.string());
  if (!was && status) say(shown + " can be reached again");
}

// False: nothing came of it, and it is not to be tried again at once.
bool Recorder::Impl::deliver_one_batch() {
  uint64_t seen = 0;
  {
    const std::lock_guard guard(mutex);
    seen = appends;
  }
  auto payloads = spool->oldest(delivered_at_once);
  if (!payloads) {
    tell_reachable(payloads.error());
    return false;
  }
  std::vector<Prediction> predictions;
  uint64_t unreadable = 0, own_end = 0;
  for (const std::string& payload : *payloads) {
    auto prediction = from_line(payload);
    if (!prediction) {
      ++unreadable;
      continue;
    }
    if (prediction->key.starts_with(who + "-")) own_end = std::strtoull(prediction->key.c_str() + who.size() + 1, nullptr, 10) + 1;
    predictions.push_back(std::move(prediction).value());
  }
  if (!payloads->empty()) {
    const Status recorded = store->record(predictions);
    tell_reachable(recorded);
    if (!recorded) return false;
    if (Status done = spool->delivered(); !done) return tell_reachable(done), false;
  }
  const std::lock_guard guard(mutex);
  state.delivered += predictions.size();
  state.damaged += unreadable;
  spool_empty = payloads->empty() && seen == appends;
  delivered_end = std::max(delivered_end, own_end);
  settled.notify_all();
  return true;
}

// Some of the predictions that are older than they are kept; true: there may be more.
bool Recorder::Impl::forget_some() {
  if (options.retention.count() <= 0) return false;
  const int64_t before = milliseconds_now() - std::chrono::duration_cast<std::chrono::milliseconds>(options.retention).count();
  const auto removed = store->forget(before, forgotten_at_once);
  return removed && *removed >= static_cast<int64_t>(forgotten_at_once);  // a fault shows in the next delivery, and the next upkeep tries again
}

void Recorder::Impl::deliver_batches() {
  std::chrono::milliseconds pause{};
  Steady::time_point next_upkeep = Steady::now(), waiting_since = Steady::now();
  bool forgetting = false;  // in the middle of it: deliveries go between
  std::unique_lock lock(mutex);
  while (true) {
    const bool idle = spool_empty;
    if (pause.count() > 0) to_deliver.wait_for(lock, pause, [&] { return stopping && pause > first_pause; });
    else to_deliver.wait_until(lock, next_upkeep, [&] { return !spool_empty || written || forgetting; });
    if (written && (spool_empty || Steady::now() >= give_up)) break;
    const bool ending = stopping;
    if (idle) waiting_since = Steady::now();
    lock.unlock();
    if (Steady::now() >= next_upkeep && !ending) {
      next_upkeep = Steady::now() + upkeep;
      if (Status adopted = spool->adopt(); !adopted) say(adopted.error().message);
      forgetting = true;
    }
    if (forgetting) forgetting = !ending && forget_some();
    const bool good = deliver_one_batch();
    if (Steady::now() >= waiting_since + flush_after) {
      if (Status flushed = spool->flush(); !flushed) say(flushed.error().message);
      waiting_since = Steady::now();
    }
    pause = good ? 0ms : ending ? first_pause : std::clamp<std::chrono::milliseconds>(pause * 2, first_pause, longest_pause);
    lock.lock();
  }
  lock.unlock();
  if (Status flushed = spool->flush(); !flushed) say(flushed.error().message);
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Recorder>> Recorder::start(Address address, RecorderOptions options, std::function<void(const std::string&)> say) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->say = std::move(say);
  impl->shown = address.shown;
  TRY_ASSIGN(impl->spool, Spool::open(impl->options.spool, impl->who, impl->options.spool_bytes));
  impl->store = make_store(address, impl->cancel);
  impl->writer = std::jthread([impl = impl.get()] { impl->write_batches(); });
  impl->deliverer = std::jthread([impl = impl.get()] { impl->deliver_batches(); });
  return std::unique_ptr<Recorder>(new Recorder(std::move(impl)));
}

Recorder::~Recorder() {
  {
    const std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
    impl_->give_up = Steady::now() + impl_->options.linger;
  }
  impl_->to_write.notify_all();
  impl_->to_deliver.notify_all();
  impl_->writer.join();
  // The deliverer may be waiting for a database that does not answer.
  const CancelAt give_up(impl_->cancel, impl_->give_up);
  impl_->deliverer.join();
}

void Recorder::observe(const Outcome& outcome) {
  if (outcome.texts.empty() || !outcome.model || !is_sampled(outcome.request.id, impl_->options.sample)) return;
  assert(outcome.labels.size() == outcome.texts.size() && outcome.probabilities.size() == outcome.texts.size() * outcome.model->model.labels().size());
  Impl::Taken taken;
  taken.request_id = outcome.request.id;
  taken.route = outcome.route;
  taken.time = milliseconds_now();
  taken.model = outcome.model;
  taken.texts.assign(outcome.texts.begin(), outcome.texts.end());
  taken.labels.assign(outcome.labels.begin(), outcome.labels.end());
  taken.probabilities.assign(outcome.probabilities.begin(), outcome.probabilities.end());
  taken.bytes = sizeof taken + taken.probabilities.size() * sizeof(float) + taken.texts.size() * (sizeof(std::string) + sizeof(int));
  for (const std::string& text : taken.texts) taken.bytes += text.size();
  const std::lock_guard guard(impl_->mutex);
  if (impl_->stopping || impl_->queued_bytes + taken.bytes > impl_->options.queue_bytes) {
    impl_->state.dropped += taken.texts.size();
    return;
  }
  impl_->state.taken += taken.texts.size();
  impl_->queued += taken.texts.size();
  impl_->queued_bytes += taken.bytes;
  impl_->queue.push_back(std::move(taken));
  if (impl_->queue.size() == 1) impl_->to_write.notify_one();
}

RecorderState Recorder::state() const {
  RecorderState state;
  {
    const std::lock_guard guard(impl_->mutex);
    state = impl_->state;
  }
  state.damaged += impl_->spool->damaged();
  state.spool_bytes = impl_->spool->bytes();
  return state;
}

bool Recorder::settle(std::chrono::milliseconds at_most) {
  std::unique_lock lock(impl_->mutex);
  const uint64_t end = impl_->state.taken;
  return impl_->settled.wait_for(lock, at_most, [&] { return impl_->delivered_end >= end || (impl_->dropped_end >= end && impl_->spool_empty); });
}

}  // namespace mlopsctl::serve::store
