#include <stdexcept>

#include <gtest/gtest.h>

#include "pipeline/spec/field.hpp"

namespace mlopsctl::spec {
namespace {

TEST(Complete, FillsDefaultsOfNestedObjects) {
  const auto type = object({with_default("a", object({with_default("b", number(), 2, "."), optional("c", text(), ".")}), Json::object(), "."),
                            with_default("d", boolean(), true, ".")});
  EXPECT_EQ(complete(*type, Json::object()).dump(), R"({"a":{"b":2.0,"c":null},"d":true})");
}

TEST(Complete, KeepsWhatIsGivenAndMakesNumbersDoubles) {
  const auto type = map(number());
  EXPECT_EQ(complete(*type, {{"x", 1}, {"y", 0.5}}).dump(), R"({"x":1.0,"y":0.5})");
}

TEST(Complete, NormalisesSteps) {
  const auto type = steps({{"lower", ".", {}}, {"drop", ".", {with_default("n", integer(), 3, ".")}}});
  EXPECT_EQ(complete(*type, {"lower", {{"step", "drop"}}}).dump(), R"([{"step":"lower"},{"n":3,"step":"drop"}])");
}

TEST(Complete, FillsTheChosenAlternativeOfAVariant) {
  const auto type = variant("type", {{"a", ".", {with_default("x", integer(), 1, ".")}}, {"b", ".", {with_default("y", duration(), 2, ".")}}});
  EXPECT_EQ(complete(*type, {{"type", "b"}}).dump(), R"({"type":"b","y":2.0})");
}

TEST(WithDefault, RefusesADefaultThatDoesNotFit) {
  EXPECT_THROW(static_cast<void>(with_default("n", integer(), "many", ".")), std::logic_error);
  EXPECT_THROW(static_cast<void>(with_default("o", object({required("x", text(), ".")}), Json::object(), ".")), std::logic_error);
  EXPECT_THROW(static_cast<void>(with_default("c", choice({"a"}), "b", ".")), std::logic_error);
}

}  // namespace
}  // namespace mlopsctl::spec
