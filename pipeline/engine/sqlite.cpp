#include "pipeline/engine/sqlite.hpp"

#include <cerrno>
#include <utility>

#include <sqlite3.h>

namespace mlopsctl::engine {

namespace {

constexpr int busy_milliseconds = 10'000;

// Where several processes make a new database at once, SQLite tells all but one at once that it is locked, whatever the busy time-out: each
// holds a lock that the others wait for.
int use_log(sqlite3* handle) {
  constexpr int pause_milliseconds = 5;
  int code = SQLITE_OK;
  for (int waited = 0; waited < busy_milliseconds; waited += pause_milliseconds) {
    code = sqlite3_exec(handle, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    if ((code & 0xFF) != SQLITE_BUSY) break;
    sqlite3_sleep(pause_milliseconds);
  }
  return code;
}

}  // namespace

Query::Query(Query&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)), code_(other.code_), bound_(other.bound_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::bind(int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, ++bound_, value);
}

void Query::bind(double value) {
  if (statement_ != nullptr) sqlite3_bind_double(statement_, ++bound_, value);
}

void Query::bind(std::string_view text) {
  if (statement_ == nullptr) return;
  const int code = sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) code_ = code;
}

void Query::bind(std::nullptr_t) {
  if (statement_ != nullptr) sqlite3_bind_null(statement_, ++bound_);
}

bool Query::next() {
  if (code_ != 0 || statement_ == nullptr) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) code_ = code;
  return false;
}

Status Query::status() {
  if (code_ != 0) return database_.fault(code_);
  return {};
}

Status Query::run() {
  while (next()) {}
  return status();
}

int Query::columns() const { return sqlite3_column_count(statement_); }
bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
bool Query::is_number(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_FLOAT; }
int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::number(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Query::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return {bytes == nullptr ? "" : static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, bool& damaged) {
  std::unique_ptr<Database> database(new Database(path));
  const int code = sqlite3_open_v2(path.c_str(), &database->handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return database->fault(code);
  sqlite3_extended_result_codes(database->handle_, 1);
  sqlite3_busy_timeout(database->handle_, busy_milliseconds);
  // The last one out would flush the whole log to disk, which costs more than a run with nothing to do; a small log is read back
  // at the next start instead.
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  const int log = use_log(database->handle_);
  Status ready = log != SQLITE_OK ? database->fault(log) : database->script("PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=256;");
  damaged = database->damaged();
  if (!ready) return std::move(ready).error();
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Query Database::prepare(const char* sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return Query(*this, found->second, 0);
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code == SQLITE_OK) statements_.emplace(sql, statement);
  return Query(*this, statement, code);
}

Status Database::script(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fault(code);
  return {};
}

int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.run("BEGIN IMMEDIATE"));
  return Transaction(&database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

Status Transaction::commit() {
  TRY(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

Error Database::fault(int code) {
  const std::string detail = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const int system_errno = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return io_error("write", path_.string(), ENOSPC);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      damaged_ = true;
      return stage_error(path_.string() + " is damaged (" + detail + ")")
          .with_hint("run the command again: the damaged index is moved aside and an empty one takes its place");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return stage_error(path_.string() + " was locked by another process for more than " + std::to_string(busy_milliseconds / 1000) + " s")
          .with_hint("end the other process, then run the command again");
    case SQLITE_READONLY:
      return io_error("write", path_.string(), system_errno != 0 ? system_errno : EROFS);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: {
      if (system_errno != 0) return io_error("use", path_.string(), system_errno);
      return stage_error("cannot use " + path_.string() + ": " + detail);
    }
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
    case SQLITE_NOMEM:
      return stage_error("cannot use " + path_.string() + ": " + detail);
    default:
      break;
  }
  Error error;
  error.message = "SQLite refused a statement on " + path_.string() + ": " + detail;
  return error;
}

}  // namespace mlopsctl::engine
