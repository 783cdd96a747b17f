// The table of what may stand in a pipeline file: top-level keys, inputs, and what every stage has.
#pragma once

#include <vector>

#include "pipeline/spec/field.hpp"
#include "pipeline/spec/stage_catalog.hpp"

namespace mlopsctl::spec {

std::vector<Field> stage_fields();  // of every stage, whatever its kind (`kind` itself is the variant's discriminator)
std::vector<Field> input_fields();  // of an entry of `inputs`
// The whole file as one object; a stage is a variant by `kind` whose alternatives have stage_fields() and then their own.
TypePtr pipeline_type(const StageCatalog& catalog);

}  // namespace mlopsctl::spec
