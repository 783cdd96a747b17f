// The writing half of Document: block style, the one form that every reader agrees on.
#include <string>
#include <string_view>
#include <unordered_set>

#include "pipeline/base/document.hpp"

namespace mlopsctl {

namespace {

// Readers of YAML 1.1 (kubectl's among them) take these for booleans or nulls when they stand without quotes.
bool is_special_word(std::string_view text) {
  static const std::unordered_set<std::string> words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", "inf"};
  std::string lower;
  for (const char c : text) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return words.contains(lower);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_plain(std::string_view text) {
  if (text.empty() || is_special_word(text)) return false;
  // An indicator, or anything that starts like a number, a date or a base-60 figure.
  if (std::string_view("-?:,[]{}#&*!|>'\"%@` =<0123456789+.").find(text.front()) != std::string_view::npos) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return false;
    if (text[i] == ':' && text[i + 1] == ' ') return false;
    if (text[i] == ' ' && text[i + 1] == '#') return false;
  }
  return text.find("\xC2\x85") == std::string_view::npos && text.find("\xE2\x80\xA8") == std::string_view::npos &&
         text.find("\xE2\x80\xA9") == std::string_view::npos && !text.starts_with("\xEF\xBB\xBF");
}

std::string in_quotes(std::string_view text) {
  // JSON's escapes are YAML's; U+0085, U+2028 and U+2029 end lines in YAML only.
  std::string json = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string result;
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = std::string_view(json).substr(i);
    if (rest.starts_with("\xC2\x85")) result += "\\u0085", i += 1;
    else if (rest.starts_with("\xE2\x80\xA8")) result += "\\u2028", i += 2;
    else if (rest.starts_with("\xE2\x80\xA9")) result += "\\u2029", i += 2;
    else if (rest.starts_with("\xEF\xBB\xBF")) result += "\\uFEFF", i += 2;
    else if (json[i] == 0x7F) result += "\\u007F";
    else result += json[i];
  }
  return result;
}

// Text of several lines that a literal block shows as it is.
bool is_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  for (const char c : text)
    if (is_control(c) && c != '\n') return false;
  return text.find("\xC2\x85") == std::string_view::npos && text.find("\xE2\x80\xA8") == std::string_view::npos &&
         text.find("\xE2\x80\xA9") == std::string_view::npos && text.find("\xEF\xBB\xBF") == std::string_view::npos;
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  // `value` begins at the present place of the line; what follows on other lines is indented by `indent`.
  void value(const Json& value, size_t indent) {
    switch (value.type()) {
      case Json::value_t::object:
        if (value.empty()) out_ += "{}\n";
        else mapping(value, indent);
        break;
      case Json::value_t::array:
        if (value.empty()) out_ += "[]\n";
        else sequence(value, indent);
        break;
      case Json::value_t::string:
        text(value.get_ref<const std::string&>(), indent);
        break;
      default:
        out_ += value.dump() + "\n";  // numbers, booleans and null: JSON's spelling is YAML's
    }
  }

 private:
  static bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

  void mapping(const Json& object, size_t indent) {
    bool first = true;
    for (const auto& [key, item] : object.items()) {
      if (!first) out_.append(indent, ' ');
      first = false;
      const std::string written = is_plain(key) ? key : in_quotes(key);
      // YAML looks for the colon of a key no further than 1,024 characters; past that a key is announced.
      if (written.size() > 1000) (out_ += "? " + written + "\n").append(indent, ' ');
      else out_ += written;
      out_ += ':';
      below(item, indent);
    }
  }

  void sequence(const Json& list, size_t indent) {
    bool first = true;
    for (const auto& item : list) {
      if (!first) out_.append(indent, ' ');
      first = false;
      out_ += '-';
      if (item.is_object() && !item.empty()) {
        out_ += ' ';
        mapping(item, indent + 2);
      } else {
        below(item, indent);
      }
    }
  }

  // What stands after a key or a dash.
  void below(const Json& item, size_t indent) {
    if (!is_block(item)) {
      out_ += ' ';
      return value(item, indent + 2);
    }
    out_ += '\n';
    out_.append(indent + 2, ' ');
    value(item, indent + 2);
  }

  void text(const std::string& text, size_t indent) {
    if (!is_literal(text)) {
      out_ += (is_plain(text) ? text : in_quotes(text)) + "\n";
      return;
    }
    // "-": no line end after the last line; "+": more than one.
    const size_t last = text.find_last_not_of('\n');
    const size_t ends = text.size() - 1 - last;
    out_ += ends == 0 ? "|-\n" : ends == 1 ? "|\n" : "|+\n";
    for (size_t start = 0; start < text.size();) {
      const size_t end = text.find('\n', start);
      const std::string line = text.substr(start, end == std::string::npos ? std::string::npos : end - start);
      if (!line.empty()) out_.append(indent, ' ').append(line);
      out_ += '\n';
      start = end == std::string::npos ? text.size() : end + 1;
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Json& value) {
  Writer writer;
  writer.value(value, value.is_string() ? 2 : 0);
  return writer.take();
}

}  // namespace mlopsctl
