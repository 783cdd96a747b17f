// A decision record: a statement (what was decided, from what) and the signature of its canonical text (RFC 8785). A file of it is JSON:
//   {"statement": {"format": "mlopsctl-decision-1", "kind": "gate", "model": "sha256:...", ...},
//    "signature": {"algorithm": "ed25519", "key": "ed25519:...", "value": "<128 hex digits>"}}
// so any program with JSON, RFC 8785 and ed25519 can check it.
//
// Kinds: `gate`, what an evaluate stage decided about a model; `override`, who released a model against that, and why. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/decision/signing.hpp"

namespace mlopsctl::decision {

inline constexpr const char* record_format = "mlopsctl-decision-1";

struct Record {
  std::string origin;  // what to call it in messages: its file
  Json statement;
  PublicKey key;  // that it says it is signed with
  std::string signature;

  // A text of the statement; empty where it has none.
  std::string text(const char* field) const;
};

// Numbers that JSON does not know (NaN) become null in the statement; `format` is set.
Result<Record> sign(Json statement, const SigningKey& key, std::string origin);
std::string to_text(const Record& record);
Result<Record> parse_record(std::string_view text, const std::string& origin);

// Errors: the record is not what was signed; its key is none of `trusted`.
Status check(const Record& record, const std::vector<PublicKey>& trusted);

// What somebody wants to be decided before a model may be released.
struct Demand {
  std::string model;  // its digest
  struct Gate {
    std::string stage;
    Json params;  // of the stage as the pipeline has it now, canonical: its thresholds
  };
  std::vector<Gate> gates;  // the newest record of each must have passed; none: of every gate that judged the model
};
// By time, then by origin.
void newest_first(std::vector<Record>& records);
// Of records that are newest first. Errors: why they do not grant it: none is about the model, or what is wrong with the one nearest to it.
Status grants(const std::vector<Record>& records, const Demand& demand, const std::vector<PublicKey>& trusted);

}  // namespace mlopsctl::decision
