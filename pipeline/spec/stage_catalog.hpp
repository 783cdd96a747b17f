// What the reader of pipeline.yaml must know of each kind of stage; handed in by the caller, so that spec knows no kind by name.
#pragma once

#include <string>
#include <vector>

#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {

struct StageKindSpec {
  std::string kind;           // "train"
  std::string doc;            // one sentence
  std::vector<Field> fields;  // of this kind alone; the fields every stage has are spec's own
};

using StageCatalog = std::vector<StageKindSpec>;

}  // namespace mlopsctl::spec
