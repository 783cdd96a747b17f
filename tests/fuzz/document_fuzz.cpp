// Document: whatever the bytes, a value or an error with a place; and a value survives being written and read again.
#include <cstdlib>

#include "pipeline/base/document.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

void fuzz_one(std::string_view bytes) {
  const auto stream = parse_yaml_stream(std::string(bytes), "fuzz.yaml");
  const auto document = parse_yaml(std::string(bytes), "fuzz.yaml");
  if (!document.ok()) {
    const auto& span = document.error().span;
    fuzz::require(!document.error().message.empty(), "an error without a message");
    fuzz::require(!span || (span->line >= 1 && span->column >= 1 && span->length >= 1), "a place that is none");
    return;
  }
  fuzz::require(stream.ok(), "one document that is no stream of one");
  const Json value = to_json(*document);
  if (value.is_null()) return;
  const std::string text = to_yaml(value);
  const auto again = parse_yaml(text, "again.yaml");
  fuzz::require(again.ok(), "what we wrote cannot be read");
  fuzz::require(to_json(*again) == value, "what we wrote reads differently");
  fuzz::require(to_yaml(to_json(*again)) == text, "writing it again gives other bytes");

  Node base = *document;
  merge(base, *document);
  (void)parse_json(bytes, "fuzz.json");
}

}  // namespace mlopsctl
