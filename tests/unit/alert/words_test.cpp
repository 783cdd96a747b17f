#include <gtest/gtest.h>

#include "pipeline/base/base64.hpp"
#include "tests/unit/alert/alerts.hpp"

namespace mlopsctl::alert {
namespace {

TEST(Words, ForPeople) {
  EXPECT_EQ(message().text(),
            "airline: the gate judge says fail\naccuracy 0.79 < 0.83\n- accuracy >= 0.83\n"
            "run 20260131-081500-3f9a, model sha256:aaaaaaaaaaaa, 2026-01-31T08:15:00.000Z\n");
  EXPECT_EQ(title_of({message(), message()}), "2 messages about airline/judge");
}

TEST(Words, SlacksThreeCharactersAreEscaped) {
  EXPECT_EQ(slack_message({message()})["text"],
            ":rotating_light: *airline: the gate judge says fail*\naccuracy 0.79 &lt; 0.83\n- accuracy &gt;= 0.83\n"
            "run 20260131-081500-3f9a, model sha256:aaaaaaaaaaaa, 2026-01-31T08:15:00.000Z\n");
}

// The required attributes, and the types of the optional ones (cloudevents/spec 1.0.2).
TEST(Words, ACloudEvent) {
  const Json event = cloud_event(message());
  EXPECT_EQ(event["specversion"], "1.0");
  EXPECT_EQ(event["id"], "20260131-081500-3f9a/judge/standing");
  EXPECT_EQ(event["source"], "mlopsctl/airline");
  EXPECT_EQ(event["type"], "mlopsctl.gate.fail");
  EXPECT_EQ(event["subject"], "judge");
  EXPECT_EQ(event["time"], "2026-01-31T08:15:00.000Z");
  EXPECT_EQ(event["data"]["checks"], Json({"accuracy >= 0.83"}));
  EXPECT_EQ(event["data"]["commit"], Json());
  EXPECT_EQ(cloud_event(message(Message::Kind::resolved))["type"], "mlopsctl.gate.resolved");
  EXPECT_EQ(cloud_event(message(Message::Kind::test))["type"], "mlopsctl.test");
}

TEST(Words, AMailKeepsToItsLines) {
  Message long_one = message();
  long_one.alert.pipeline = "flüge";
  long_one.alert.stage = std::string(200, 'x');
  long_one.alert.summary = "Ü\r\n.\r\nBcc: everybody@example.com";
  const auto mail = mail_text("mlops@example.com", {"a@example.com", "b@example.com"}, {long_one}, *from_rfc3339("2026-01-31T08:15:00Z"));
  ASSERT_TRUE(mail.ok());
  const std::string head = "Date: Sat, 31 Jan 2026 08:15:00 +0000\r\nFrom: mlops@example.com\r\nTo: a@example.com,\r\n b@example.com\r\nSubject: =?UTF-8?B?";
  EXPECT_EQ(mail->substr(0, head.size()), head);
  for (size_t at = 0; at < mail->size();) {
    const size_t end = mail->find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 78U) << mail->substr(at, end - at);
    EXPECT_EQ(mail->substr(at, end - at).find('\n'), std::string::npos);
    at = end + 2;
  }
  const std::string body = mail->substr(mail->find("\r\n\r\n") + 4);
  EXPECT_EQ(from_base64(body), long_one.text());
}

TEST(Words, AnAddressIsOne) {
  for (const char* bad : {"team", "@example.com", "team@", "a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b,c@d"})
    EXPECT_EQ(mail_text("mlops@example.com", {bad}, {message()}, {}).error().message, "\"" + std::string(bad) + "\" is not a mail address");
}

TEST(Words, AMessageSurvivesItsMemory) {
  const auto again = message_from_json(to_json(message(Message::Kind::resolved)));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_json(*again), to_json(message(Message::Kind::resolved)));
}

}  // namespace
}  // namespace mlopsctl::alert
