#include "stages/serve/store/redact.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::serve::store {
namespace {

TEST(Redact, HidesWhoWasMeant) {
  for (const auto& [text, kept] : std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                                   {"nothing here", "nothing here"},
                                                                                   {"@united you are late", "@user you are late"},
                                                                                   {"thanks @JetBlue! and @VirginAmerica.", "thanks @user! and @user."},
                                                                                   {"RT@ann: hello", "RT@user: hello"},
                                                                                   {"\xEF\xBC\xA0"
                                                                                    "ann_1 hi",
                                                                                    "@user hi"},
                                                                                   {"@ann@mastodon.example said", "@user said"},
                                                                                   {"\xE2\x9D\xA4@united", "\xE2\x9D\xA4@user"},
                                                                                   {"so late...@united", "so late...@user"},
                                                                                   {"@a@b@c", "@user@user@user"},
                                                                                   {"at 5 @ the gate, @", "at 5 @ the gate, @"},
                                                                                   {"mail ann.b+c@example.co.uk, please.", "mail [email], please."},
                                                                                   {"(ann@example.com)", "([email])"},
                                                                                   {"j\xC3\xBCrgen@m\xC3\xBCller.de!", "[email]!"},
                                                                                   {"from:ann@example.com@", "from:[email]@"},
                                                                                   {"ann@localhost", "ann@user"},
                                                                                   {"'ann@example.com'", "'[email]'"},
                                                                                   {"a@b.c d@e.f @g", "[email] [email] @user"}}) {
    EXPECT_EQ(redacted(text), kept) << text;
    EXPECT_EQ(redacted(kept), kept) << "a second time";
  }
}

}  // namespace
}  // namespace mlopsctl::serve::store
