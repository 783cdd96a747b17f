// Tables: whatever the bytes, records as wide as the header and in valid UTF-8, or faults with a place; no line is lost silently; and what
// append_csv writes reads back the same. The first byte of the input chooses the options.
#include <algorithm>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "stages/data/csv_parser.hpp"
#include "stages/data/table.hpp"
#include "stages/data/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

namespace {

using data::BadRecord, data::CsvParser, data::Next, data::Record, data::TableReader;
using Records = std::vector<std::vector<std::string>>;

// A file without a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    fuzz::require(file_.valid() && ::write(file_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "cannot make a memory file");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  FileDescriptor file_;
};

struct Seen {
  std::vector<std::string> columns;
  Records records;
  size_t faults = 0;
};

Seen read_all(TableReader& reader) {
  Seen seen;
  seen.columns = reader.columns();
  Record record;
  BadRecord bad;
  int64_t line = 0;
  while (true) {
    const Result<Next> next = reader.next(record, bad);
    if (!next.ok() || *next == Next::end) return seen;
    fuzz::require(reader.progress() >= 0 && reader.progress() <= 1, "progress beyond 0..1");
    if (*next == Next::bad) {
      ++seen.faults;
      fuzz::require(bad.fault.span && bad.fault.span->line >= 1 && bad.fault.span->column >= 1, "a fault without a place");
      fuzz::require(!bad.fault.message.empty() && !bad.fault.hint.empty() && bad.raw.size() <= 4096, "a fault without words");
      continue;
    }
    fuzz::require(record.fields.size() == seen.columns.size(), "a record of another width than the header");
    fuzz::require(record.line >= line, "lines go backwards");
    line = record.line;
    for (const std::string_view field : record.fields) fuzz::require(data::is_utf8(field) && field.find('\0') == std::string_view::npos, "a field is not text");
    seen.records.emplace_back(record.fields.begin(), record.fields.end());
  }
}

// A buffer that ends early must not change what the parser says, only make it ask for more.
void parse_in_parts(std::string_view bytes, char delimiter, bool quotes) {
  std::string buffer(bytes);
  const size_t size = buffer.size();
  buffer.append(data::scan_slack, '\0');
  CsvParser whole(delimiter, quotes), part(delimiter, quotes);
  const CsvParser::Outcome expected = whole.parse(buffer.data(), buffer.data() + size, true);
  for (size_t end = 0; end < std::min<size_t>(size, 200); ++end) {
    const CsvParser::Outcome outcome = part.parse(buffer.data(), buffer.data() + end, false);
    if (outcome == CsvParser::Outcome::need_more) continue;
    fuzz::require(outcome == expected, "a cut buffer changes the outcome");
    if (outcome != CsvParser::Outcome::text_after_quote)
      fuzz::require(part.length() == whole.length() && part.newlines() == whole.newlines(), "a cut buffer changes the record's length");
  }
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  data::TableOptions options;
  options.format = choice % 4 == 3 ? data::Format::json_lines : choice % 4 == 2 ? data::Format::tsv : data::Format::csv;
  options.encoding = (choice & 4) == 0 ? data::Encoding::automatic : (choice & 8) == 0 ? data::Encoding::utf8 : data::Encoding::latin1;
  options.header = (choice & 16) == 0;
  options.quotes = (choice & 32) == 0;
  parse_in_parts(bytes, choice % 4 == 2 ? '\t' : ',', options.quotes);

  const MemoryFile file(bytes);
  Result<TableReader> reader = TableReader::open(file.path(), options, "fuzz.csv");
  if (!reader.ok()) return fuzz::require(!reader.error().message.empty(), "an error without words");
  const Seen seen = read_all(*reader);

  const bool line_by_line = !options.quotes && options.format != data::Format::json_lines;
  if (line_by_line && !bytes.starts_with("\x1f\x8b")) {
    size_t lines = 0;
    std::string_view rest = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      lines += end > 0 && rest.substr(0, end) != "\r";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    fuzz::require(lines == seen.records.size() + seen.faults + (options.header ? 1 : 0), "a line was lost");
  }

  if (seen.columns.empty()) return;
  std::string written;
  for (const auto& record : seen.records) data::append_csv(written, {record.begin(), record.end()});
  if (written.empty()) return;
  data::TableOptions plain;
  plain.header = false;
  plain.format = data::Format::csv;
  plain.encoding = data::Encoding::utf8;
  // A table of ours starts with a header, so that its first bytes are no byte order mark and no gzip.
  const MemoryFile again("h" + std::string(seen.columns.size() - 1, ',') + "\n" + written);
  Result<TableReader> second = TableReader::open(again.path(), plain, "again.csv");
  fuzz::require(second.ok(), "what we wrote cannot be read");
  Seen reread = read_all(*second);
  fuzz::require(reread.faults == 0 && reread.records.size() == seen.records.size() + 1, "what we wrote has faults");
  reread.records.erase(reread.records.begin());
  fuzz::require(reread.records == seen.records, "what we wrote reads differently");
}

}  // namespace mlopsctl
