// What may be kept of a text that somebody sent.
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::serve::store {

// E-mail addresses become "[email]" and mentions ("@ann", "@ann@mastodon.example") "@user", so that the text still reads, and scores, like the
// one that was sent. An '@' directly after a word ("thanks@ann") is an address where a domain with a dot follows, else a mention.
std::string redacted(std::string_view text);

}  // namespace mlopsctl::serve::store
