#include "pipeline/net/transfer.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

#include "pipeline/net/libcurl.hpp"

namespace mlopsctl::net {

namespace {

struct Slists {
  const Libcurl& curl;
  curl_slist *headers = nullptr, *connect_to = nullptr;
  explicit Slists(const Libcurl& functions) : curl(functions) {}
  ~Slists() {
    curl.slist_free_all(headers);
    curl.slist_free_all(connect_to);
  }
  Slists(const Slists&) = delete;
  Slists& operator=(const Slists&) = delete;
};

// One of them under way: what libcurl calls back with. An error that a callback finds is kept here, and the transfer is stopped.
struct Exchange {
  const Order& order;
  Transfer& result;
  const CancelToken& cancel;
  const Libcurl& curl;
  CURL* easy;
  Slists lists{curl};
  bool head_told = false;

  bool keep(Status status) {
    if (status) return true;
    result.error = std::move(status).error();
    return false;
  }
  bool tell_head() {
    if (head_told) return true;
    head_told = true;
    return keep(order.on_head(result.head));
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

size_t take_body(char* data, size_t, size_t size, void* to) {
  auto& exchange = *static_cast<Exchange*>(to);
  if (exchange.result.head.status == 0) {
    long status = 0;
    exchange.curl.easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.result.head.status = static_cast<int>(status);
  }
  return exchange.tell_head() && exchange.keep(exchange.order.on_body({data, size})) ? size : 0;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

curl_blob blob_of(const std::string& text) { return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY}; }

void set_up_tls(Exchange& exchange, const ClientOptions& options) {
  const auto set = [&](CURLoption option, auto value) { exchange.curl.easy_setopt(exchange.easy, option, value); };
  const Request& request = exchange.order.request;
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
void set_up_address(Exchange& exchange, const ClientOptions& options) {
  const auto set = [&](CURLoption option, auto value) { exchange.curl.easy_setopt(exchange.easy, option, value); };
  const Url& url = exchange.order.url;
  Slists& lists = exchange.lists;
  if (options.proxy) set(CURLOPT_PROXY, options.proxy->c_str()), set(CURLOPT_NOPROXY, "");
  if (options.server_name.empty() || url.scheme != "https") return set(CURLOPT_URL, url.str().c_str()), void();
  const size_t colon = url.authority.find(':', url.host().size());
  const std::string port = colon == std::string::npos ? "443" : url.authority.substr(colon + 1);
  set(CURLOPT_URL, (url.scheme + "://" + options.server_name + ":" + port + url.rest).c_str());
  lists.connect_to = lists.curl.slist_append(lists.connect_to, (options.server_name + ":" + port + ":" + url.host() + ":" + port).c_str());
  set(CURLOPT_CONNECT_TO, lists.connect_to);
  lists.headers = lists.curl.slist_append(lists.headers, ("Host: " + url.authority).c_str());
}

void set_up(Exchange& exchange, const ClientOptions& options, std::optional<std::chrono::milliseconds> whole) {
  const auto set = [&](CURLoption option, auto value) { exchange.curl.easy_setopt(exchange.easy, option, value); };
  const Request& request = exchange.order.request;
  Slists& lists = exchange.lists;
  set_up_address(exchange, options);
  set_up_tls(exchange, options);
  set(CURLOPT_PIPEWAIT, 1L);
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
  set(CURLOPT_WRITEDATA, &exchange);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &look_around);
  set(CURLOPT_XFERINFODATA, &exchange.cancel);
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (request.method == "POST" || !request.body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    lists.headers = lists.curl.slist_append(lists.headers, "Expect:");  // no round trip before the body
  }
  if (request.method != "HEAD" && request.method != "GET" && request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  for (const auto& [name, value] : request.headers) {
    lists.headers = lists.curl.slist_append(lists.headers, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  set(CURLOPT_HTTPHEADER, lists.headers);
}

Error fault_of(const Request& request, const Url& url, const char* why, CURLcode code) {
  Error error = stage_error(request.method + " " + shown(url.str()) + ": " + why);
  if (code == CURLE_OPERATION_TIMEDOUT) error.kind = ErrorKind::timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    error.hint = "name the file of certificates to trust in SSL_CERT_FILE, or mend the server's certificate";
  if (before_sending(code)) error.hint = "look at the address, and at HTTPS_PROXY and NO_PROXY if there is a proxy";
  return error;
}

// What came of it, once libcurl is done with it.
void finish(Exchange& exchange, CURLcode code) {
  Transfer& result = exchange.result;
  result.sent = !before_sending(code);
  long status = 0;
  exchange.curl.easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  result.head.status = static_cast<int>(status);
  if (result.error) return;
  if (exchange.cancel.cancelled()) {
    result.error = interrupted_error();
  } else if (code != CURLE_OK) {
    result.error = fault_of(exchange.order.request, exchange.order.url, exchange.curl.easy_strerror(code), code);
    result.again = may_go_better(code);
  } else {
    exchange.tell_head();  // of an answer without a body
  }
}

class Exchanges {
 public:
  Exchanges(Connections& connections, const ClientOptions& options, const CancelToken& cancel, std::optional<std::chrono::milliseconds> whole)
      : connections_(connections), options_(options), cancel_(cancel), whole_(whole) {}
  ~Exchanges() {
    for (const auto& each : under_way_) give_back(*each);
    if (timed_out_) connections_.forget();
  }
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;

  Status start(const Order& order, Transfer& result) {
    for (const auto& [name, value] : order.request.headers)
      if (has_control(name) || has_control(value)) return config_error("the header " + name + " has a line break or a control character in it");
    TRY_ASSIGN(curl_, libcurl());
    TRY_ASSIGN(multi_, connections_.multi());
    TRY_ASSIGN(CURL* const easy, connections_.take());
    auto& exchange = *under_way_.emplace_back(new Exchange{order, result, cancel_, *curl_, easy});
    set_up(exchange, options_, whole_);
    if (curl_->multi_add_handle(multi_, easy) != CURLM_OK) end(easy, CURLE_OUT_OF_MEMORY);
    return {};
  }
  size_t under_way() const { return under_way_.size(); }

  // Goes on until at least one has ended.
  void await_one() {
    for (const size_t before = under_way(); under_way() == before;) {
      int running = 0, left = 0;
      if (curl_->multi_perform(multi_, &running) != CURLM_OK) return end(under_way_.front()->easy, CURLE_OUT_OF_MEMORY);
      while (const CURLMsg* message = curl_->multi_info_read(multi_, &left))
        if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
      if (under_way() == before) curl_->multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  void end(CURL* easy, CURLcode code) {
    const auto found = std::find_if(under_way_.begin(), under_way_.end(), [&](const auto& each) { return each->easy == easy; });
    finish(**found, code);
    timed_out_ = timed_out_ || code == CURLE_OPERATION_TIMEDOUT;
    give_back(**found);
    under_way_.erase(found);
  }
  void give_back(Exchange& exchange) {
    curl_->multi_remove_handle(multi_, exchange.easy);
    connections_.give_back(exchange.easy);
  }

  Connections& connections_;
  const ClientOptions& options_;
  const CancelToken& cancel_;
  const std::optional<std::chrono::milliseconds> whole_;
  const Libcurl* curl_ = nullptr;
  CURLM* multi_ = nullptr;
  std::vector<std::unique_ptr<Exchange>> under_way_;
  bool timed_out_ = false;
};

}  // namespace

std::vector<Transfer> transfer(Connections& connections, const std::vector<Order>& orders, const ClientOptions& options, const CancelToken& cancel,
                               std::optional<std::chrono::milliseconds> whole, size_t at_once) {
  std::vector<Transfer> results(orders.size());
  Exchanges exchanges(connections, options, cancel, whole);
  for (size_t next = 0; next < orders.size() || exchanges.under_way() > 0;) {
    while (next < orders.size() && exchanges.under_way() < at_once) {
      if (Status started = exchanges.start(orders[next], results[next]); !started) results[next].error = std::move(started).error();
      ++next;
    }
    if (exchanges.under_way() > 0) exchanges.await_one();
  }
  return results;
}

}  // namespace mlopsctl::net
