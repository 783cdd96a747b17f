#include "cli/progress_line.hpp"

#include <algorithm>

#include "cli/live_table.hpp"
#include "cli/text_width.hpp"

namespace mlopsctl::cli {

ProgressLine::~ProgressLine() {
  if (drawn_) err_.write("\r\x1b[K");
}

void ProgressLine::show(double fraction, const std::string& text) {
  const auto now = clock_.steady();
  if (now - last_ < (screen_.terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(30'000))) return;
  last_ = now;
  if (!screen_.terminal) {
    err_.write(std::to_string(static_cast<int>(100 * std::clamp(fraction, 0.0, 1.0))) + " %, " + text + "\n");
    return;
  }
  drawn_ = true;
  err_.write("\r\x1b[K" + fit(progress_bar(fraction, 20, screen_.utf8) + " " + text, screen_.width - 1, screen_.utf8));
}

}  // namespace mlopsctl::cli
