#include "cli/batch_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pipeline/base/digest.hpp"

namespace mlopsctl::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view journal_format = "mlopsctl-batch-1";
constexpr std::chrono::seconds between_flushes{1};

// Whether the file's bytes from `begin` to `end` have that digest.
Result<bool> holds(const FileDescriptor& file, uint64_t begin, uint64_t end, const Digest& digest, const fs::path& path) {
  Sha256 hash;
  std::string buffer(size_t{1} << 18, '\0');
  while (begin < end) {
    const ssize_t got = ::pread(file.get(), buffer.data(), static_cast<size_t>(std::min<uint64_t>(buffer.size(), end - begin)), static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path.string(), errno);
    if (got == 0) return false;
    hash.update({buffer.data(), static_cast<size_t>(got)});
    begin += static_cast<uint64_t>(got);
  }
  return hash.finish() == digest;
}

struct Line {
  uint64_t bytes = 0;  // of the partial file, this chunk included
  Digest chunk;
  BatchOutput::Position after;
};

std::optional<Line> line_of(const Json& json) {
  try {
    const auto digest = Digest::parse(json.at("chunk").get_ref<const std::string&>());
    if (!digest) return std::nullopt;
    return Line{json.at("bytes"), *digest, {json.at("records"), json.at("rows"), json.at("labels")}};
  } catch (const Json::exception&) { return std::nullopt; }
}

std::string differences(const Json& before, const Json& now) {
  std::string names;
  size_t count = 0;
  for (const auto& [key, value] : now.items()) {
    if (before.is_object() && before.contains(key) && before[key] == value) continue;
    names += (names.empty() ? "" : ", ") + key;
    ++count;
  }
  return "the " + names + (count == 1 && names.back() != 's' ? " has" : " have") + " changed";
}

}  // namespace

// Whoever holds the lock on the partial file, under its name, writes the output.
Status BatchOutput::lock() {
  while (true) {
    file_ = FileDescriptor(::open(partial_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file_.valid()) return io_error("create", partial_.string(), errno);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return io_error("lock", partial_.string(), errno);
      return stage_error("another process is writing " + output_.string()).with_hint("wait until it has ended, or write to another file");
    }
    struct stat held {
    }, named{};
    if (::fstat(file_.get(), &held) != 0) return io_error("stat", partial_.string(), errno);
    // The one before may have given it its final name meanwhile.
    if (::stat(partial_.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev) return {};
  }
}

Status BatchOutput::start_anew() {
  begin_ = {};
  bytes_ = journal_bytes_ = 0;
  if (::ftruncate(journal_.get(), 0) != 0) return io_error("cut", journal_path_.string(), errno);
  if (::ftruncate(file_.get(), 0) != 0) return io_error("cut", partial_.string(), errno);
  return {};
}

Status BatchOutput::read_journal(const Material& material) {
  journal_ = FileDescriptor(::open(journal_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!journal_.valid()) return io_error("create", journal_path_.string(), errno);
  TRY_ASSIGN(const std::string text, read_file(journal_path_));
  std::optional<Json> before;
  for (size_t at = 0, end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
    const auto json = parse_json(std::string_view(text).substr(at, end - at), "the journal");
    if (!json || !json->is_object()) break;
    if (json->contains("material") && json->value("format", "") == journal_format) {
      before = (*json)["material"];
    } else {
      const auto line = line_of(*json);
      if (!line || line->bytes < bytes_ || line->after.records == 0) break;
      TRY_ASSIGN(const bool good, holds(file_, bytes_, line->bytes, line->chunk, partial_));
      if (!good) break;
      bytes_ = line->bytes;
      begin_ = line->after;
    }
    journal_bytes_ = end + 1;
  }
  if (!before || bytes_ == 0) {
    TRY(start_anew());
    material_ = std::async(std::launch::async, material);
    return {};
  }
  TRY_ASSIGN(const Json now, material());
  if (now != *before) {
    why_anew_ = differences(*before, now);
    TRY(start_anew());
    return write_line({{"format", journal_format}, {"material", now}});
  }
  if (::ftruncate(journal_.get(), static_cast<off_t>(journal_bytes_)) != 0) return io_error("cut", journal_path_.string(), errno);
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0) return io_error("cut", partial_.string(), errno);
  return {};
}

Result<std::unique_ptr<BatchOutput>> BatchOutput::open(const fs::path& output, Material material) {
  std::unique_ptr<BatchOutput> batch(new BatchOutput);
  batch->output_ = output;
  batch->partial_ = output.string() + ".partial";
  batch->journal_path_ = output.string() + ".journal";
  batch->flushed_ = std::chrono::steady_clock::now();
  TRY(batch->lock());
  TRY(batch->read_journal(material));
  batch->rows_ = batch->begin_.rows;
  batch->writer_ = std::jthread([batch = batch.get()] { batch->write_chunks(); });
  return batch;
}

BatchOutput::~BatchOutput() {
  if (!writer_.joinable()) return;
  (void)drain();
}

void BatchOutput::write_chunks() {
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [&] { return next_ || ending_; });
    if (!next_) return;
    const Chunk chunk = std::move(*next_);
    next_.reset();
    writing_ = true;
    const bool useless = !status_.ok();
    guard.unlock();
    changed_.notify_all();
    Status written;
    if (!useless) written = write(chunk);
    guard.lock();
    if (!written) status_ = std::move(written);
    writing_ = false;
    changed_.notify_all();
  }
}

Status BatchOutput::write_line(const Json& line) {
  const std::string text = canonical(line) + "\n";
  TRY(write_at(journal_, text, journal_bytes_, journal_path_));
  journal_bytes_ += text.size();
  return {};
}

Status BatchOutput::write_material(bool wait) {
  if (!material_.valid() || (!wait && material_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)) return {};
  TRY_ASSIGN(const Json material, material_.get());
  return write_line({{"format", journal_format}, {"material", material}});
}

Status BatchOutput::write(const Chunk& chunk) {
  TRY(write_at(file_, chunk.bytes, bytes_, partial_));
  bytes_ += chunk.bytes.size();
  rows_ = chunk.after.rows;
  TRY(write_line({{"bytes", bytes_},
                  {"chunk", digest_of(chunk.bytes).str()},
                  {"labels", chunk.after.labels},
                  {"records", chunk.after.records},
                  {"rows", chunk.after.rows}}));
  TRY(write_material(false));
  if (std::chrono::steady_clock::now() - flushed_ >= between_flushes) TRY(flush());
  return {};
}

Status BatchOutput::flush() {
  if (::fdatasync(file_.get()) != 0) return io_error("flush", partial_.string(), errno);
  if (::fdatasync(journal_.get()) != 0) return io_error("flush", journal_path_.string(), errno);
  flushed_ = std::chrono::steady_clock::now();
  return {};
}

Status BatchOutput::append(std::string bytes, Position after) {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return !next_; });
  if (!status_) return status_;
  next_ = Chunk{std::move(bytes), std::move(after)};
  changed_.notify_all();
  return {};
}

// Ends the writer, once all is written.
Status BatchOutput::drain() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
  return status_;
}

Result<int64_t> BatchOutput::keep() {
  TRY(drain());
  TRY(write_material(true));
  TRY(flush());
  return rows_;
}

Status BatchOutput::commit() {
  TRY(drain());
  if (::fsync(file_.get()) != 0) return io_error("flush", partial_.string(), errno);
  if (::rename(partial_.c_str(), output_.c_str()) != 0) return io_error("rename into place", output_.string(), errno);
  ::unlink(journal_path_.c_str());
  return sync_path(output_.has_parent_path() ? output_.parent_path() : fs::path("."));
}

void BatchOutput::discard() {
  (void)drain();
  ::unlink(journal_path_.c_str());
  ::unlink(partial_.c_str());
}

}  // namespace mlopsctl::cli
