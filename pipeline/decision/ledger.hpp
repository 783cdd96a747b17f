// Where a project keeps its decision records and its own key: .mlopsctl/decisions/NAME.json and .mlopsctl/keys/signing.key. A record is
// written once and never changed; `cache gc` leaves all of it alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/secret.hpp"
#include "pipeline/decision/record.hpp"

namespace mlopsctl::decision {

// The key of MLOPSCTL_SIGNING_KEY (the key, or file:PATH of a file that holds it), else the project's own, made with mode 0600 where there is
// none. Errors: what is there is no key; the project's own can be read by others.
Result<SigningKey> signing_key(const Variables& variables, const std::filesystem::path& state);
// The same, but nothing is made: nothing where there is none yet.
Result<std::optional<SigningKey>> known_signing_key(const Variables& variables, const std::filesystem::path& state);
// Writes a new key into a file that is not there yet, mode 0600.
Result<SigningKey> write_new_key(const std::filesystem::path& path);

class Ledger {
 public:
  explicit Ledger(const std::filesystem::path& state) : folder_(state / "decisions"), lock_(state / "locks" / "decisions.lock") {}

  std::filesystem::path path_of(const std::string& name) const { return folder_ / (name + ".json"); }
  bool has(const std::string& name) const;
  // A record is never changed: false where one of that name is there, which stays (two runs at once decide one computation).
  Result<bool> add(const std::string& name, const Record& record) const;
  // Newest first. A file that is no record is an error that names it.
  Result<std::vector<Record>> all() const;

 private:
  std::filesystem::path folder_, lock_;
};

// By the path of a file, by the name of a record in the ledger, or by the stage that decided (the newest).
Result<Record> find_record(const Ledger& ledger, const std::string& word);

}  // namespace mlopsctl::decision
