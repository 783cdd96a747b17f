#include "tests/unit/serve_store/databases.hpp"

namespace {

class StopTheServer : public ::testing::Environment {
  void TearDown() override { mlopsctl::serve::store::shared_server().reset(); }
};

}  // namespace

int main(int count, char** words) {
  ::testing::InitGoogleMock(&count, words);
  ::testing::AddGlobalTestEnvironment(new StopTheServer);
  return RUN_ALL_TESTS();
}
