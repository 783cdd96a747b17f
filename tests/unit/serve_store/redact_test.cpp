#include "stages/serve/store/redact.hpp"

#include <gmock/gmock.h>

#include <cctype>

#include "pipeline/base/random.hpp"

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

// Whatever comes: nothing is left that a second look would hide, no handle but the stand-in, and the text around stays.
TEST(Redact, LeavesNothingToHide) {
  Random random(7);
  const std::vector<std::string> pieces{"@",   "@", "a", "b9", "_", ".", "-", " ", "'", "+", "\xC3\xBC", "\xE2\x9D\xA4", "\xEF\xBC\xA0", "\xF0\x9F\x98\xA0",
                                        "com", "\n"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (uint64_t i = random.below(14); i > 0; --i) text += pieces[random.below(pieces.size())];
    const std::string kept = redacted(text);
    ASSERT_EQ(redacted(kept), kept) << text;
    for (size_t at = kept.find('@'); at != std::string::npos; at = kept.find('@', at + 1))
      ASSERT_TRUE(kept.substr(at, 5) == "@user" || at + 1 == kept.size() ||
                  !(std::isalnum(static_cast<unsigned char>(kept[at + 1])) != 0 || kept[at + 1] == '_'))
          << text << " became " << kept;
    if (text.find('@') == std::string::npos && text.find("\xEF\xBC\xA0") == std::string::npos) { ASSERT_EQ(kept, text); }
  }
}

}  // namespace
}  // namespace mlopsctl::serve::store
