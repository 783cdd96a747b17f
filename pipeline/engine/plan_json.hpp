// The parts that plans, run records and the index share when they become JSON and come back.
#pragma once

#include <vector>

#include "pipeline/engine/plan.hpp"

namespace mlopsctl::engine {

Json to_json(const std::vector<Artifact>& artifacts);
Json to_json(const std::vector<KeyPart>& parts);
Json to_json(const std::vector<Reason>& reasons);

// JSON that we wrote ourselves: without the guards of parse_json, which cost more than the parsing. `what` is for the message.
Result<Json> parse_own(std::string_view text, std::string_view what);

// These throw Json::exception on a wrong shape; their callers turn it into an Error that says what was being read.
std::vector<Artifact> artifacts_from_json(const Json& json);
std::vector<KeyPart> parts_from_json(const Json& json);
std::vector<Reason> reasons_from_json(const Json& json);
Digest digest_from_json(const Json& json);  // "sha256:..."

// A value of a key part as people write it: 4 instead of 4.0, which is what every number with a fraction is kept as.
std::string as_written(const std::string& value);

}  // namespace mlopsctl::engine
