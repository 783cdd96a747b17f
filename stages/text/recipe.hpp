// Recipe: the named, ordered cleaning steps of a pipeline. The same recipe cleans training rows, and texts at prediction time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"

namespace mlopsctl::text {

// The table of steps with their options, for the `steps` field of preprocess.
std::vector<spec::Alternative> step_table();

class Recipe {
 public:
  // From the canonical form of a `steps` field: [{"step": "lowercase"}, {"step": "stop_words", "extra": [...]}]. An empty list cleans nothing.
  static Result<Recipe> make(const Json& steps);
  ~Recipe();
  Recipe(Recipe&&) noexcept;
  Recipe& operator=(Recipe&&) noexcept;

  // Thread-safe. `out` is replaced; `text` must not be a part of it.
  void apply(std::string_view text, std::string& out) const;
  std::string operator()(std::string_view text) const;
  bool empty() const;
  // {"steps": [...]}: what rows and models carry; equal recipes have equal Json.
  const Json& json() const;

 private:
  struct Impl;
  explicit Recipe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::text
