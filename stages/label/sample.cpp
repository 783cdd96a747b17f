#include "stages/label/sample.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::label {

namespace {

constexpr const char* sample_format = "mlopsctl-label-sample-1";

}  // namespace

std::string Sample::name() const {
  return Sha256()
      .field("input", input_digest)
      .field("champion", champion)
      .field("challenger", challenger)
      .field("seed", std::to_string(seed))
      .finish()
      .hex()
      .substr(0, 12);
}

Json to_json(const Sample& sample) {
  Json strata = Json::array(), rows = Json::array();
  for (const Stratum& each : sample.strata)
    strata.push_back({{"name", each.name},
                      {"rows", each.rows},
                      {"drawn", each.drawn},
                      {"inclusion_probability", static_cast<double>(each.drawn) / static_cast<double>(each.rows)},
                      {"expected_discordant", each.discordant}});
  for (const Sample::Row& row : sample.rows) rows.push_back({{"asked_by", row.asked_by}, {"id", row.id}, {"stratum", row.stratum}, {"text", row.text}});
  return {{"format", sample_format},     {"sample", sample.name()},         {"input", {{"file", sample.input}, {"digest", sample.input_digest}}},
          {"champion", sample.champion}, {"challenger", sample.challenger}, {"seed", std::to_string(sample.seed)},
          {"labels", sample.labels},     {"strata", std::move(strata)},     {"rows", std::move(rows)}};
}

Result<Sample> read_sample(const std::filesystem::path& path) {
  std::error_code fault;
  if (!std::filesystem::exists(path, fault))
    return config_error("there is no " + path.string() + ", which says how the rows were drawn")
        .with_hint("name it: --sample FILE; `mlopsctl label sample` wrote it");
  TRY_ASSIGN(const std::string text, read_file(path));
  TRY_ASSIGN(const Json json, parse_json(text, path.string()));
  const auto bad = [&](const std::string& what) {
    return config_error(path.string() + " is not a sample: " + what).with_hint("take the file as it was written");
  };
  try {
    if (json.at("format") != sample_format) return bad("its format is " + canonical(json.at("format")));
    Sample sample{json.at("input").at("file"),
                  json.at("input").at("digest"),
                  json.at("champion"),
                  json.at("challenger"),
                  std::stoull(json.at("seed").get<std::string>()),
                  json.at("labels"),
                  {},
                  {}};
    for (const Json& each : json.at("strata"))
      sample.strata.push_back({each.at("name"), each.at("rows").get<int64_t>(), each.at("drawn").get<int64_t>(), each.at("expected_discordant").get<double>()});
    for (const Json& row : json.at("rows")) {
      sample.rows.push_back({row.at("id"), row.at("text"), row.at("stratum").get<size_t>(), row.value("asked_by", "")});
      if (sample.rows.back().stratum >= sample.strata.size()) return bad("a row is of no stratum");
    }
    if (json.at("sample") != sample.name()) return bad("it was changed");
    return sample;
  } catch (const std::exception& fault_in_it) { return bad(fault_in_it.what()); }
}

std::filesystem::path sample_path(const std::filesystem::path& filled) { return filled.string() + ".sample.json"; }

}  // namespace mlopsctl::label
