#include "pipeline/engine/cache_key.hpp"

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

struct Keyed {
  Workbench bench;
  PipelineBuilder p;

  Keyed() {
    p.input("train", "train.csv", {{"text", "t"}}).stage("fit", "train", {"train"}, {{"model", {{"c", 1}, {"type", "svm"}}}}).model("base", "models/a");
  }

  std::vector<KeyPart> parts() {
    const auto graph = resolve(p.pipeline, bench.registry);
    if (!graph) throw std::runtime_error(graph.error().message);
    return key_parts(graph->stages[0], {digest_of("train"), digest_of("base")});
  }
  CacheKey key() { return key_of(parts()); }
};

TEST(CacheKey, NamesEveryPart) {
  Keyed keyed;
  static_cast<FakeStage&>(*keyed.bench.registry["train"]).set_backend("liblinear 2.30");
  keyed.p.last().params["base"] = "models/a";
  std::string text;
  for (const auto& part : keyed.parts()) text += part.name + "=" + part.value + "\n";
  EXPECT_EQ(text,
            "key format=mlopsctl-key-1\n"
            "stage kind=train\n"
            "stage version=1\n"
            "backend=liblinear 2.30\n"
            "seed=1\n"
            "params.base=\"model\"\n"
            "params.model.c=1\n"
            "params.model.type=\"svm\"\n"
            "input.train=" +
                digest_of("train").str() + "\n" +
                "input.train type=source\n"
                "input.train options.text=\"t\"\n"
                "input.base=" +
                digest_of("base").str() + "\n" + "input.base type=model\n");
}

// A key that changes by accident would throw away every cache in the world: raise the format version on purpose instead.
TEST(CacheKey, IsStable) { EXPECT_EQ(key_of({{"a", "1"}, {"b", ""}}).str(), "c6a66aa88721437a51d215ab1bb58f13593906fbd70020a24c95d1504b5cf28e"); }

TEST(CacheKey, ChangesWithEverythingThatCounts) {
  std::vector<CacheKey> keys = {Keyed().key()};
  const auto with = [&](auto change) {
    Keyed keyed;
    change(keyed);
    keys.push_back(keyed.key());
  };
  with([](Keyed& k) { k.p.last().seed = 2; });
  with([](Keyed& k) { k.p.last().params["model"]["c"] = 2; });
  with([](Keyed& k) { k.p.last().params["model"]["c"] = "1"; });
  with([](Keyed& k) { k.p.last().params["new"] = nullptr; });
  with([](Keyed& k) { k.p.pipeline.inputs[0].options["text"] = "u"; });
  with([](Keyed& k) { static_cast<FakeStage&>(*k.bench.registry["train"]).set_version(2); });
  with([](Keyed& k) { static_cast<FakeStage&>(*k.bench.registry["train"]).set_backend("b"); });
  for (size_t i = 0; i < keys.size(); ++i)
    for (size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]) << i << " and " << j;
}

TEST(CacheKey, DoesNotChangeWithPlacesNamesOfModelsOrHowItIsRun) {
  const CacheKey key = Keyed().key();
  Keyed keyed;
  keyed.p.pipeline.inputs[0].path = "/somewhere/else.csv";
  keyed.p.last().models[0].text = "champion";
  keyed.p.last().name = "renamed";
  keyed.p.last().timeout = 5;
  keyed.p.last().retries = 3;
  keyed.p.last().runner = "thread";
  EXPECT_EQ(keyed.key(), key);
}

TEST(CacheKey, ParametersNeverShareAName) {
  const auto parts_of = [](Json params) {
    Keyed keyed;
    keyed.p.last().params = std::move(params);
    return keyed.key();
  };
  EXPECT_NE(parts_of({{"a", {{"b", 1}}}}), parts_of({{"a.b", 1}}));
  EXPECT_NE(parts_of({{"a", Json::object()}}), parts_of({{"a", Json::array()}}));
  EXPECT_NE(parts_of({{"a", Json::object()}}), parts_of(Json::object()));
}

TEST(Compare, NamesChangesAdditionsAndRemovals) {
  const std::vector<KeyPart> before = {{"params.c", "1"}, {"params.gone", "2"}, {"input.train", "x"}};
  const std::vector<KeyPart> now = {{"params.c", "0.5"}, {"params.new", "3"}, {"input.train", "y"}};
  std::string text;
  for (const auto& reason : compare(before, now, true)) text += to_string(reason) + "\n";
  EXPECT_EQ(text, "params.c changed 1 -> 0.5\nparams.new is new: 3\ninput.train changed x -> y\nparams.gone is gone, was 2\n");
  EXPECT_EQ(compare(before, now, false).size(), 3u);
}

}  // namespace
}  // namespace mlopsctl::engine
