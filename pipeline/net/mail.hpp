// Mail by SMTP (RFC 5321), with the client's time-outs, tries and secrets.
#pragma once

#include <string>
#include <vector>

#include "pipeline/net/client.hpp"

namespace mlopsctl::net {

struct MailServer {
  std::string url;     // smtp://host:port or smtps://host:port
  bool tls = true;     // of smtp://: nothing is said before STARTTLS
  std::string user{};  // empty: without a login
  std::string password{};
};

struct Mail {
  std::string from;
  std::vector<std::string> to;
  std::string text;  // headers and body as RFC 5322 has them, lines ending in CRLF
};

// Tried again where the connection fails or the server says 4xx. Errors: stage, timeout, interrupted; with what the server said. A password is
// never sent unprotected to another machine.
Status send_mail(Client& client, const MailServer& server, const Mail& mail);

}  // namespace mlopsctl::net
