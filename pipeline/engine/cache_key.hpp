// What a cache key is made of. In: format version, kind of stage, its version and backend, canonical parameters (leaf by leaf), seed,
// and of each input its name, type, digest and reading options. Out: time, host, absolute paths, mtime, git commit.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/engine/graph.hpp"
#include "pipeline/engine/plan.hpp"

namespace mlopsctl::engine {

// `digests` has one entry per input; those not known yet are left out (the parts then make no key, but can be compared).
// Names are unique; values of parameters are canonical JSON, so that 1 and "1" differ.
std::vector<KeyPart> key_parts(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests);

// The other way: the inputs of a stage, in the order of its parts, each where its bytes are.
Result<std::vector<StageInput>> given_inputs(const ResolvedStage& stage, const std::vector<KeyPart>& parts, const Store& store);

// The parts and their order are all that counts.
CacheKey key_of(const std::vector<KeyPart>& parts);
// key_of(key_parts(...)) without making the parts, which a reused stage has no use for.
CacheKey key_of(const ResolvedStage& stage, const std::vector<std::optional<Digest>>& digests);

// What differs, in the order of `now`, then what is gone. With `inputs_known` false, parts that speak of inputs are not compared.
std::vector<Reason> compare(const std::vector<KeyPart>& before, const std::vector<KeyPart>& now, bool inputs_known);

}  // namespace mlopsctl::engine
