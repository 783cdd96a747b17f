#include "stages/preprocess/source_rows.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/parallel.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/data/faults.hpp"
#include "stages/data/input_options.hpp"
#include "stages/data/rows.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::preprocess {

namespace {

constexpr size_t max_faults_shown = 20;
constexpr size_t block_bytes = 1 << 20;

struct Columns {
  size_t text = 0;
  std::optional<size_t> label, id, group, weight;
  std::vector<size_t> further;
};

Result<Columns> find_columns(const data::TableReader& reader, const std::string& name, const data::InputOptions& input, const std::string& group_column) {
  Columns columns;
  std::vector<Error> faults;
  const auto find = [&](const std::string& key, const std::string& column, auto& target) {
    if (column.empty()) return;
    auto found = reader.column(column, key + ": ");
    if (found) target = *found;
    else faults.push_back(std::move(found).error());
  };
  find("inputs." + name + ".text", input.text, columns.text);
  find("inputs." + name + ".label", input.label, columns.label);
  find("inputs." + name + ".id", input.id, columns.id);
  find("inputs." + name + ".weight", input.weight, columns.weight);
  for (const std::string& each : input.columns) find("inputs." + name + ".columns", each, columns.further.emplace_back());
  if (group_column.empty()) find("inputs." + name + ".group", input.group, columns.group);
  else find("split.group_by", group_column, columns.group);
  if (faults.empty()) return columns;
  return data::together(std::move(faults));
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// The input's map first ("0" -> "negative"), then the stage's.
std::string_view mapped(std::string_view label, const Json& map) {
  if (!map.is_object() || map.empty()) return label;
  const auto found = map.find(std::string(label));
  return found == map.end() ? label : std::string_view(found->get_ref<const std::string&>());
}

}  // namespace

std::string_view SourceRows::keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < bytes.size()) {
    blocks_.emplace_back();
    blocks_.back().reserve(std::max(block_bytes, bytes.size()));
  }
  std::string& block = blocks_.back();
  const size_t start = block.size();
  block += bytes;
  return std::string_view(block).substr(start);
}

Status read_source(engine::StageContext& context, int index, bool several_sources, const ReadPolicy& policy, SourceRows& into) {
  const engine::StageInput& input = context.inputs()[static_cast<size_t>(index)];
  const data::InputOptions options = data::input_options(input.options);
  TRY_ASSIGN(auto reader, data::TableReader::open(input.path, options.table, input.origin));
  TRY_ASSIGN(const Columns columns, find_columns(reader, input.name, options, policy.group_column));
  data::Expected expected;
  expected.scalars.push_back(columns.text);
  if (columns.label) expected.scalars.push_back(*columns.label);
  expected.scalars.insert(expected.scalars.end(), columns.further.begin(), columns.further.end());
  into.columns.push_back(options.columns);
  into.weighted.push_back(columns.weight.has_value());
  reader.expect(std::move(expected));

  std::vector<Error> faults;
  size_t more_faults = 0;
  const auto refuse = [&](Error fault, std::string_view raw) {
    const int64_t line = fault.span ? fault.span->line : 0;
    into.rejects.push_back({input.origin, line, fault.message, std::string(raw.substr(0, 4096))});
    if (faults.size() < max_faults_shown) faults.push_back(std::move(fault));
    else ++more_faults;
  };

  data::Record record;
  data::BadRecord bad;
  int64_t taken = 0;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) break;
    if (next == data::Next::bad) {
      refuse(std::move(bad.fault), bad.raw);
      continue;
    }
    if ((++taken & 0xFFF) == 0) {
      context.progress(reader.progress(), "reading " + input.origin);
      if (context.cancel().cancelled()) return Error{ErrorKind::interrupted, "interrupted while reading " + input.origin, {}, {}, {}, {}, {}};
    }
    SourceRow row;
    row.source = index;
    row.line = record.line;
    const std::string_view text = record.fields[columns.text];
    const std::string_view label = columns.label ? mapped(mapped(record.fields[*columns.label], options.labels), policy.label_map) : std::string_view();
    const bool no_label = columns.label && blank(label);
    if (blank(text) || no_label) {
      ++into.null_rows;
      std::string raw;
      data::append_csv(raw, record.fields);
      refuse(data::row_fault(input.origin, record.line,
                             blank(text) ? "column \"" + options.text + "\" is empty here; expected a text"
                                         : "column \"" + options.label + "\" is empty here; expected a label"),
             raw);
      continue;
    }
    if (columns.weight) {
      const std::string_view written = record.fields[*columns.weight];
      const auto weight = data::weight_in(written);
      if (!weight) {
        std::string raw;
        data::append_csv(raw, record.fields);
        refuse(data::row_fault(input.origin, record.line,
                               "column \"" + options.weight + "\" holds \"" + std::string(written) + "\" here; expected a number above 0"),
               raw);
        continue;
      }
      row.weight = *weight;
    }
    row.cells = into.cells.size();
    for (const size_t column : columns.further) into.cells.push_back(into.keep(record.fields[column]));
    row.raw = into.keep(text);
    row.text = row.raw;
    row.label = into.keep(label);
    if (columns.group) row.group = into.keep(record.fields[*columns.group]);
    std::string id = columns.id ? std::string(record.fields[*columns.id]) : std::to_string(record.number);
    if (several_sources) id = input.role + ":" + id;
    row.id = into.keep(id);
    into.rows.push_back(row);
  }

  if (faults.empty() || !policy.refuse_bad_rows) return {};
  Error first = data::together(std::move(faults));
  first.kind = ErrorKind::stage;
  if (more_faults > 0) {
    first.also.push_back(stage_error(count_of(more_faults, "more row") + " like these"));
    first.also.back().span = SourceSpan{input.origin, 0, 0, 0, {}};
  }
  if (first.hint.empty()) first.hint = "mend the rows, or set on_bad_row: reject to leave them out (they are then listed in rejects.csv)";
  return first;
}

void clean(SourceRows& rows, const text::Recipe& recipe) {
  if (recipe.empty()) return;
  const size_t workers = processors();
  const size_t share = (rows.rows.size() + workers - 1) / workers;

  std::vector<std::vector<std::string>> cleaned(workers);
  in_parallel(workers, workers, [&](size_t w) {
    const size_t begin = std::min(rows.rows.size(), w * share), end = std::min(rows.rows.size(), begin + share);
    cleaned[w].resize(end - begin);
    for (size_t i = begin; i < end; ++i) recipe.apply(rows.rows[i].raw, cleaned[w][i - begin]);
  });
  for (size_t w = 0, i = 0; w < workers; ++w) {
    for (const std::string& text : cleaned[w]) {
      SourceRow& row = rows.rows[i++];
      if (text != row.raw) row.text = rows.keep(text);
    }
    std::vector<std::string>().swap(cleaned[w]);
  }
}

}  // namespace mlopsctl::preprocess
