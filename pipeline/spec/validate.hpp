// Walks a document against a type: collects every fault and yields the canonical value.
//
// Canonical: every field present, defaults filled in, null for an absent optional; numbers as doubles, durations in seconds; steps as
// [{"step": name, options...}]. A null in the file means "absent".
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/document.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

// A value's dotted path from the root and where it stands.
struct Place {
  std::string path;
  const Node* node = nullptr;
};

struct Findings {
  std::vector<Error> errors;         // in the order met
  std::vector<Place> places;         // every value met, in file order
  std::vector<Place> models;         // those of type `model`
  std::vector<std::string> secrets;  // what stands where only the place of a secret may: to be shown to nobody
};

// `key` is the key that `node` stands under, null at the root and in lists. Where a fault is found the value there is null.
// Findings point into `node`.
Json validate(const Type& type, const Node& node, const Node* key, Findings& findings);

}  // namespace mlopsctl::spec
