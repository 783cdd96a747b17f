#include "stages/serve/store/schema.hpp"

#include <array>
#include <string>
#include <string_view>

namespace mlopsctl::serve::store {

namespace {

// Statements of each version, never to be changed once released; {identity} is the dialect's. Types are those that both databases know.
// feedback names no prediction by a foreign key: retention removes predictions, and a spool may hold one back.
constexpr std::array<std::string_view, 7> version_1{
    "CREATE TABLE tweets (id {identity}, user_id TEXT NOT NULL, tweet_content TEXT NOT NULL, created_at BIGINT NOT NULL, sentiment TEXT)",
    "CREATE TABLE predictions (key TEXT PRIMARY KEY, prediction_id TEXT NOT NULL, created_at BIGINT NOT NULL, route TEXT NOT NULL, "
    "model TEXT NOT NULL, model_digest TEXT NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL, confidence DOUBLE PRECISION NOT NULL, "
    "probabilities TEXT NOT NULL)",
    "CREATE INDEX predictions_by_id ON predictions (prediction_id)",
    "CREATE INDEX predictions_by_time ON predictions (created_at, key)",
    "CREATE TABLE feedback (prediction_id TEXT NOT NULL, source TEXT NOT NULL, label TEXT NOT NULL, created_at BIGINT NOT NULL, "
    "PRIMARY KEY (prediction_id, source))",
    "CREATE TABLE mlopsctl_schema (version BIGINT NOT NULL)",
    "INSERT INTO mlopsctl_schema (version) VALUES (1)",
};

constexpr std::array<std::span<const std::string_view>, 1> versions{version_1};
constexpr auto newest = static_cast<int64_t>(versions.size());

Result<int64_t> version_of(Connection& connection) {
  TRY_ASSIGN(const Rows exists, connection.run(connection.dialect().schema_exists));
  if (exists.size() == 0) return int64_t{0};
  TRY_ASSIGN(const Rows version, connection.run("SELECT version FROM mlopsctl_schema"));
  return version.size() == 0 ? 0 : version.integer(0, 0);
}

std::string in_dialect(std::string_view statement, const Dialect& dialect) {
  constexpr std::string_view mark = "{identity}";
  std::string sql(statement);
  if (const size_t at = sql.find(mark); at != std::string::npos) sql.replace(at, mark.size(), dialect.identity);
  return sql;
}

Status bring_up_to_date(Connection& connection) {
  const Dialect& dialect = connection.dialect();
  if (dialect.migration_lock != nullptr) TRY(connection.run(dialect.migration_lock));
  TRY_ASSIGN(const int64_t found, version_of(connection));  // another process may have been faster
  for (int64_t version = found; version < newest; ++version)
    for (const std::string_view statement : versions[static_cast<size_t>(version)]) TRY(connection.run_once(in_dialect(statement, dialect)));
  return {};
}

}  // namespace

Status migrate(Connection& connection) {
  TRY_ASSIGN(const int64_t found, version_of(connection));
  if (found == newest) return {};
  if (found > newest)
    return config_error(connection.address().shown + " was written by a newer mlopsctl (its schema is version " + std::to_string(found) +
                        ", this one knows versions up to " + std::to_string(newest) + ")")
        .with_hint("use the newer mlopsctl, or another database");
  TRY(connection.run(connection.dialect().begin));
  if (Status done = bring_up_to_date(connection); !done) {
    (void)connection.run("ROLLBACK");
    return done;
  }
  TRY(connection.run("COMMIT"));
  return {};
}

}  // namespace mlopsctl::serve::store
