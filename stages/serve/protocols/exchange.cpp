#include "stages/serve/protocols/exchange.hpp"

#include "stages/serve/problem.hpp"

namespace mlopsctl::serve::protocols {
namespace {

int status_of(NotScored::Why why) {
  switch (why) {
    case NotScored::Why::queue_full:
    case NotScored::Why::stopping:
      return 503;
    case NotScored::Why::deadline:
      return 504;
    case NotScored::Why::failed:
      break;
  }
  return 500;
}

std::string words_of(const NotScored& fault) {
  switch (fault.why) {
    case NotScored::Why::queue_full:
      return "too many texts wait already; try again in " + std::to_string(fault.retry_after_s) + " s";
    case NotScored::Why::deadline:
      return "the request's time was over before it was scored";
    case NotScored::Why::stopping:
      return "the server is going down";
    case NotScored::Why::failed:
      break;
  }
  return "the model could not score this: " + fault.what;
}

}  // namespace

void Exchange::answer(Response response) && {
  const int status = response.status;
  reply_(std::move(response));
  if (!context_->options.observe) return;
  Outcome outcome{*request_, format_->route, format_->api, status};
  outcome.times.parse = std::chrono::steady_clock::now() - start_;
  context_->options.observe(outcome);
}

void Exchange::refuse(int status, std::string_view detail) && { std::move(*this).answer(format_->refuse(status, detail)); }

namespace {

Response with_digest(Response response, const LiveModel& model) {
  response.headers.push_back({"x-model-digest", model.digest.str()});
  return response;
}

}  // namespace

void Exchange::score(std::vector<std::string> texts, Write write) && {
  std::move(*this).submit(std::move(texts), [write = std::move(write)](const Answer& answer, const Reply& reply) {
    Response response = with_digest(write(answer), *answer.scored.model);
    const int status = response.status;
    reply(std::move(response));
    return status;
  });
}

void Exchange::score_then(std::vector<std::string> texts, WriteLater write) && {
  std::move(*this).submit(std::move(texts), [write = std::move(write)](const Answer& answer, const Reply& reply) {
    write(answer, [reply, model = answer.scored.model](Response response) { reply(with_digest(std::move(response), *model)); });
    return 200;
  });
}

void Exchange::submit(std::vector<std::string> texts, Deliver deliver) && {
  if (texts.size() > context_->options.most_texts)
    return std::move(*this).refuse(
        422, "expected at most " + std::to_string(context_->options.most_texts) + " texts in a request, got " + std::to_string(texts.size()));
  const SteadyTime submitted = std::chrono::steady_clock::now();
  Scorer& scorer = context_->scorer;
  const SteadyTime deadline = request_->deadline;
  scorer.submit(std::move(texts), deadline, [exchange = std::move(*this), submitted, deliver = std::move(deliver)](Scored* scored, const NotScored* fault) {
    if (fault != nullptr) exchange.not_scored(*fault, submitted);
    else exchange.scored(*scored, submitted, deliver);
  });
}

void Exchange::not_scored(const NotScored& fault, SteadyTime submitted) const {
  Response response = format_->refuse(status_of(fault.why), words_of(fault));
  if (response.status == 503) response.headers.push_back({"retry-after", std::to_string(fault.retry_after_s)});
  Outcome outcome{*request_, format_->route, format_->api, response.status};
  reply_(std::move(response));
  if (!context_->options.observe) return;
  outcome.times.parse = submitted - start_;
  context_->options.observe(outcome);
}

void Exchange::scored(const Scored& scored, SteadyTime submitted, const Deliver& deliver) const {
  const SteadyTime begun = std::chrono::steady_clock::now();
  const size_t width = scored.model->model.labels().size();
  std::vector<int> labels(scored.texts.size());
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = ml::best(std::span(scored.probabilities).subspan(i * width, width));
  const int status = deliver({scored, labels}, reply_);
  if (!context_->options.observe) return;
  Outcome outcome{*request_, format_->route, format_->api, status};
  outcome.model = scored.model;
  outcome.texts = scored.texts;
  outcome.labels = labels;
  outcome.probabilities = scored.probabilities;
  outcome.times = {submitted - start_, scored.waited, scored.scoring, std::chrono::steady_clock::now() - begun};
  outcome.tokens = scored.tokens;
  outcome.batch_texts = scored.batch_texts;
  context_->options.observe(outcome);
}

Route scoring_route(const Format& format, ContextPtr context, Json operation, std::function<void(Exchange, const std::map<std::string, std::string>&)> run) {
  Route route;
  const size_t space = format.route.find(' ');
  route.method = format.route.substr(0, space);
  route.path = format.route.substr(space + 1);
  route.operation = std::move(operation);
  route.run = [&format, context = std::move(context), run = std::move(run)](const Request& request, const std::map<std::string, std::string>& parameters,
                                                                            Reply reply) {
    run(Exchange(context, format, request, std::move(reply)), parameters);
  };
  return route;
}

}  // namespace mlopsctl::serve::protocols
