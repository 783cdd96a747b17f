// The databases that every store test runs on: a SQLite file, and a PostgreSQL that is started once and emptied for each test.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>

#include "stages/serve/store/connection.hpp"
#include "stages/serve/store/store.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve::store {

enum class Engine { sqlite, postgres };

// Ended by the environment below: not by a destructor after main, when the folder's path may be gone.
inline std::unique_ptr<mlopsctl::testing::PostgresServer>& shared_server() {
  static std::unique_ptr<mlopsctl::testing::PostgresServer> server;
  return server;
}

class OnBoth : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (GetParam() == Engine::sqlite) {
      address_ = parse_address("sqlite:" + (folder_ / "store.db").string(), "the test").value();
      return;
    }
    std::string why;
    const auto programs = mlopsctl::testing::PostgresServer::programs(why);
    if (programs.empty()) GTEST_SKIP() << why;
    if (!shared_server()) shared_server() = std::make_unique<mlopsctl::testing::PostgresServer>(programs);
    address_ = parse_address(shared_server()->url(), "the test").value();
    sql("DROP SCHEMA public CASCADE");
    sql("CREATE SCHEMA public");
  }

  std::unique_ptr<Store> open() { return make_store(address_, cancel_); }
  std::unique_ptr<Connection> connect() {
    auto connection = GetParam() == Engine::sqlite ? sqlite_connection(address_) : postgres_connection(address_, cancel_);
    if (auto connected = connection->connect(); !connected) throw std::runtime_error(connected.error().message);
    return connection;
  }
  void sql(const std::string& statement) {
    if (auto done = connect()->run_once(statement); !done) throw std::runtime_error(done.error().message);
  }

  mlopsctl::testing::TemporaryFolder folder_;
  CancelToken cancel_;
  Address address_;
};

inline std::string name_of(const ::testing::TestParamInfo<Engine>& info) { return info.param == Engine::sqlite ? "Sqlite" : "Postgres"; }
#define ON_BOTH(suite) INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::Values(Engine::sqlite, Engine::postgres), name_of)

inline Prediction prediction(int64_t number) {
  const std::string digits = std::to_string(number);
  return {.key = "test-" + std::string(6 - digits.size(), '0') + digits,
          .prediction_id = "request-" + digits,
          .created_at = 1000 + number,
          .route = "POST /",
          .model = "feedback@3",
          .model_digest = "sha256:" + std::string(64, 'a'),
          .text = "text " + digits,
          .label = number % 3 == 0 ? "negative" : "positive",
          .confidence = 0.1 + static_cast<double>(number % 9) / 10,
          .probabilities = R"({"negative":0.25,"positive":0.75})"};
}

}  // namespace mlopsctl::serve::store
