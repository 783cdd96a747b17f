#include <algorithm>

#include "stages/text/html_entities.hpp"
#include "stages/text/step.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

namespace {

bool ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool ascii_word(char c) { return ascii_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool starts_with_ignoring_case(std::string_view text, size_t at, std::string_view wanted) {
  if (text.size() - at < wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const char c = text[at + i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != wanted[i]) return false;
  }
  return true;
}

size_t find_ignoring_case(std::string_view text, size_t at, std::string_view wanted) {
  for (; at + wanted.size() <= text.size(); ++at)
    if (starts_with_ignoring_case(text, at, wanted)) return at;
  return std::string_view::npos;
}

class DecodeHtml final : public Step {
 public:
  void apply(std::string_view text, std::string& out) const override { decode_html(text, out); }
};

class StripHtml final : public Step {
 public:
  explicit StripHtml(std::string replacement) : replacement_(std::move(replacement)) {}

  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    size_t at = 0;
    while (at < text.size()) {
      const size_t open = std::min(text.find('<', at), text.size());
      out.append(text, at, open - at);
      at = open;
      if (at == text.size()) return;
      const size_t end = end_of_tag(text, at);
      if (end == at) {
        out += text[at++];
      } else {
        out += replacement_;
        at = end;
      }
    }
  }

 private:
  // Past the tag, comment or script that starts at `at`; `at` itself when that '<' opens none ("I <3 you", "a < b").
  static size_t end_of_tag(std::string_view text, size_t at) {
    if (text.substr(at).starts_with("<!--")) {
      const size_t end = text.find("-->", at + 4);
      return end == std::string_view::npos ? at : end + 3;
    }
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (!ascii_letter(next) && next != '/' && next != '!' && next != '?') return at;
    size_t close = at + 1;
    char quote = 0;
    for (; close < text.size() && (quote != 0 || text[close] != '>'); ++close) {
      if (quote != 0) quote = text[close] == quote ? 0 : quote;
      else if ((text[close] == '"' || text[close] == '\'') && text[close - 1] == '=') quote = text[close];
      else if (text[close] == '<') return at;
    }
    if (close >= text.size()) return at;
    for (const std::string_view element : {"script", "style"}) {
      if (!starts_with_ignoring_case(text, at + 1, element) || ascii_word(text[at + 1 + element.size()])) continue;
      const size_t closing = find_ignoring_case(text, close, "</" + std::string(element));
      const size_t end = closing == std::string_view::npos ? closing : text.find('>', closing);
      if (end != std::string_view::npos) return end + 1;
    }
    return close + 1;
  }

  std::string replacement_;
};

class StripUrls final : public Step {
 public:
  explicit StripUrls(std::string replacement) : replacement_(std::move(replacement)) {}

  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    size_t done = 0;
    for (size_t at = next_url(text, 0); at < text.size();) {
      const size_t end = end_of_url(text, at);
      out.append(text, done, at - done);
      out += replacement_;
      done = end;
      at = next_url(text, end);
    }
    out.append(text, done);
  }

 private:
  // Where the next address starts, at or after `at`; the text's size if there is none.
  static size_t next_url(std::string_view text, size_t at) {
    for (; at < text.size(); ++at) {
      at = std::min(text.find_first_of("hHfFwW", at), text.size());
      if (at < text.size() && starts_url(text, at) && end_of_url(text, at) > at) return at;
    }
    return text.size();
  }

  static bool starts_url(std::string_view text, size_t at) {
    if (at > 0 && ascii_word(text[at - 1])) return false;
    return starts_with_ignoring_case(text, at, "http://") || starts_with_ignoring_case(text, at, "https://") || starts_with_ignoring_case(text, at, "ftp://") ||
           starts_with_ignoring_case(text, at, "www.");
  }

  // Up to white space, a quote or an angle bracket; closing punctuation belongs to the sentence.
  static size_t end_of_url(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size()) {
      const CodePoint point = decode(text, end);
      if (is_space(point.code) || point.code == '<' || point.code == '>' || point.code == '"') break;
      end += point.bytes;
    }
    while (end > at && std::string_view(".,!?;:)]}'").find(text[end - 1]) != std::string_view::npos) --end;
    return end;
  }

  std::string replacement_;
};

class StripMentions final : public Step {
 public:
  explicit StripMentions(std::string replacement) : replacement_(std::move(replacement)) {}

  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    size_t at = 0;
    while (at < text.size()) {
      const size_t sign = std::min(text.find('@', at), text.size());
      out.append(text, at, sign - at);
      at = sign;
      if (at == text.size()) return;
      size_t end = at + 1;
      while (end < text.size() && ascii_word(text[end])) ++end;
      const bool address = sign > 0 && (ascii_word(text[sign - 1]) || text[sign - 1] == '.');
      if (address || end == at + 1) end = at + 1, out += '@';
      else out += replacement_;
      at = end;
    }
  }

 private:
  std::string replacement_;
};

spec::Field mask_with(std::string value) {
  return spec::with_default("replace_with", spec::text("<url>"), Json(std::move(value)),
                            "What stands in its place; a mask such as <url> keeps the fact that something was there.");
}

}  // namespace

std::vector<StepRow> markup_steps() {
  return {
      {{"decode_html", "Turns HTML character references (&amp;, &eacute;, &#39;) into characters, as browsers do.", {}},
       [](const Json&) -> Result<StepPtr> { return StepPtr(std::make_unique<DecodeHtml>()); }},
      {{"strip_html", "Removes HTML tags, comments, scripts and styles; a lone '<' stays.", {mask_with(" ")}}, with_replacement<StripHtml>},
      {{"strip_urls", "Removes http, https and ftp addresses and those that start with www.", {mask_with("")}}, with_replacement<StripUrls>},
      {{"strip_mentions", "Removes @names, but not e-mail addresses.", {mask_with("")}}, with_replacement<StripMentions>},
  };
}

}  // namespace mlopsctl::text
