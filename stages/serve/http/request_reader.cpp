#include "stages/serve/http/request_reader.hpp"

#include <algorithm>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

namespace mlopsctl::serve {

namespace {

namespace http = boost::beast::http;
using Code = boost::beast::error_code;

// Grows with what arrives, not with what was announced.
struct GrowingBody {
  using value_type = std::string;
  struct reader {
    template <bool request, typename Fields>
    reader(http::header<request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<uint64_t>&, Code& fault) { fault = {}; }
    template <typename Buffers>
    size_t put(const Buffers& buffers, Code& fault) {
      fault = {};
      size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer piece(*at);
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        taken += piece.size();
      }
      return taken;
    }
    void finish(Code& fault) { fault = {}; }
    std::string& body_;
  };
};

using Parser = http::request_parser<GrowingBody>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

}  // namespace

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1, low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return false;
    out += c;
  }
  return true;
}

struct RequestReader::Impl {
  const Limits& limits;
  std::atomic<size_t>& held;
  std::optional<Parser> parser{};
  std::string kept{};  // of the header, or of a chunk's head: what the parser wants to see whole
  State state = State::empty;
  Refusal refusal{};
  Request request{};
  bool expects = false, keep_alive = false;
  size_t counted = 0;  // of `held`

  void begin() {
    parser.emplace();
    parser->header_limit(static_cast<uint32_t>(limits.header_bytes));
    parser->body_limit(limits.body_bytes);
    parser->eager(false);
    state = State::header;
  }

  void refuse(int status, std::string detail) {
    state = State::refused;
    refusal = {status, std::move(detail)};
    release();
  }

  void release() {
    held -= counted;
    counted = 0;
  }

  void refuse_for(const Code& fault) {
    const std::string most_header = std::to_string(limits.header_bytes), most_body = std::to_string(limits.body_bytes);
    if (fault == http::error::header_limit) refuse(431, "the header is larger than " + most_header + " bytes");
    else if (fault == http::error::body_limit) refuse(413, "the body is larger than " + most_body + " bytes");
    else if (fault == http::error::bad_version) refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    else if (fault == http::error::bad_transfer_encoding)
      refuse(400, "Transfer-Encoding stands twice, or beside Content-Length: where the body ends would be a guess");
    else if (fault == http::error::bad_content_length) refuse(400, "Content-Length is not one number, or stands beside Transfer-Encoding");
    else refuse(400, "not an HTTP request: " + fault.message());
  }

  // The header is whole: what RFC 9112 demands beyond its grammar.
  void check_header() {
    const auto& message = parser->get();
    if (message.version() != 11 && message.version() != 10) return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    size_t fields = 0, hosts = 0, lengths = 0;
    for (const auto& field : message) {
      ++fields;
      hosts += field.name() == http::field::host ? 1 : 0;
      lengths += field.name() == http::field::content_length ? 1 : 0;
      if (has_control(view(field.value()))) return refuse(400, "the field " + std::string(view(field.name_string())) + " has a control character in it");
      if (field.name() == http::field::transfer_encoding) {
        if (message.version() == 10) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding");
        if (lower(view(field.value())) != "chunked") return refuse(501, "the only transfer encoding understood here is chunked");
      }
    }
    if (fields > limits.header_fields)
      return refuse(431, "there are " + std::to_string(fields) + " header fields, more than " + std::to_string(limits.header_fields));
    if (hosts > 1 || (hosts == 0 && message.version() == 11)) return refuse(400, "a request has exactly one Host field; this has " + std::to_string(hosts));
    if (lengths > 1) return refuse(400, "Content-Length stands " + std::to_string(lengths) + " times");

    std::string_view target = view(message.target());
    if (const auto scheme = target.find("://"); target.starts_with("http") && scheme != std::string_view::npos) {  // absolute form
      const auto path = target.find('/', scheme + 3);
      target = path == std::string_view::npos ? "/" : target.substr(path);
    }
    const auto mark = target.find('?');
    const bool any = target == "*" && message.method() == http::verb::options;
    if (!any && (!target.starts_with('/') || !percent_decode(target.substr(0, mark), request.path))) return refuse(400, "the request's target is not a path");
    if (any) request.path = "*";
    request.query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    request.method = view(message.method_string());
    request.headers.clear();
    request.headers.reserve(fields);
    for (const auto& field : message) request.headers.push_back({lower(view(field.name_string())), std::string(view(field.value()))});
    keep_alive = message.keep_alive();
    if (const auto expect = request.header("expect"); !expect.empty()) {
      if (lower(expect) != "100-continue") return refuse(417, "the only expectation understood here is 100-continue");
      expects = message.version() == 11 && !parser->is_done();
    }
    parser->eager(true);
    state = State::body;
  }

  void count_body() {
    const size_t now = parser->get().body().capacity();
    if (now <= counted) return;
    held += now - counted;
    counted = now;
    if (held > limits.held_bytes) refuse(503, "the server holds as many requests as it can");
  }

  // How many bytes the parser took.
  size_t put(std::string_view bytes) {
    size_t all = 0;
    for (;;) {
      Code fault;
      const size_t taken = parser->put(boost::asio::const_buffer(bytes.data() + all, bytes.size() - all), fault);
      all += taken;
      if (fault && fault != http::error::need_more) return refuse_for(fault), all;
      if (state == State::header && parser->is_header_done()) check_header();
      if (state == State::refused) return all;
      if (state == State::body) {
        count_body();
        if (state == State::refused) return all;
        if (parser->is_done()) return state = State::complete, all;
      }
      if (fault == http::error::need_more || taken == 0 || all == bytes.size()) return all;
    }
  }
};

RequestReader::RequestReader(const Limits& limits, std::atomic<size_t>& held) : impl_(new Impl{limits, held}) {}
RequestReader::~RequestReader() { impl_->release(); }

RequestReader::State RequestReader::state() const { return impl_->state; }
const RequestReader::Refusal& RequestReader::refusal() const { return impl_->refusal; }
bool RequestReader::keep_alive() const { return impl_->keep_alive; }
bool RequestReader::take_expectation() { return std::exchange(impl_->expects, false); }

size_t RequestReader::feed(std::string_view bytes) {
  Impl& reader = *impl_;
  if (reader.state == State::complete || reader.state == State::refused) return 0;
  if (reader.state == State::empty) {
    const auto start = std::min(bytes.find_first_not_of("\r\n"), bytes.size());  // RFC 9112, 2.2: empty lines before a request are passed over
    if (start == bytes.size()) return start;
    reader.begin();
    return start + feed(bytes.substr(start));
  }
  if (reader.kept.empty()) {
    const size_t taken = reader.put(bytes);
    if (reader.state == State::complete || reader.state == State::refused) return taken;
    reader.kept = bytes.substr(taken);
  } else {
    const size_t before = reader.kept.size();
    reader.kept += bytes;
    const size_t taken = reader.put(reader.kept);
    if (reader.state == State::complete || reader.state == State::refused) return taken > before ? taken - before : 0;
    reader.kept.erase(0, taken);
  }
  if (reader.kept.size() > reader.limits.header_bytes) {
    if (reader.state == State::header) reader.refuse_for(http::error::header_limit);
    else reader.refuse(400, "the head of a chunk is larger than " + std::to_string(reader.limits.header_bytes) + " bytes");
  }
  return bytes.size();
}

Request RequestReader::take() {
  Impl& reader = *impl_;
  Request request = std::move(reader.request);
  request.body = std::move(reader.parser->get().body());
  reader.release();
  reader.parser.reset();
  reader.request = {};
  std::string().swap(reader.kept);  // a connection that waits holds nothing
  reader.state = State::empty;
  reader.expects = false;
  return request;
}

}  // namespace mlopsctl::serve
