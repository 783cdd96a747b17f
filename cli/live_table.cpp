#include "cli/live_table.hpp"

#include <algorithm>
#include <cmath>

#include "cli/text_width.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli {

namespace {

using engine::StageState;

double seconds_between(Instant from, Instant to) { return std::chrono::duration<double>(to - from).count(); }

struct Look {
  const char* glyph;
  const char* ascii;
  Style style;
};

Look look_of(const LiveStage& stage, Instant now) {
  if (stage.ended) {
    switch (*stage.ended) {
      case StageState::succeeded:
        return {"\u2713", "+", Style::green};
      case StageState::reused:
        return {"\u2713", "=", Style::green};
      case StageState::failed:
        return {"\u2717", "x", Style::red};
      case StageState::timed_out:
        return {"\u2717", "x", Style::red};
      case StageState::cancelled:
        return {"\u2717", "x", Style::yellow};
      case StageState::blocked:
        return {"\u2013", "-", Style::yellow};
      case StageState::skipped:
        return {"\u2013", "-", Style::dim};
    }
  }
  if (!stage.running) return {"\u00b7", ".", Style::dim};
  constexpr const char* spin[] = {"\u280b", "\u2819", "\u2839", "\u2838", "\u283c", "\u2834", "\u2826", "\u2827", "\u2807", "\u280f"};
  constexpr const char* spin_ascii[] = {"|", "/", "-", "\\"};
  const auto step = static_cast<size_t>(std::max(0.0, seconds_between(stage.started, now)) * 10);
  return {spin[step % 10], spin_ascii[step % 4], Style::cyan};
}

std::string state_of(const LiveStage& stage) {
  if (stage.ended) {
    std::string text(engine::to_string(*stage.ended));
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
  }
  return stage.running ? "running" : "waiting";
}

// A stage that says itself how long it will take knows best.
bool estimates(const LiveStage& stage) { return stage.what.ends_with(" left"); }

std::string detail_of(const LiveStage& stage, Instant now, bool with_what) {
  if (stage.ended) return stage.seconds > 0 && *stage.ended != StageState::reused ? human_duration(stage.seconds) : "";
  if (!stage.running) return stage.expected > 0 ? "about " + human_duration(stage.expected) : "";
  std::string text = human_duration(seconds_between(stage.started, now));
  if (const auto left = remaining(stage, now); left && !estimates(stage)) text += ", about " + human_duration(*left) + " left";
  if (stage.attempt > 1) text += ", attempt " + std::to_string(stage.attempt);
  if (with_what && !stage.what.empty()) text += "  " + printable(stage.what);
  return text;
}

struct Widths {
  int name, kind, bar;  // 0: not shown
};

// One line; two where what a running stage says does not fit beside it and `may_be_two`.
std::vector<std::string> stage_lines(const LiveStage& stage, Instant now, const Screen& screen, const Widths& widths, bool may_be_two) {
  const Look look = look_of(stage, now);
  constexpr int state_width = 9;
  std::string head = pad(stage.name, widths.name, screen.utf8) + "  ";
  if (widths.kind > 0) head += pad(stage.kind, widths.kind, screen.utf8) + "  ";
  const std::string state = pad(state_of(stage), state_width, screen.utf8);
  int used = 2 + display_width(head) + state_width;
  std::string bar;
  if (widths.bar > 0) {
    bar = stage.running ? "  " + progress_bar(stage.fraction, widths.bar, screen.utf8) : std::string(static_cast<size_t>(widths.bar) + 2, ' ');
    used += widths.bar + 2;
  }
  const int room = std::max(0, screen.width - 1 - used - 2);
  const bool two = may_be_two && stage.running && !stage.what.empty() && display_width(detail_of(stage, now, true)) > room;
  const std::string detail = fit(detail_of(stage, now, !two), room, screen.utf8);
  std::string line = screen.paint(look.style, screen.utf8 ? look.glyph : look.ascii) + " " + head + screen.paint(look.style, state) + bar;
  if (!detail.empty()) line += "  " + detail;
  else line.erase(line.find_last_not_of(' ') + 1);
  if (!two) return {line};
  return {line, "    " + screen.paint(Style::dim, fit(printable(stage.what), std::max(0, screen.width - 5), screen.utf8))};
}

std::string footer(const LiveRun& run, Instant now, const Screen& screen) {
  const double elapsed = seconds_between(run.started, now);
  std::string text = std::to_string(run.done()) + " of " + std::to_string(run.stages.size()) + " done, " + human_duration(elapsed);
  if (run.expected > elapsed) text += ", about " + human_duration(run.expected - elapsed) + " left";
  return screen.paint(Style::dim, fit(text, screen.width - 1, screen.utf8));
}

}  // namespace

LiveStage* LiveRun::find(std::string_view name) {
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const LiveStage& stage) { return stage.name == name; });
  return found == stages.end() ? nullptr : &*found;
}

size_t LiveRun::done() const {
  return static_cast<size_t>(std::count_if(stages.begin(), stages.end(), [](const LiveStage& stage) { return stage.ended.has_value(); }));
}

LiveRun live_run(const engine::Plan& plan, Instant now) {
  LiveRun run;
  run.started = now;
  run.expected = plan.expected_seconds;
  for (const auto& planned : plan.stages) {
    LiveStage stage;
    stage.name = planned.name;
    stage.kind = planned.kind;
    stage.expected = planned.action == engine::Action::reuse ? 0 : planned.expected_seconds;
    run.stages.push_back(std::move(stage));
  }
  return run;
}

std::optional<double> remaining(const LiveStage& stage, Instant now) {
  const double elapsed = seconds_between(stage.started, now);
  if (stage.expected > elapsed) return stage.expected - elapsed;
  if (stage.fraction >= 0.05 && elapsed > 0.5) return elapsed / stage.fraction * (1 - stage.fraction);
  return std::nullopt;
}

std::string progress_bar(double fraction, int width, bool utf8) {
  const double clamped = std::clamp(std::isnan(fraction) ? 0.0 : fraction, 0.0, 1.0);
  if (!utf8) {
    const auto full = static_cast<size_t>(clamped * (width - 2));
    return "[" + std::string(full, '#') + std::string(static_cast<size_t>(width - 2) - full, '.') + "]";
  }
  constexpr const char* parts[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
  const int eighths = static_cast<int>(clamped * width * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "\u2588";
  int used = eighths / 8;
  if (eighths % 8 != 0) {
    bar += parts[eighths % 8];
    ++used;
  }
  for (; used < width; ++used) bar += "\u2591";
  return bar;
}

std::vector<std::string> live_lines(const LiveRun& run, Instant now, const Screen& screen) {
  Widths widths{4, 4, screen.width >= 72 ? 16 : screen.width >= 52 ? 8 : 0};
  for (const auto& stage : run.stages) {
    widths.name = std::max(widths.name, display_width(stage.name));
    widths.kind = std::max(widths.kind, display_width(stage.kind));
  }
  widths.name = std::min(widths.name, std::max(8, screen.width / 4));
  if (screen.width < 64) widths.kind = 0;

  std::vector<const LiveStage*> shown;
  for (const auto& stage : run.stages) shown.push_back(&stage);
  const auto room = static_cast<size_t>(std::max(1, screen.height - 2));  // besides the footer
  if (shown.size() > room) {
    const auto rank = [](const LiveStage* stage) {
      if (stage->running) return 0;
      if (!stage->ended) return 2;
      return *stage->ended == StageState::failed || *stage->ended == StageState::timed_out ? 1 : 3;
    };
    std::stable_sort(shown.begin(), shown.end(), [&](const LiveStage* a, const LiveStage* b) { return rank(a) < rank(b); });
    shown.resize(std::max<size_t>(1, room - 1));
  }
  std::vector<std::string> lines;
  for (size_t i = 0; i < shown.size(); ++i) {
    const bool spare = lines.size() + shown.size() - i + (shown.size() < run.stages.size() ? 1 : 0) < room;
    for (std::string& line : stage_lines(*shown[i], now, screen, widths, spare)) lines.push_back(std::move(line));
  }
  if (shown.size() < run.stages.size() && room > 1)
    lines.push_back(screen.paint(Style::dim, "  and " + std::to_string(run.stages.size() - shown.size()) + " more stages"));
  lines.push_back(footer(run, now, screen));
  return lines;
}

}  // namespace mlopsctl::cli
