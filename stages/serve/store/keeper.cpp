#include "stages/serve/store/keeper.hpp"

#include "stages/serve/store/cancel_at.hpp"
#include "stages/serve/store/routes.hpp"
#include "stages/serve/store/workers.hpp"

namespace mlopsctl::serve::store {

namespace {

constexpr size_t threads = 2, most_waiting = 256;
constexpr std::chrono::milliseconds settling{1000}, at_the_start{1000};

}  // namespace

struct Keeper::Impl {
  KeeperOptions options;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<Workers> workers;
};

Keeper::Keeper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Keeper::~Keeper() = default;

Result<std::unique_ptr<Keeper>> Keeper::start(KeeperOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (!impl->options.say) impl->options.say = [](const std::string&) {};
  // A database that does not answer holds up neither the start nor the end.
  CancelToken enough;
  const Status ready = [&] {
    const CancelAt limit(enough, std::chrono::steady_clock::now() + at_the_start);
    return make_store(impl->options.address, enough)->ready();
  }();
  if (!ready) {
    if (ready.error().kind != ErrorKind::cluster) return ready.error();
    impl->options.say(ready.error().message + "; serving without it until it can be reached");
  }
  if (impl->options.record) { TRY_ASSIGN(impl->recorder, Recorder::start(impl->options.address, impl->options.recorder, impl->options.say)); }
  impl->workers = std::make_unique<Workers>(impl->options.address, threads, most_waiting);
  return std::unique_ptr<Keeper>(new Keeper(std::move(impl)));
}

std::vector<Route> Keeper::routes() {
  std::function<void()> settle;
  if (impl_->recorder) settle = [recorder = impl_->recorder.get()] { (void)recorder->settle(settling); };
  auto routes = own_routes(*impl_->workers, impl_->options.labels, std::move(settle));
  if (impl_->options.gke_twitter)
    for (auto& route : gke_twitter_routes(*impl_->workers)) routes.push_back(std::move(route));
  return routes;
}

Observer Keeper::observer() {
  if (!impl_->recorder) return {};
  return [recorder = impl_->recorder.get()](const Outcome& outcome) { recorder->observe(outcome); };
}

std::function<void(std::string, std::string, std::function<void(bool)>)> Keeper::sentiment_sink() {
  return [workers = impl_->workers.get()](std::string id, std::string sentiment, std::function<void(bool)> done) {
    const auto number = tweet_id(id);
    if (!number) return done(false);
    constexpr std::chrono::seconds patience{10};
    workers->submit({std::chrono::steady_clock::now() + patience,
                     [done, number = *number, sentiment = std::move(sentiment)](Store& store) -> Status {
                       TRY_ASSIGN(const bool found, store.set_sentiment(number, sentiment));
                       done(found);
                       return {};
                     },
                     [done](const Error&) { done(false); }});
  };
}

RecorderState Keeper::state() const { return impl_->recorder ? impl_->recorder->state() : RecorderState(); }

}  // namespace mlopsctl::serve::store
