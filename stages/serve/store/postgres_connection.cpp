#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>

#include "stages/serve/store/connection.hpp"
#include "stages/serve/store/libpq.hpp"

namespace mlopsctl::serve::store {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds to_connect{5}, to_answer{30};
constexpr int slice_ms = 100;  // how long it takes at most to see that waiting was cancelled

// Locks of ours, apart from those of others in the same database: "mlops" in ASCII, then a number.
#define MLOPSCTL_LOCK(number) "pg_advisory_xact_lock(469786062963" #number ")"
constexpr Dialect postgres_dialect{
    .begin = "BEGIN",
    .migration_lock = "SELECT " MLOPSCTL_LOCK(1),
    // Not to_regclass: it may answer from memory what was so before migration_lock was waited for.
    .schema_exists = "SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'mlopsctl_schema' AND pg_catalog.pg_table_is_visible(oid)",
    .identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    // An id is drawn under the lock and seen before the lock is free.
    .add_tweet =
        "INSERT INTO tweets (user_id, tweet_content, created_at) "
        "SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM (SELECT " MLOPSCTL_LOCK(2) ") AS turn RETURNING id",
};
#undef MLOPSCTL_LOCK

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(Address address, const CancelToken& cancel) : address_(std::move(address)), cancel_(cancel) {}
  ~PostgresConnection() override { close(); }

  const Dialect& dialect() const override { return postgres_dialect; }
  const Address& address() const override { return address_; }

  Result<bool> connect() override {
    TRY_ASSIGN(pq_, libpq());
    if (connection_ != nullptr && alive()) return false;
    close();
    TRY(check_url());
    // What stands before the URL gives way to it.
    const char* const words[] = {"application_name", "keepalives_idle", "tcp_user_timeout", "dbname", "client_encoding", nullptr};
    const char* const values[] = {"mlopsctl", "30", "30000", address_.target.c_str(), "UTF8", nullptr};
    connection_ = pq_->connectStartParams(words, values, 1);
    if (connection_ == nullptr) return unreachable("out of memory");
    TRY(finish_connecting());
    pq_->setNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    pq_->setnonblocking(connection_, 1);
    // A server set to forget its last transactions in a crash would lose predictions that the spool has let go.
    TRY(run("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'", {}));
    return true;
  }

  Result<Rows> run(const char* sql, std::span<const Value> values) override {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
      const std::string name = "s" + std::to_string(statements_.size());
      TRY(exchange(pq_->sendPrepare(connection_, name.c_str(), sql, 0, nullptr)));
      found = statements_.emplace(sql, name).first;
    }
    std::vector<std::string> texts;
    std::vector<const char*> pointers;
    texts.reserve(values.size());
    for (const Value& value : values) {
      if (std::holds_alternative<std::nullptr_t>(value)) {
        pointers.push_back(nullptr);
        continue;
      }
      texts.push_back(text_of(value));
      pointers.push_back(texts.back().c_str());
    }
    return exchange(pq_->sendQueryPrepared(connection_, found->second.c_str(), static_cast<int>(pointers.size()), pointers.data(), nullptr, nullptr, 0));
  }

  Status run_once(const std::string& sql) override {
    TRY(exchange(pq_->sendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0)));
    return {};
  }

 private:
  static std::string text_of(const Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
    if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
    return store::text_of(std::get<double>(value));
  }

  void close() {
    if (connection_ != nullptr) pq_->finish(connection_);
    connection_ = nullptr;
    statements_.clear();
  }

  // An idle connection has nothing to say: what is there to read is the server's farewell, or the end.
  bool alive() {
    if (pq_->status(connection_) != CONNECTION_OK) return false;
    if (pq_->transactionStatus(connection_) != PQTRANS_IDLE) return false;
    pollfd waiting{pq_->socket(connection_), POLLIN, 0};
    if (::poll(&waiting, 1, 0) == 0) return true;
    return pq_->consumeInput(connection_) == 1 && pq_->status(connection_) == CONNECTION_OK;
  }

  // libpq's own words on a URL that it cannot read repeat parts of it.
  Status check_url() {
    char* words = nullptr;
    PQconninfoOption* const options = pq_->conninfoParse(address_.target.c_str(), &words);
    if (words != nullptr) pq_->freemem(words);
    if (options == nullptr)
      return config_error("the address " + address_.shown + " is not one that PostgreSQL's libpq can read")
          .with_hint("the form is postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, with % and two digits for special characters");
    pq_->conninfoFree(options);
    return {};
  }

  Status finish_connecting() {
    const auto deadline = Clock::now() + to_connect;
    for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK; step = pq_->connectPoll(connection_)) {
      if (step == PGRES_POLLING_FAILED || pq_->status(connection_) == CONNECTION_BAD) {
        const std::string words = pq_->errorMessage(connection_);
        close();
        return unreachable(words);
      }
      if (Status waited = wait(step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, to_connect); !waited) {
        close();
        return waited;
      }
    }
    return {};
  }

  // One statement's way to the server and back. `sent`: what the PQsend... call said.
  Result<Rows> exchange(int sent) {
    const auto deadline = Clock::now() + to_answer;
    if (sent == 0) return lost();
    for (int left = pq_->flush(connection_); left != 0; left = pq_->flush(connection_)) {
      if (left < 0) return lost();
      TRY(wait_or_close(POLLIN | POLLOUT, deadline));
      if (pq_->consumeInput(connection_) == 0) return lost();
    }
    std::optional<Result<Rows>> answer;
    while (true) {
      while (pq_->isBusy(connection_) != 0) {
        TRY(wait_or_close(POLLIN, deadline));
        if (pq_->consumeInput(connection_) == 0) return lost();
      }
      PGresult* const result = pq_->getResult(connection_);
      if (result == nullptr) break;
      if (!answer || answer->ok()) answer = read(result);
      pq_->clear(result);
    }
    if (pq_->status(connection_) == CONNECTION_BAD || !answer) return lost();
    return std::move(*answer);
  }

  Result<Rows> read(const PGresult* result) const {
    const ExecStatusType status = pq_->resultStatus(result);
    Rows rows;
    if (status == PGRES_COMMAND_OK) return rows;
    if (status != PGRES_TUPLES_OK) {
      const auto field = [&](int code) {
        const char* text = pq_->resultErrorField(result, code);
        return std::string(text != nullptr ? text : "");
      };
      return stage_error(without_secret(address_.shown + ": " + field(PG_DIAG_MESSAGE_PRIMARY) + " (SQLSTATE " + field(PG_DIAG_SQLSTATE) + ")", address_));
    }
    const int columns = pq_->nfields(result);
    rows.columns = static_cast<size_t>(columns);
    for (int row = 0; row < pq_->ntuples(result); ++row)
      for (int column = 0; column < columns; ++column) {
        if (pq_->getisnull(result, row, column) != 0) rows.cells.emplace_back();
        else rows.cells.emplace_back(std::string(pq_->getvalue(result, row, column), static_cast<size_t>(pq_->getlength(result, row, column))));
      }
    return rows;
  }

  Status wait(short events, Clock::time_point deadline, std::chrono::seconds allowed) {
    while (true) {
      if (cancel_.cancelled()) return unreachable("it did not answer in time");
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return unreachable("no answer within " + std::to_string(allowed.count()) + " s");
      pollfd waiting{pq_->socket(connection_), events, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, slice_ms)));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return io_error("wait for", address_.shown, errno);
    }
  }

  // A connection that did not answer in time is of no use: its answer would come in place of the next one's.
  Status wait_or_close(short events, Clock::time_point deadline) {
    Status waited = wait(events, deadline, to_answer);
    if (!waited) close();
    return waited;
  }

  Error lost() {
    const std::string words = connection_ != nullptr ? pq_->errorMessage(connection_) : "not connected";
    close();
    return unreachable(words);
  }

  Error unreachable(std::string words) const {
    while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
    std::replace(words.begin(), words.end(), '\n', ' ');
    std::replace(words.begin(), words.end(), '\t', ' ');
    Error error;
    error.kind = ErrorKind::cluster;
    error.message = without_secret("cannot reach " + address_.shown + ": " + words, address_);
    return error;
  }

  Address address_;
  const CancelToken& cancel_;
  const Libpq* pq_ = nullptr;
  PGconn* connection_ = nullptr;
  std::map<const void*, std::string> statements_;  // by the address of their text
};

}  // namespace

std::unique_ptr<Connection> postgres_connection(const Address& address, const CancelToken& cancel) {
  return std::make_unique<PostgresConnection>(address, cancel);
}

}  // namespace mlopsctl::serve::store
