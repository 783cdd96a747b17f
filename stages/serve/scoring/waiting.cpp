#include "stages/serve/scoring/waiting.hpp"

#include <algorithm>

namespace mlopsctl::serve {

void Waiting::add(std::shared_ptr<Job> job) {
  tokens_ += job->all_tokens;
  jobs_.push_back(std::move(job));
}

Batch Waiting::form(SteadyTime now, const std::shared_ptr<const LiveModel>& current) {
  Batch batch;
  const size_t share = std::max(least_share, (tokens_ + scoring_ + limits_.workers - 1) / limits_.workers);
  const size_t budget = std::min(limits_.batch_tokens, share);
  while (!jobs_.empty() && batch.tokens < budget) {
    const std::shared_ptr<Job> job = jobs_.front();
    const bool given_up = job->fault.has_value();  // another part of it could not be scored
    if (given_up || job->deadline <= now) {
      for (size_t i = job->next; i < job->texts.size(); ++i) tokens_ -= job->tokens[i];
      job->next = job->texts.size();
      if (!given_up) {
        job->fault = NotScored{NotScored::Why::deadline, "its deadline passed before it was scored", 1};
        batch.late.push_back(job);
      }
      jobs_.pop_front();
      continue;
    }
    const auto& model = job->begun_any() ? job->model : current;
    if (batch.model != nullptr && batch.model != model) break;
    batch.model = model;
    if (!job->begun_any()) {
      job->model = model;
      job->begun = now;
    }
    const size_t begin = job->next;
    do {
      batch.tokens += job->tokens[job->next];
      tokens_ -= job->tokens[job->next];
      ++job->next;
    } while (job->next < job->texts.size() && batch.tokens + job->tokens[job->next] <= budget);
    batch.texts += job->next - begin;
    batch.parts.push_back({job, begin, job->next});
    jobs_.pop_front();
    if (job->next == job->texts.size()) continue;
    jobs_.push_back(job);
    break;
  }
  scoring_ += batch.tokens;
  return batch;
}

}  // namespace mlopsctl::serve
