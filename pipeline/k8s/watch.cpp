#include "pipeline/k8s/watch.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "pipeline/base/random.hpp"
#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr size_t most_of_an_event = 16'000'000;

// How one watch ended.
struct Ended {
  bool done = false;             // `take` has had enough
  bool too_old = false;          // list again
  bool lived = false;            // something came
  std::optional<int> wait = {};  // the server says how long, seconds
  std::string why = {};          // to tell; empty: it just ended
  std::optional<Error> fatal = {};
};

class Follower {
 public:
  Follower(Cluster& cluster, const Resource& resource, const WatchOptions& options, const std::function<Result<bool>(Change, const Json&)>& take)
      : cluster_(cluster), resource_(resource), options_(options), take_(take), random_(std::random_device()()) {}

  Status run() {
    for (int failures = 0;;) {
      Ended ended = version_.empty() ? list_all() : watch();
      if (ended.fatal) return std::move(*ended.fatal);
      if (ended.done) return {};
      if (ended.too_old) version_.clear();
      failures = ended.lived ? 0 : failures + 1;
      if (!ended.why.empty() && options_.interrupted) options_.interrupted(ended.why);
      if (ended.why.empty() && ended.lived) continue;
      if (ended.too_old && failures <= 1) continue;
      if (!cluster_.clock().pause(ended.wait ? std::chrono::milliseconds(*ended.wait * 1000) : time_before(failures), cluster_.cancel())) return interrupted();
    }
  }

 private:
  std::chrono::milliseconds time_before(int failures) {
    const auto most = std::min(options_.longest_wait, options_.first_wait * (int64_t{1} << std::clamp(failures - 1, 0, 10)));
    return most + std::chrono::milliseconds(static_cast<int64_t>(random_.uniform() * static_cast<double>(most.count())));
  }

  // True: go on.
  bool hand(Change change, const Json& object, Ended& ended) {
    auto more = take_(change, object);
    if (!more) ended.fatal = std::move(more).error();
    else ended.done = !*more;
    return more && *more;
  }

  static bool for_good(const Error& error) { return error.kind == ErrorKind::interrupted || error.kind == ErrorKind::config; }
  static bool for_good(int status) { return status == 400 || status == 401 || status == 403 || status == 404 || status == 405 || status == 422; }

  Ended list_all() {
    Ended ended;
    std::map<std::string, Json> before;
    before.swap(known_);
    bool going = true;
    auto listed = try_list(cluster_, resource_, {options_.name_space, options_.label_selector, options_.field_selector}, [&](Json& object) {
      remember(object);
      before.erase(text_at(at(object, "metadata", "uid")));
      going = going && hand(Change::present, object, ended);
    });
    if (!going) return ended;
    if (!listed || listed->refusal) {
      known_.merge(before);
      const Error error = listed ? to_error(*listed->refusal, "list " + std::string(resource_.plural)) : listed.error();
      if (listed ? for_good(listed->refusal->status) : for_good(error)) ended.fatal = error;
      if (listed) ended.wait = listed->refusal->retry_after;
      ended.why = error.message;
      return ended;
    }
    for (const auto& [uid, metadata] : before)
      if (!hand(Change::gone, {{"metadata", metadata}}, ended)) return ended;
    if (!hand(Change::all, Json(), ended)) return ended;
    version_ = listed->version;
    ended.lived = true;
    return ended;
  }

  void remember(const Json& object) {
    const Json& metadata = at(object, "metadata");
    known_[text_at(at(metadata, "uid"))] = {{"name", at(metadata, "name")}, {"namespace", at(metadata, "namespace")}, {"uid", at(metadata, "uid")}};
  }

  Ended watch() {
    Ended ended;
    Query query{{"watch", "true"}, {"allowWatchBookmarks", "true"}, {"resourceVersion", version_}, {"timeoutSeconds", std::to_string(options_.server.count())}};
    if (!options_.label_selector.empty()) query.emplace_back("labelSelector", options_.label_selector);
    if (!options_.field_selector.empty()) query.emplace_back("fieldSelector", options_.field_selector);
    Lines lines(most_of_an_event);
    const auto reply = cluster_.stream({"GET", resource_.path(options_.name_space), std::move(query)}, options_.silence, [&](std::string_view bytes) {
      return lines.add(bytes, [&](std::string_view line) { return take_event(line, ended); });
    });
    if (ended.done || ended.fatal || !ended.why.empty()) return ended;
    if (!reply) {
      if (for_good(reply.error())) ended.fatal = reply.error();
      ended.why = reply.error().message;
      // After a restore of its database a server may wait in silence for a version that never comes: a list shows where it is.
      ended.too_old = reply.error().kind == ErrorKind::timeout && !ended.lived;
    } else if (reply->refusal) {
      const Refusal& refusal = *reply->refusal;
      const Error error = to_error(refusal, "watch " + std::string(resource_.plural));
      if (for_good(refusal.status)) ended.fatal = error;
      ended.too_old = refusal.expired();
      ended.wait = refusal.retry_after;
      ended.why = error.message;
    }
    return ended;
  }

  // An error stops the stream; why, `ended` says.
  Status take_event(std::string_view line, Ended& ended) {
    if (line.empty()) return {};
    const Json event = Json::parse(line, nullptr, false);
    const std::string type = text_at(at(event, "type"));
    const Json& object = at(event, "object");
    if (type.empty() || !object.is_object()) return ended.why = "the watch sent something that is no event", cluster_error(ended.why);
    if (type == "ERROR") {
      const Refusal refusal = read_refusal(static_cast<int>(number_at(at(object, "code"))), canonical(object));
      ended.too_old = refusal.expired();
      ended.wait = refusal.retry_after;
      ended.why = to_error(refusal, "watch " + std::string(resource_.plural)).message;
      return cluster_error(ended.why);
    }
    ended.lived = true;
    if (const std::string version = text_at(at(object, "metadata", "resourceVersion")); !version.empty()) version_ = version;
    if (type == "BOOKMARK") return {};
    if (type == "DELETED") known_.erase(text_at(at(object, "metadata", "uid")));
    else remember(object);
    if (!hand(type == "DELETED" ? Change::gone : Change::present, object, ended)) return cluster_error("enough");
    return {};
  }

  Cluster& cluster_;
  const Resource& resource_;
  const WatchOptions& options_;
  const std::function<Result<bool>(Change, const Json&)>& take_;
  Random random_;
  std::string version_;
  std::map<std::string, Json> known_;  // by uid
};

}  // namespace

Status Lines::add(std::string_view bytes, const std::function<Status(std::string_view line)>& take) {
  while (true) {
    const size_t end = bytes.find('\n');
    if (rest_.size() + std::min(end, bytes.size()) > most_) return cluster_error("a line of the stream is longer than " + std::to_string(most_) + " bytes");
    if (end == std::string_view::npos) break;
    if (rest_.empty()) {
      TRY(take(bytes.substr(0, end)));
    } else {
      rest_.append(bytes.substr(0, end));
      TRY(take(rest_));
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  rest_.append(bytes);
  return {};
}

Status follow(Cluster& cluster, const Resource& resource, const WatchOptions& options,
              const std::function<Result<bool>(Change change, const Json& object)>& take) {
  return Follower(cluster, resource, options, take).run();
}

}  // namespace mlopsctl::k8s
