// Scalars of a document read as the scalar types of the field table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pipeline/base/document.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

struct ScalarFault {
  std::string message;  // "expected a number, got \"fast\""
  std::string hint;
};

// `node` is a scalar and `type` a scalar type.
std::variant<Json, ScalarFault> read_scalar(const Type& type, const Node& node);

// Seconds of "90s", "10m", "2h", "1d", "1.5h" or "30"; nothing for anything else.
std::optional<double> parse_duration(std::string_view text);

bool is_dns_label(std::string_view text);
// Letters, digits, '_' and '-', the first a letter or digit, at most 63: names of stages, inputs and variables.
bool is_name(std::string_view text);
// The nearest thing to `text` that is a name.
std::string to_name(std::string_view text);
std::string to_dns_label(std::string_view text);

}  // namespace mlopsctl::spec
