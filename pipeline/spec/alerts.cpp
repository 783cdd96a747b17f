#include "pipeline/spec/alerts.hpp"

namespace mlopsctl::spec {

namespace {

// Of every channel.
std::vector<Field> with_common(std::vector<Field> own) {
  const std::vector<Field> common = {
      with_default("on", list(choice({"gate", "drift"}), 1), Json::array({"gate", "drift"}),
                   "Whose results are told: of evaluate stages, of drift-check stages."),
      with_default("resolved", boolean(), true, "Whether it is told when what was wrong is right again."),
      with_default("repeat", duration("7d"), 86400, "Tell what stands unchanged again after this time; 0: never."),
      with_default("digest", duration("1d"), 0, "Collect for this time and tell all in one message; 0: at once."),
      with_default("timeout", duration("15s"), 15, "How long one try may take."),
      with_default("tries", integer(1, 10), 4, "How often it is tried, with growing pauses."),
  };
  own.insert(own.end(), common.begin(), common.end());
  return own;
}

}  // namespace

TypePtr alert_type() {
  return variant(
      "to",
      {{"slack", "A channel of Slack, by an incoming webhook.", with_common({required("url", secret(), "Where the webhook's URL is; it is a secret.")})},
       {"webhook", "Any server: POST of a CloudEvents 1.0 event in JSON, several as a batch.",
        with_common({required("url", any_of({secret(), text("https://example.com/hook")}), "The URL, or where it is."),
                     optional("token", secret(), "Where the token for `Authorization: Bearer` is.")})},
       {"email", "People, by a mail server.",
        with_common({required("server", text("smtp://mail.example.com:587"), "The mail server: smtp:// with STARTTLS, or smtps://."),
                     with_default("tls", boolean(), true, "Whether smtp:// must turn to TLS before anything is said; false for a relay on this machine."),
                     required("from", text("mlops@example.com"), "The sender's address."),
                     required("recipients", list(text("team@example.com"), 1), "The addresses."), optional("user", text("mlops"), "The user to log in as."),
                     optional("password", secret(), "Where the user's password is.")})},
       {"github-issue", "An issue on GitHub: opened, commented while it stands, closed when resolved.",
        with_common({required("repository", text("owner/name"), "The repository."), required("token", secret(), "Where the token is that may write issues."),
                     with_default("api", text("https://api.github.com"), "https://api.github.com", "The API's address, of GitHub Enterprise Server another."),
                     with_default("label", text("mlopsctl"), "mlopsctl", "The label that our issues carry, and are found by.")})}});
}

}  // namespace mlopsctl::spec
