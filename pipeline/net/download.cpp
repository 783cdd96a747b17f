#include "pipeline/net/download.hpp"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

namespace {

namespace fs = std::filesystem;

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "bytes 100-999/1000"
struct ContentRange {
  int64_t first = 0;
  std::optional<int64_t> size;
};
std::optional<ContentRange> content_range(const Head& head) {
  const auto text = head.find("content-range");
  if (!text || !text->starts_with("bytes ")) return std::nullopt;
  const size_t dash = text->find('-'), slash = text->find('/');
  if (dash == std::string::npos || slash == std::string::npos) return std::nullopt;
  const auto first = whole_number(std::string_view(*text).substr(6, dash - 6));
  if (!first) return std::nullopt;
  return ContentRange{*first, whole_number(std::string_view(*text).substr(slash + 1))};
}

// The file as far as it has come, its digest so far, and what the server called the version it is of.
class Part {
 public:
  explicit Part(const fs::path& to) : path_(to.string() + ".part"), note_(to.string() + ".part.etag") {}

  Status open() {
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file_.valid()) return io_error("create", path_.string(), errno);
    TRY_ASSIGN(const MappedFile there, MappedFile::open(path_));
    size_ = static_cast<int64_t>(there.bytes().size());
    hash_.update(there.bytes());
    if (const auto etag = read_file(note_)) etag_ = *etag;
    return {};
  }
  int64_t size() const { return size_; }
  const std::string& etag() const { return etag_; }

  Status restart() {
    if (::ftruncate(file_.get(), 0) != 0) return io_error("empty", path_.string(), errno);
    size_ = 0;
    hash_ = Sha256();
    return {};
  }
  // Only strong validators say that two answers have the same bytes.
  Status remember(const std::optional<std::string>& etag) {
    const std::string strong = etag && etag->starts_with('"') ? *etag : "";
    if (strong == etag_) return {};
    etag_ = strong;
    return write_file(note_, etag_);
  }
  Status append(std::string_view bytes) {
    hash_.update(bytes);
    TRY(write_at(file_, bytes, static_cast<uint64_t>(size_), path_));
    size_ += static_cast<int64_t>(bytes.size());
    return {};
  }
  Digest finish() { return hash_.finish(); }
  Status rename_to(const fs::path& to) {
    if (::fsync(file_.get()) != 0) return io_error("flush", path_.string(), errno);
    if (::rename(path_.c_str(), to.c_str()) != 0) return io_error("rename into place", to.string(), errno);
    ::unlink(note_.c_str());
    return {};
  }

 private:
  fs::path path_, note_;
  FileDescriptor file_;
  int64_t size_ = 0;
  std::string etag_;
  Sha256 hash_;
};

class Downloader {
 public:
  Downloader(Client& client, const Download& what) : client_(client), what_(what), part_(what.to), size_(what.size), sha256_(what.sha256) {}

  Result<Downloaded> run() {
    TRY(part_.open());
    if (size_ && part_.size() > *size_) TRY(part_.restart());
    Downloaded result;
    result.resumed_at = part_.size();
    for (bool again = true;; again = false) {
      TRY(fetch());
      result.size = part_.size();
      result.digest = part_.finish();
      const auto wrong = check(result);
      if (!wrong) break;
      TRY(part_.restart());
      if (!again) return *wrong;
      result.resumed_at = 0;
      size_ = what_.size;
    }
    TRY(part_.rename_to(what_.to));
    return result;
  }

 private:
  // Tries until the part is whole.
  Status fetch() {
    for (int number = 1; !size_ || part_.size() < *size_ || part_.size() == 0 || (!sha256_ && what_.announced);) {
      const int64_t before = part_.size();
      Client::Try tried =
          client_.once(request(), {[&](const Response& answer) { return begin(answer); }, [&](std::string_view bytes) { return take(bytes); }}, std::nullopt);
      if (!tried.error && tried.response->head.status == 416 && before > 0) {  // what we have is of another version
        TRY(part_.restart());
        tried.again = true;
      } else if (!tried.error && tried.response->head.status >= 200 && tried.response->head.status < 300) {
        if (part_.size() > 0 && size_ && part_.size() < *size_) tried.again = true;
        else return Status();
      }
      number = part_.size() > before ? 1 : number + 1;
      if (!tried.again || number > client_.options().tries) return failed(tried, number - 1);
      if (part_.size() <= before) TRY(client_.wait_before(number, what_.request, tried));
    }
    return {};
  }

  Error failed(Client::Try& tried, int times) const {
    Error error = tried.error ? std::move(*tried.error) : client_.refusal(what_.request, *tried.response);
    if (times > 1) error.message += "; tried " + std::to_string(times) + " times";
    if (part_.size() > 0) error.notes.push_back(std::to_string(part_.size()) + " bytes are kept; the same command goes on from there");
    return error;
  }

  Request request() const {
    Request request = what_.request;
    // Without a validator only a digest can tell whether the rest belongs to what we have.
    if (part_.size() == 0 || (part_.etag().empty() && !sha256_)) return request;
    request.headers.emplace_back("Range", "bytes=" + std::to_string(part_.size()) + "-");
    if (!part_.etag().empty()) request.headers.emplace_back("If-Range", part_.etag());
    return request;
  }

  Status begin(const Response& answer) {
    const auto range = content_range(answer.head);
    const bool goes_on = answer.head.status == 206 && range && range->first == part_.size();
    if (answer.head.status == 206 && !goes_on) return stage_error("GET " + shown(what_.request.url) + ": answers with another part than asked for");
    if (!goes_on) TRY(part_.restart());
    const auto length = answer.find("content-length");
    const auto announced = goes_on ? range->size : length ? whole_number(*length) : std::nullopt;
    if (what_.size && announced && *announced != *what_.size)
      return stage_error("GET " + shown(what_.request.url) + ": is " + std::to_string(*announced) + " bytes long, expected " + std::to_string(*what_.size));
    if (!what_.size) size_ = announced;
    if (!sha256_ && what_.announced) sha256_ = what_.announced(answer);
    return part_.remember(answer.find("etag"));
  }

  Status take(std::string_view bytes) {
    TRY(part_.append(bytes));
    if (what_.progress) what_.progress(part_.size(), size_);
    return {};
  }

  std::optional<Error> check(const Downloaded& result) const {
    const std::string url = "GET " + shown(what_.request.url);
    if (what_.size && result.size != *what_.size)
      return stage_error(url + ": gave " + std::to_string(result.size) + " bytes, expected " + std::to_string(*what_.size));
    if (sha256_ && result.digest != *sha256_)
      return stage_error(url + ": the bytes have the digest " + result.digest.str() + ", expected " + sha256_->str())
          .with_hint("the file was changed on the way or on the server; nothing of it was kept");
    return std::nullopt;
  }

  Client& client_;
  const Download& what_;
  Part part_;
  std::optional<int64_t> size_;
  std::optional<Digest> sha256_;
};

}  // namespace

Result<Downloaded> download(Client& client, const Download& what) { return Downloader(client, what).run(); }

}  // namespace mlopsctl::net
