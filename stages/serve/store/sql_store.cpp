#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include "stages/data/utf8.hpp"
#include "stages/serve/store/schema.hpp"
#include "stages/serve/store/store.hpp"

namespace mlopsctl::serve::store {

const std::string& Rows::text(size_t row, size_t column) const {
  static const std::string none;
  const auto& cell = at(row, column);
  return cell ? *cell : none;
}

int64_t Rows::integer(size_t row, size_t column) const {
  const std::string& digits = text(row, column);
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

double Rows::number(size_t row, size_t column) const {
  const std::string& digits = text(row, column);
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string text_of(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

int64_t milliseconds_now() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string storable(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t good = std::min(data::first_invalid_utf8(text), text.find('\0'));
    out += text.substr(0, good);
    if (good >= text.size()) break;
    out += replacement;
    text.remove_prefix(good + 1);
  }
  return out;
}

std::string storable_name(std::string_view text) {
  constexpr size_t most = 200;
  return storable(text.substr(0, most));
}

namespace {

constexpr size_t prediction_columns = 10, rows_at_once = 64;

// "INSERT ... VALUES ($1, ..., $10), ($11, ...) ... ON CONFLICT (key) DO NOTHING" for that many rows.
std::string insert_predictions(size_t rows) {
  std::string sql = "INSERT INTO predictions (key, prediction_id, created_at, route, model, model_digest, text, label, confidence, probabilities) VALUES ";
  for (size_t i = 0; i < rows * prediction_columns; ++i) {
    sql += i % prediction_columns != 0 ? ", $" : i == 0 ? "($" : "), ($";
    sql += std::to_string(i + 1);
  }
  return sql + ") ON CONFLICT (key) DO NOTHING";
}

class SqlStore final : public Store {
 public:
  explicit SqlStore(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  Status ready() override {
    TRY_ASSIGN(const bool fresh, connection_->connect());
    if (!fresh && migrated_) return {};
    migrated_ = false;
    TRY(migrate(*connection_));
    migrated_ = true;
    return {};
  }

  Result<int64_t> add_tweet(std::string_view user_id, std::string_view content, int64_t now) override {
    const std::string user = storable(user_id), text = storable(content);
    TRY_ASSIGN(const Rows rows, run(connection_->dialect().add_tweet, user, text, now));
    return rows.integer(0, 0);
  }

  Result<bool> set_sentiment(int64_t id, std::string_view sentiment) override {
    const std::string kept = storable(sentiment);
    TRY_ASSIGN(const Rows rows, run("UPDATE tweets SET sentiment = $1 WHERE id = $2 RETURNING id", kept, id));
    return rows.size() > 0;
  }

  Result<TweetPage> tweets(int64_t after, int64_t limit) override {
    TweetPage page;
    TRY_ASSIGN(const Rows rows, run("SELECT id, user_id, tweet_content, created_at, sentiment FROM tweets WHERE id > $1 ORDER BY id LIMIT $2", after, limit));
    for (size_t i = 0; i < rows.size(); ++i) page.tweets.push_back({rows.integer(i, 0), rows.text(i, 1), rows.text(i, 2), rows.integer(i, 3), rows.at(i, 4)});
    TRY_ASSIGN(const Rows total, run("SELECT count(*) FROM tweets"));
    page.total = total.integer(0, 0);
    return page;
  }

  Status record(std::span<const Prediction> predictions) override {
    TRY(ready());
    return in_transaction([&]() -> Status {
      while (!predictions.empty()) {
        const size_t rows = predictions.size() >= rows_at_once ? rows_at_once : 1;
        TRY(insert(predictions.first(rows)));
        predictions = predictions.subspan(rows);
      }
      return {};
    });
  }

  Result<std::vector<Prediction>> predictions(const Prediction* after, int64_t limit) override {
    const int64_t time = after != nullptr ? after->created_at : std::numeric_limits<int64_t>::min();
    TRY_ASSIGN(const Rows rows, run("SELECT key, prediction_id, created_at, route, model, model_digest, text, label, confidence, probabilities, "
                                    "(SELECT f.label FROM feedback f WHERE f.prediction_id = p.prediction_id ORDER BY f.created_at DESC, f.source LIMIT 1) "
                                    "FROM predictions p WHERE (created_at, key) > ($1, $2) ORDER BY created_at, key LIMIT $3",
                                    time, after != nullptr ? std::string_view(after->key) : std::string_view(), limit));
    std::vector<Prediction> found;
    for (size_t i = 0; i < rows.size(); ++i)
      found.push_back({rows.text(i, 0), rows.text(i, 1), rows.integer(i, 2), rows.text(i, 3), rows.text(i, 4), rows.text(i, 5), rows.text(i, 6),
                       rows.text(i, 7), rows.number(i, 8), rows.text(i, 9), rows.at(i, 10)});
    return found;
  }

  Result<int64_t> prediction_count() override {
    TRY_ASSIGN(const Rows rows, run("SELECT count(*) FROM predictions"));
    return rows.integer(0, 0);
  }

  Result<int64_t> forget(int64_t time, int64_t limit) override {
    TRY(ready());
    int64_t removed = 0;
    const Status done = in_transaction([&]() -> Status {
      TRY(run("DELETE FROM feedback WHERE prediction_id IN (SELECT prediction_id FROM predictions WHERE created_at < $1 ORDER BY created_at, key LIMIT $2)",
              time, limit));
      TRY_ASSIGN(const Rows rows,
                 run("DELETE FROM predictions WHERE key IN (SELECT key FROM predictions WHERE created_at < $1 ORDER BY created_at, key LIMIT $2) RETURNING key",
                     time, limit));
      removed = static_cast<int64_t>(rows.size());
      return {};
    });
    if (!done) return done.error();
    return removed;
  }

  Result<bool> add_feedback(std::string_view prediction_id, std::string_view source, std::string_view label, int64_t now) override {
    const std::string id = storable_name(prediction_id), who = storable_name(source), what = storable(label);
    TRY_ASSIGN(const Rows known, run("SELECT 1 FROM predictions WHERE prediction_id = $1 LIMIT 1", id));
    if (known.size() == 0) return false;
    TRY(
        run("INSERT INTO feedback (prediction_id, source, label, created_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (prediction_id, source) DO UPDATE SET label = excluded.label, created_at = excluded.created_at",
            id, who, what, now));
    return true;
  }

 private:
  template <typename... Values>
  Result<Rows> run(const char* sql, const Values&... values) {
    if (!in_transaction_) TRY(ready());
    if constexpr (sizeof...(values) == 0) return connection_->run(sql);
    else return connection_->run(sql, std::array<Value, sizeof...(values)>{Value(values)...});
  }

  template <typename Work>
  Status in_transaction(const Work& work) {
    TRY(connection_->run(connection_->dialect().begin));
    in_transaction_ = true;
    Status done = work();
    if (done) {
      auto committed = connection_->run("COMMIT");
      if (!committed) done = std::move(committed).error();
    }
    if (!done) (void)connection_->run("ROLLBACK");
    in_transaction_ = false;
    return done;
  }

  Status insert(std::span<const Prediction> predictions) {
    static const std::string one = insert_predictions(1), many = insert_predictions(rows_at_once);
    std::vector<Value> values;
    values.reserve(predictions.size() * prediction_columns);
    for (const Prediction& each : predictions)
      values.insert(values.end(), {std::string_view(each.key), std::string_view(each.prediction_id), each.created_at, std::string_view(each.route),
                                   std::string_view(each.model), std::string_view(each.model_digest), std::string_view(each.text), std::string_view(each.label),
                                   each.confidence, std::string_view(each.probabilities)});
    TRY(connection_->run(predictions.size() == 1 ? one.c_str() : many.c_str(), values));
    return {};
  }

  std::unique_ptr<Connection> connection_;
  bool migrated_ = false, in_transaction_ = false;
};

}  // namespace

std::unique_ptr<Store> make_store(const Address& address, const CancelToken& cancel) {
  return std::make_unique<SqlStore>(address.kind == Address::Kind::sqlite ? sqlite_connection(address) : postgres_connection(address, cancel));
}

}  // namespace mlopsctl::serve::store
