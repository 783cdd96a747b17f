#include <sys/stat.h>

#include <filesystem>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/sqlite.hpp"
#include "stages/serve/store/connection.hpp"

namespace mlopsctl::serve::store {

namespace {

constexpr Dialect sqlite_dialect{
    .begin = "BEGIN IMMEDIATE",
    .migration_lock = nullptr,
    .schema_exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'mlopsctl_schema'",
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .add_tweet = "INSERT INTO tweets (user_id, tweet_content, created_at) VALUES ($1, $2, $3) RETURNING id",
};

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(Address address) : address_(std::move(address)) {}

  const Dialect& dialect() const override { return sqlite_dialect; }
  const Address& address() const override { return address_; }

  Result<bool> connect() override {
    if (database_) return false;
    const std::filesystem::path path(address_.target);
    if (path.has_parent_path()) TRY(make_folders(path.parent_path()));
    std::error_code unseen;
    const bool made = !std::filesystem::exists(path, unseen);
    bool damaged = false;
    auto opened = engine::Database::open(path, damaged);
    if (!opened) return damaged ? hinted(std::move(opened).error()) : std::move(opened).error();
    database_ = std::move(opened).value();
    // What people wrote is for the server's own eyes. (By name: to open and close the file ourselves would free SQLite's locks on it.)
    if (made)
      for (const char* suffix : {"", "-wal", "-shm"}) ::chmod((path.string() + suffix).c_str(), 0600);
    // What was said to be kept is kept through a loss of power too: the spool forgets it.
    TRY(database_->script("PRAGMA synchronous=FULL"));
    return true;
  }

  Result<Rows> run(const char* sql, std::span<const Value> values) override {
    engine::Query query = database_->query(sql);
    for (const Value& value : values) std::visit([&](const auto& plain) { query.bind(plain); }, value);
    Rows rows;
    while (query.next()) {
      rows.columns = static_cast<size_t>(query.columns());
      for (int column = 0; column < query.columns(); ++column) rows.cells.push_back(cell(query, column));
    }
    if (auto status = query.status(); !status) return database_->damaged() ? hinted(std::move(status).error()) : std::move(status).error();
    return rows;
  }

  Status run_once(const std::string& sql) override { return database_->script(sql.c_str()); }

 private:
  static std::optional<std::string> cell(const engine::Query& query, int column) {
    if (query.is_null(column)) return std::nullopt;
    return query.is_number(column) ? text_of(query.number(column)) : std::string(query.text(column));
  }

  Error hinted(Error error) const { return std::move(error).with_hint("move it out of the way, with -wal and -shm, and put a copy in its place"); }

  Address address_;
  std::unique_ptr<engine::Database> database_;
};

}  // namespace

std::unique_ptr<Connection> sqlite_connection(const Address& address) { return std::make_unique<SqliteConnection>(address); }

}  // namespace mlopsctl::serve::store
