// What the store asks of a database: connect, run a prepared statement, say how its dialect differs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/serve/store/address.hpp"

namespace mlopsctl::serve::store {

using Value = std::variant<std::nullptr_t, int64_t, double, std::string_view>;

// What a statement returned: cells as text, row by row; none: NULL.
struct Rows {
  size_t columns = 0;
  std::vector<std::optional<std::string>> cells;

  size_t size() const { return columns == 0 ? 0 : cells.size() / columns; }
  const std::optional<std::string>& at(size_t row, size_t column) const { return cells[row * columns + column]; }
  const std::string& text(size_t row, size_t column) const;  // "" for NULL
  int64_t integer(size_t row, size_t column) const;          // 0 for NULL
  double number(size_t row, size_t column) const;            // 0 for NULL
};

std::string text_of(double number);  // the shortest that reads back the same

struct Dialect {
  const char* begin;           // begins a transaction that writes
  const char* migration_lock;  // waits until no other process migrates, for the rest of the transaction; null: begin does
  const char* schema_exists;   // gives a row where the table that holds the schema's version is there
  const char* identity;        // the type of a primary key that counts itself
  const char* add_tweet;       // see Store::add_tweet
};

// One thread at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual const Dialect& dialect() const = 0;
  virtual const Address& address() const = 0;
  // Connects unless there is a live connection; true: it is a new one. A transaction that was open is gone.
  virtual Result<bool> connect() = 0;
  // Runs one statement on the connection there is. Parameters are $1, $2 ..., numbered in the order of their first appearance, which is how
  // both databases count. The statement is prepared once and kept under the address of `sql`: a literal, or something else that stays.
  virtual Result<Rows> run(const char* sql, std::span<const Value> values = {}) = 0;
  // Runs one statement without parameters that nobody will run again.
  virtual Status run_once(const std::string& sql) = 0;
};

std::unique_ptr<Connection> sqlite_connection(const Address& address);
std::unique_ptr<Connection> postgres_connection(const Address& address, const CancelToken& cancel);

}  // namespace mlopsctl::serve::store
