#include "pipeline/decision/ledger.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pipeline/base/files.hpp"

namespace mlopsctl::decision {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view variable = "MLOPSCTL_SIGNING_KEY", file_prefix = "file:";

Result<SigningKey> key_in(const fs::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path));
  return SigningKey::parse(first_line(text), path.string());
}

fs::path own_path(const fs::path& state) { return state / "keys" / "signing.key"; }

}  // namespace

Result<std::optional<SigningKey>> known_signing_key(const Variables& variables, const fs::path& state) {
  if (const auto given = variables(variable)) {
    TRY_ASSIGN(SigningKey key, given->starts_with(file_prefix) ? key_in(given->substr(file_prefix.size()))
                                                               : SigningKey::parse(first_line(*given), "the environment variable " + std::string(variable)));
    return std::optional(std::move(key));
  }
  const fs::path path = own_path(state);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::optional<SigningKey>();
  if ((found.st_mode & 077) != 0) return config_error("the signing key " + path.string() + " can be read by others").with_hint("chmod 600 " + path.string());
  TRY_ASSIGN(SigningKey key, key_in(path));
  return std::optional(std::move(key));
}

Result<SigningKey> signing_key(const Variables& variables, const fs::path& state) {
  TRY_ASSIGN(auto known, known_signing_key(variables, state));
  if (known) return std::move(*known);
  TRY(make_folders(state / "locks"));
  TRY_ASSIGN(const FileLock lock, FileLock::lock(state / "locks" / "keys.lock", FileLock::Mode::exclusive));
  TRY_ASSIGN(known, known_signing_key(variables, state));  // another process may have been faster
  if (known) return std::move(*known);
  TRY(make_folders(own_path(state).parent_path()));
  return write_new_key(own_path(state));
}

Result<SigningKey> write_new_key(const fs::path& path) {
  if (::access(path.c_str(), F_OK) == 0)
    return config_error(path.string() + " is there already, and a key that is lost cannot be made again").with_hint("name another file");
  TRY_ASSIGN(const SigningKey key, SigningKey::generate());
  sweep_temporaries(path.has_parent_path() ? path.parent_path() : ".", path.filename().string() + ".");  // of a process that was killed
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path, 0600));
  TRY(file.write(key.secret() + "\n"));
  TRY(file.commit());
  return key;
}

bool Ledger::has(const std::string& name) const { return ::access(path_of(name).c_str(), F_OK) == 0; }

Result<bool> Ledger::add(const std::string& name, const Record& record) const {
  TRY(make_folders(lock_.parent_path()));
  TRY_ASSIGN(const FileLock lock, FileLock::lock(lock_, FileLock::Mode::exclusive));
  if (has(name)) return false;
  TRY(make_folders(folder_));
  sweep_temporaries(folder_);
  TRY(write_file_atomically(path_of(name), to_text(record)));
  return true;
}

Result<std::vector<Record>> Ledger::all() const {
  std::vector<Record> records;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder_, absent)) {
    if (entry.path().extension() != ".json" || entry.path().filename().string().starts_with('.')) continue;
    TRY_ASSIGN(const std::string text, read_file(entry.path()));
    auto record = parse_record(text, entry.path().string());
    if (!record) return std::move(record).error().with_hint("remove " + entry.path().string() + ", or put back the file that it was");
    records.push_back(std::move(*record));
  }
  newest_first(records);
  return records;
}

Result<Record> find_record(const Ledger& ledger, const std::string& word) {
  std::error_code absent;
  if (fs::is_regular_file(word, absent)) {
    TRY_ASSIGN(const std::string text, read_file(word));
    return parse_record(text, word);
  }
  TRY_ASSIGN(std::vector<Record> records, ledger.all());
  const std::string path = ledger.path_of(word).string();
  for (Record& record : records)
    if (record.origin == path || record.text("stage") == word) return std::move(record);
  std::vector<std::string> names;
  for (const Record& record : records) names.push_back(record.text("stage"));
  const auto near = nearest(word, names);
  return config_error("there is no decision record \"" + word + "\"")
      .with_hint(near ? "did you mean " + *near + "?" : "`mlopsctl decision show` lists them; `mlopsctl run` makes them");
}

}  // namespace mlopsctl::decision
