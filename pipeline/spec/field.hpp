// The field table: every key of pipeline.yaml with its type, default and description, written once.
// Validation, the JSON Schema and the reference page are all folds over this table.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/json.hpp"

namespace mlopsctl::spec {

struct Field;
struct Type;
using TypePtr = std::shared_ptr<const Type>;
// A name with the fields that go with it: one row of a variant or of a list of steps.
struct Alternative;

struct Type {
  enum class Kind {
    text,       // any scalar but null, taken as text; minimum..maximum is its length in bytes
    secret,     // env:NAME or file:PATH: says where a secret is, and is never one itself
    dns_label,  // RFC 1123: lower-case letters, digits and '-', at most 63: what Kubernetes takes as a name
    integer,    // minimum..maximum
    number,     // minimum..maximum
    boolean,    //
    duration,   // "90s", "10m", "2h", "1d" or plain seconds; canonical: seconds as a number
    choice,     // one of `choices`
    list,       // of `element`; minimum..maximum is its length
    map,        // free keys -> `element`; minimum..maximum is its size
    object,     // exactly `fields`
    variant,    // a mapping whose key `discriminator` names one of `alternatives`; canonical: the mapping with that key
    steps,      // a list whose items are "name" or {name: {options}}, names from `alternatives`; canonical: [{"step": name, options...}]
    model,      // names a model: a stage, a registered alias, or a path; becomes an input of the stage (see StageSpec::models)
    any_of,     // the first of `options` that fits the kind of node found
  };

  Kind kind = Kind::text;
  std::optional<double> minimum, maximum;
  std::vector<std::string> choices;
  TypePtr element;
  bool names_only = false;  // the keys of a map are names: letters, digits, '_' and '-', at most 63
  std::vector<Field> fields;
  std::string discriminator;
  std::vector<Alternative> alternatives;
  std::vector<TypePtr> options;
  std::string example;  // shown in hints: "0.001"
};

struct Field {
  std::string name;
  TypePtr type;
  std::string doc;                    // one sentence, for the schema and the reference page
  std::optional<Json> default_value;  // nothing: required unless `optional`
  bool optional = false;              // may be absent; the canonical value is then null
};

struct Alternative {
  std::string name;
  std::string doc;
  std::vector<Field> fields;
};

// Builders, so that a table reads as one line per key.
TypePtr text(std::string example = {});
TypePtr character(std::string example = {});
TypePtr secret();
TypePtr dns_label(std::string example = {});
TypePtr integer(std::optional<double> minimum = {}, std::optional<double> maximum = {}, std::string example = {});
TypePtr number(std::optional<double> minimum = {}, std::optional<double> maximum = {}, std::string example = {});
TypePtr boolean();
TypePtr duration(std::string example = "10m");
TypePtr choice(std::vector<std::string> choices);
TypePtr list(TypePtr element, std::optional<double> min_items = {}, std::optional<double> max_items = {});
TypePtr map(TypePtr element);
TypePtr named_map(TypePtr element, std::optional<double> min_items = {});
TypePtr object(std::vector<Field> fields);
TypePtr variant(std::string discriminator, std::vector<Alternative> alternatives);
TypePtr steps(std::vector<Alternative> alternatives);
TypePtr model();
TypePtr any_of(std::vector<TypePtr> options);

Field required(std::string name, TypePtr type, std::string doc);
Field optional(std::string name, TypePtr type, std::string doc);
// The default may leave out what has a default itself ({} for an object); it is completed here. One that does not fit is a bug and throws.
Field with_default(std::string name, TypePtr type, Json default_value, std::string doc);
// The canonical form of a value given in code: every field present, numbers as doubles, steps as [{"step": ...}].
Json complete(const Type& type, const Json& value);

}  // namespace mlopsctl::spec
