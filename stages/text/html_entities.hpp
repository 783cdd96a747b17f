// HTML character references, decoded as browsers and Python's html.unescape do (WHATWG HTML, 13.5 "Named character references").
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::text {

// The source of the table in html_entity_table.cpp: "[*]name=HEX[+HEX]" separated by spaces; '*': known without its semicolon too.
extern const std::string_view html_entity_table;

// Replaces `out`: &amp; &eacute; &#39; &#x1F600; and the old names without a semicolon (&ampx is "&x"). Unknown names stay as they are.
void decode_html(std::string_view text, std::string& out);

}  // namespace mlopsctl::text
