// Templates: whatever the bytes, an object or an error; an object holds no value that stood for "nothing", and can be written and read.
#include "pipeline/base/document.hpp"
#include "pipeline/k8s/template.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

namespace {

bool holds_null(const Json& value) {
  if (value.is_null()) return true;
  if (!value.is_structured()) return false;
  for (const auto& item : value)
    if (holds_null(item)) return true;
  return false;
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  static const k8s::Values values = {{"n", 3},      {"b", true}, {"s", "a: ${b} # \"x\"\n"}, {"l", Json::array({1, "two"})}, {"m", Json{{"k", "v"}}},
                                     {"z", nullptr}};
  const auto filled = k8s::fill_template(bytes, "fuzz.yaml", values);
  if (!filled.ok()) {
    fuzz::require(filled.error().span.has_value() || bytes.size() > (16u << 20), "an error without a place");
    return;
  }
  fuzz::require(!holds_null(*filled), "a value that is nothing was not left out");
  const auto again = parse_yaml(to_yaml(*filled), "again.yaml");
  fuzz::require(again.ok() && to_json(*again) == *filled, "what we wrote reads differently");
}

}  // namespace mlopsctl
