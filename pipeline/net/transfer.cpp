#include "pipeline/net/transfer.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

#include "pipeline/net/libcurl.hpp"

namespace mlopsctl::net {

namespace {

// What libcurl calls back with. An error that a callback finds is kept here, and the transfer is stopped.
struct Exchange {
  Transfer result;
  const CancelToken& cancel;
  const std::function<Status(const Head&)>& on_head;
  const std::function<Status(std::string_view)>& on_body;
  bool head_told = false;

  bool keep(Status status) {
    if (status) return true;
    result.error = std::move(status).error();
    return false;
  }
  bool tell_head() {
    if (head_told) return true;
    head_told = true;
    return keep(on_head(result.head));
  }
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

size_t take_header(char* data, size_t, size_t size, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  const std::string_view line = trimmed({data, size});
  if (line.starts_with("HTTP/")) exchange.result.head.headers.clear();  // after a 100 Continue or a proxy's answer comes another
  if (const size_t colon = line.find(':'); colon != std::string_view::npos && !line.starts_with("HTTP/")) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    exchange.result.head.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  }
  return size;
}

struct Handle {
  const Libcurl& curl;
  CURL* easy;
  curl_slist *headers = nullptr, *connect_to = nullptr;
  Handle(const Libcurl& functions, CURL* handle) : curl(functions), easy(handle) {}
  ~Handle() {
    curl.easy_setopt(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
    curl.easy_setopt(easy, CURLOPT_CONNECT_TO, static_cast<curl_slist*>(nullptr));
    curl.slist_free_all(headers);
    curl.slist_free_all(connect_to);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

struct BodyTo {
  Exchange& exchange;
  Handle& handle;
};

size_t take_body(char* data, size_t, size_t size, void* to) {
  auto& [exchange, handle] = *static_cast<BodyTo*>(to);
  if (exchange.result.head.status == 0) {
    long status = 0;
    handle.curl.easy_getinfo(handle.easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.result.head.status = static_cast<int>(status);
  }
  if (!exchange.tell_head() || !exchange.keep(exchange.on_body({data, size}))) return 0;
  return size;
}

int look_around(void* to, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return static_cast<Exchange*>(to)->cancel.cancelled() ? 1 : 0; }

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

curl_blob blob_of(const std::string& text) { return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY}; }

void set_up_tls(Handle& handle, const Request& request, const ClientOptions& options) {
  const auto set = [&](CURLoption option, auto value) { handle.curl.easy_setopt(handle.easy, option, value); };
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str()), set(CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
  if (!options.ca_pem.empty()) {
    curl_blob pem = blob_of(options.ca_pem);
    set(CURLOPT_CAINFO_BLOB, &pem);
    set(CURLOPT_PROXY_CAINFO_BLOB, &pem);
  }
  if (options.unchecked) {
    for (const CURLoption option : {CURLOPT_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST, CURLOPT_PROXY_SSL_VERIFYHOST})
      set(option, 0L);
  }
  if (!request.certificate.empty()) {
    curl_blob certificate = blob_of(request.certificate), key = blob_of(request.key);
    set(CURLOPT_SSLCERT_BLOB, &certificate);
    set(CURLOPT_SSLKEY_BLOB, &key);
  }
}

// The name in the URL is what TLS asks for and checks; where to connect to is said apart.
void set_up_address(Handle& handle, const Url& url, const ClientOptions& options) {
  const auto set = [&](CURLoption option, auto value) { handle.curl.easy_setopt(handle.easy, option, value); };
  if (options.proxy) set(CURLOPT_PROXY, options.proxy->c_str()), set(CURLOPT_NOPROXY, "");
  if (options.server_name.empty() || url.scheme != "https") return set(CURLOPT_URL, url.str().c_str()), void();
  const size_t colon = url.authority.find(':', url.host().size());
  const std::string port = colon == std::string::npos ? "443" : url.authority.substr(colon + 1);
  set(CURLOPT_URL, (url.scheme + "://" + options.server_name + ":" + port + url.rest).c_str());
  handle.connect_to = handle.curl.slist_append(handle.connect_to, (options.server_name + ":" + port + ":" + url.host() + ":" + port).c_str());
  set(CURLOPT_CONNECT_TO, handle.connect_to);
  handle.headers = handle.curl.slist_append(handle.headers, ("Host: " + url.authority).c_str());
}

void set_up(Handle& handle, Exchange& exchange, BodyTo& body, const Request& request, const Url& url, const ClientOptions& options,
            std::optional<std::chrono::milliseconds> whole) {
  const auto set = [&](CURLoption option, auto value) { handle.curl.easy_setopt(handle.easy, option, value); };
  set_up_address(handle, url, options);
  set_up_tls(handle, request, options);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  if (options.compression) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request.still.value_or(options.still).count() / 1000)));
  if (whole) set(CURLOPT_TIMEOUT_MS, static_cast<long>(whole->count()));
  set(CURLOPT_BUFFERSIZE, 256L * 1024);
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, &body);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &look_around);
  set(CURLOPT_XFERINFODATA, &exchange);
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (request.method == "POST" || !request.body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    handle.headers = handle.curl.slist_append(handle.headers, "Expect:");  // no round trip before the body
  }
  if (request.method != "HEAD" && request.method != "GET" && request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  for (const auto& [name, value] : request.headers) {
    handle.headers = handle.curl.slist_append(handle.headers, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  set(CURLOPT_HTTPHEADER, handle.headers);
}

Error fault_of(const Request& request, const Url& url, const char* why, CURLcode code) {
  Error error = stage_error(request.method + " " + shown(url.str()) + ": " + why);
  if (code == CURLE_OPERATION_TIMEDOUT) error.kind = ErrorKind::timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    error.hint = "name the file of certificates to trust in SSL_CERT_FILE, or mend the server's certificate";
  if (before_sending(code)) error.hint = "look at the address, and at HTTPS_PROXY and NO_PROXY if there is a proxy";
  return error;
}

}  // namespace

Transfer transfer(Connections& connections, const Request& request, const Url& url, const ClientOptions& options, const CancelToken& cancel,
                  std::optional<std::chrono::milliseconds> whole, const std::function<Status(const Head&)>& on_head,
                  const std::function<Status(std::string_view)>& on_body) {
  Exchange exchange{{}, cancel, on_head, on_body};
  Transfer& result = exchange.result;
  for (const auto& [name, value] : request.headers)
    if (has_control(name) || has_control(value))
      return result.error = config_error("the header " + name + " has a line break or a control character in it"), result;
  const auto curl = libcurl();
  if (!curl) return result.error = curl.error(), result;
  const auto easy = connections.handle();
  if (!easy) return result.error = easy.error(), result;
  Handle handle(**curl, *easy);
  BodyTo body{exchange, handle};
  set_up(handle, exchange, body, request, url, options, whole);

  const CURLcode code = handle.curl.easy_perform(handle.easy);
  result.sent = !before_sending(code);
  long status = 0;
  handle.curl.easy_getinfo(handle.easy, CURLINFO_RESPONSE_CODE, &status);
  result.head.status = static_cast<int>(status);
  if (result.error) return result;
  if (cancel.cancelled()) return result.error = interrupted_error(), result;
  if (code != CURLE_OK) {
    result.error = fault_of(request, url, handle.curl.easy_strerror(code), code);
    result.again = may_go_better(code);
    return result;
  }
  exchange.tell_head();  // of an answer without a body
  return result;
}

}  // namespace mlopsctl::net
