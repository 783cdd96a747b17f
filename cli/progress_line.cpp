#include "cli/progress_line.hpp"

#include "cli/live_table.hpp"
#include "cli/text_width.hpp"

namespace mlopsctl::cli {

ProgressLine::~ProgressLine() {
  if (drawn_) err_.write("\r\x1b[K");
}

void ProgressLine::show(double fraction, const std::string& text) {
  if (!screen_.terminal) return;
  const auto now = clock_.steady();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  err_.write("\r\x1b[K" + fit(progress_bar(fraction, 20, screen_.utf8) + " " + text, screen_.width - 1, screen_.utf8));
}

}  // namespace mlopsctl::cli
