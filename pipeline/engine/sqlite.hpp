// SQLite behind four calls: open, query, write, transaction. sqlite.cpp is the one file that includes sqlite3.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mlopsctl::engine {

// One use of a prepared statement; the statement itself is kept by its Database.
//   Query q = db.query("SELECT a FROM t WHERE b = ?", b);
//   while (q.next()) use(q.text(0));
//   TRY(q.status());
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  bool next();      // true: a row is there; false: no more, or a fault (see status)
  Status status();  // of everything so far
  Status run();     // for statements that return no rows

  int columns() const;
  bool is_null(int column) const;
  bool is_number(int column) const;  // a floating-point one, of which text() gives 15 digits only
  int64_t integer(int column) const;
  double number(int column) const;
  std::string_view text(int column) const;  // bytes of a text or blob, until the next call of next()

  // The next parameter, for callers that do not know at compile time how many there are.
  void bind(int64_t value);
  void bind(double value);
  void bind(std::string_view text);
  void bind(std::nullptr_t);

 private:
  friend class Database;
  Query(class Database& database, sqlite3_stmt* statement, int code) : database_(database), statement_(statement), code_(code) {}

  class Database& database_;
  sqlite3_stmt* statement_;
  int code_;  // of the last SQLite call that failed; 0: none
  int bound_ = 0;
};

class Database {
 public:
  // Opens or creates, with WAL, synchronous=NORMAL and a busy time-out of 10 s. Faults: see fault();
  // `damaged` then says whether the file itself is to blame.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, bool& damaged);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  template <typename... Values>
  Query query(const char* sql, const Values&... values) {
    Query query = prepare(sql);
    (query.bind(values), ...);
    return query;
  }
  Status run(const char* sql) { return prepare(sql).run(); }
  Status script(const char* sql);  // several statements
  int64_t last_row() const;

  // True once SQLite has said that the file is no database or is malformed.
  bool damaged() const { return damaged_; }
  // The Error for a result code: a full disk, a damaged file, a lock held for too long, a folder that cannot be written.
  Error fault(int code);

 private:
  explicit Database(std::filesystem::path path) : path_(std::move(path)) {}
  Query prepare(const char* sql);

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
  std::map<std::string_view, sqlite3_stmt*> statements_;  // keyed by the literal
  bool damaged_ = false;
};

// A write transaction; without commit() it is rolled back.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace mlopsctl::engine
