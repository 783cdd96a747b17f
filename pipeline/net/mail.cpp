#include "pipeline/net/mail.hpp"

#include <algorithm>

#include "pipeline/net/libcurl.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

namespace {

size_t give(char* to, size_t, size_t room, void* from) {
  auto& rest = *static_cast<std::string_view*>(from);
  const size_t count = std::min(room, rest.size());
  std::copy_n(rest.data(), count, to);
  rest.remove_prefix(count);
  return count;
}

Client::Try once(Client& client, const MailServer& server, const Mail& mail) {
  Client::Try result;
  const auto curl = libcurl();
  if (!curl) return result.error = curl.error(), result;
  const Libcurl& functions = **curl;
  CURL* const easy = functions.easy_init();
  curl_slist* recipients = nullptr;
  char why[CURL_ERROR_SIZE] = "";
  std::string_view rest = mail.text;
  const auto set = [&](CURLoption option, auto value) { functions.easy_setopt(easy, option, value); };
  const ClientOptions& options = client.options();
  set(CURLOPT_URL, server.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(why));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.whole.count()));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_USE_SSL, static_cast<long>(server.tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!server.user.empty()) set(CURLOPT_USERNAME, server.user.c_str()), set(CURLOPT_PASSWORD, server.password.c_str());
  set(CURLOPT_MAIL_FROM, mail.from.c_str());
  for (const std::string& to : mail.to) recipients = functions.slist_append(recipients, to.c_str());
  set(CURLOPT_MAIL_RCPT, recipients);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &give);
  set(CURLOPT_READDATA, &rest);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &look_around);
  set(CURLOPT_XFERINFODATA, &client.cancel());
  const CURLcode code = functions.easy_perform(easy);
  long reply = 0;
  functions.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply);
  functions.slist_free_all(recipients);
  functions.easy_cleanup(easy);
  if (code == CURLE_OK) return result;
  if (client.cancel().cancelled()) return result.error = interrupted_error(), result;
  result.error = stage_error(client.redacted("mail to " + shown(server.url) + ": " + (why[0] != 0 ? why : functions.easy_strerror(code))));
  if (code == CURLE_OPERATION_TIMEDOUT) result.error->kind = ErrorKind::timeout;
  if (code == CURLE_USE_SSL_FAILED) result.error->hint = "the server offers no STARTTLS: use smtps://, or tls: false for a relay on this machine";
  if (code == CURLE_LOGIN_DENIED) result.error->hint = "look at user and password";
  result.again = reply >= 400 ? reply < 500 : may_go_better(code);
  return result;
}

}  // namespace

Status send_mail(Client& client, const MailServer& server, const Mail& mail) {
  Url url;
  url.authority = server.url.substr(std::min(server.url.find("://") + 3, server.url.size()));
  if (!server.url.starts_with("smtp://") && !server.url.starts_with("smtps://"))
    return config_error("\"" + shown(server.url) + "\" is no mail server; expected smtp://host:port or smtps://host:port");
  if (server.url.starts_with("smtp://") && !server.tls && !server.user.empty() && !url.is_loopback())
    return config_error("the password would go to " + shown(server.url) + " unprotected").with_hint("leave tls: false out, or use smtps://");
  const Request named{"mail to", server.url, {}};
  for (int number = 1;; ++number) {
    Client::Try tried = once(client, server, mail);
    if (!tried.error) return {};
    if (!tried.again || number >= client.options().tries) {
      if (number > 1) tried.error->message += "; tried " + std::to_string(number) + " times";
      return std::move(*tried.error);
    }
    TRY(client.wait_before(number + 1, named, tried));
  }
}

}  // namespace mlopsctl::net
