// How types and values are named in messages, in the schema's descriptions and on the reference page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

// "a, b or c"; lists longer than 30 are cut and end with their number.
std::string one_of(const std::vector<std::string>& names);
// "a, b, c": the same, for lists of keys.
std::string comma_list(const std::vector<std::string>& names);

// What a value of this type is called: "a whole number from 1 to 9", "true or false", "one of csv or tsv", "a list".
std::string phrase(const Type& type);
// The same as a column of a table has it: "integer 1..9", "boolean", "`csv` or `tsv`", "list of text".
std::string brief(const Type& type);
// A value that would do, as written in YAML: "0.001", "[a, b]"; empty when there is nothing sensible to show.
std::string sample(const Type& type);

// 3 -> "3", 0.5 -> "0.5", 1e-6 -> "0.000001"
std::string show_number(double value);

std::vector<std::string> names_of(const std::vector<Field>& fields);
std::vector<std::string> names_of(const std::vector<Alternative>& alternatives);

}  // namespace mlopsctl::spec
