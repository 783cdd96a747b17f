#include "pipeline/base/error_json.hpp"

#include <cassert>
#include <iterator>

namespace mlopsctl {

Json to_json(const Error& error) {
  Json span;
  if (error.span)
    span = {{"file", error.span->file},
            {"line", error.span->line},
            {"column", error.span->column},
            {"length", error.span->length},
            {"excerpt", error.span->excerpt}};
  Json also = Json::array();
  for (const auto& other : error.also) also.push_back(to_json(other));
  return {{"kind", to_string(error.kind)},
          {"exit_code", exit_code(error.kind)},
          {"message", error.message},
          {"span", std::move(span)},
          {"field", error.field},
          {"notes", error.notes},
          {"hint", error.hint},
          {"also", std::move(also)}};
}

Error error_from_json(const Json& json) {
  Error error;
  try {
    const auto kind = json.at("kind").get<std::string>();
    for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i)
      if (to_string(static_cast<ErrorKind>(i)) == kind) error.kind = static_cast<ErrorKind>(i);
    error.message = json.at("message").get<std::string>();
    if (const Json& span = json.at("span"); !span.is_null())
      error.span = SourceSpan{span.at("file").get<std::string>(), span.at("line").get<int>(), span.at("column").get<int>(), span.at("length").get<int>(),
                              span.at("excerpt").get<std::string>()};
    error.field = json.at("field").get<std::string>();
    error.notes = json.at("notes").get<std::vector<std::string>>();
    error.hint = json.at("hint").get<std::string>();
    for (const auto& other : json.at("also")) error.also.push_back(error_from_json(other));
  } catch (const Json::exception& fault) {
    error.kind = ErrorKind::internal;
    error.message += std::string(error.message.empty() ? "" : "; ") + "part of this error could not be read back: " + fault.what();
  }
  return error;
}

Error join(std::vector<Error> errors) {
  assert(!errors.empty());
  Error first = std::move(errors.front());
  for (size_t i = 1; i < errors.size(); ++i) {
    auto inner = std::move(errors[i].also);
    first.also.push_back(std::move(errors[i]));
    first.also.insert(first.also.end(), std::make_move_iterator(inner.begin()), std::make_move_iterator(inner.end()));
  }
  return first;
}

}  // namespace mlopsctl
