// Typed substitution into parsed YAML: a template is itself valid YAML, and its text is never glued together.
//
//   replicas: ${replicas}        plain and alone: takes the value with its type (number, boolean, list, mapping)
//   port: "${port}"              quoted or inside longer text: inserted as text
//   null                         the key (or list item) that would hold it is left out
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::k8s {

// A file of k8s_templates/, compiled into the program.
struct TemplateFile {
  std::string_view name;  // "deployment"
  std::string_view path;  // "k8s_templates/deployment.yaml": what messages say
  std::string_view text;
};

// In the order of their names. Defined by the target mlopsctl_templates, which is generated from k8s_templates/*.yaml.
std::span<const TemplateFile> builtin_templates();
// A bug if there is none of that name.
const TemplateFile& builtin_template(std::string_view name);

using Values = std::map<std::string, Json>;

// The object that the template makes of the values. Refused, each with its place: YAML that Document refuses, several documents, a
// placeholder without a value, in a key or malformed, a list or mapping inside text, and values that the template never uses.
Result<Json> fill_template(std::string_view text, std::string_view path, const Values& values);

}  // namespace mlopsctl::k8s
