#include <re2/re2.h>

#include "stages/text/step.hpp"

namespace mlopsctl::text {

namespace {

class RegexReplace final : public Step {
 public:
  RegexReplace(std::unique_ptr<re2::RE2> pattern, std::string with) : pattern_(std::move(pattern)), with_(std::move(with)) {}
  void apply(std::string_view text, std::string& out) const override {
    out.assign(text);
    re2::RE2::GlobalReplace(&out, *pattern_, with_);
  }

 private:
  std::unique_ptr<re2::RE2> pattern_;
  std::string with_;
};

Result<StepPtr> make_regex(const Json& options) {
  const auto& pattern = options.at("pattern").get_ref<const std::string&>();
  auto with = options.at("with").get<std::string>();
  re2::RE2::Options settings;
  settings.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(pattern, settings);
  if (!compiled->ok())
    return config_error("cannot use the pattern \"" + pattern + "\": " + compiled->error())
        .with_hint("patterns are RE2's: no look-around, no back-references; put them in single quotes in YAML");
  std::string fault;
  if (!compiled->CheckRewriteString(with, &fault))
    return config_error("cannot use the replacement \"" + with + "\": " + fault).with_hint("write \\1 for the first group and \\\\ for a backslash");
  return StepPtr(std::make_unique<RegexReplace>(std::move(compiled), std::move(with)));
}

}  // namespace

std::vector<StepRow> regex_steps() {
  return {{{"regex_replace",
            "Replaces every match of a regular expression (RE2: linear time).",
            {spec::required("pattern", spec::text("'[0-9]+'"), "RE2 pattern over UTF-8; (?i) ignores case."),
             spec::with_default("with", spec::text("<num>"), "", "The replacement; \\1 is the first group.")}},
           make_regex}};
}

}  // namespace mlopsctl::text
