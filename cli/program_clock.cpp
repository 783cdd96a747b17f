#include "cli/program_clock.hpp"

namespace mlopsctl::cli {

namespace {

class SetClock final : public Clock {
 public:
  explicit SetClock(TimePoint start) : start_(start), begun_(system_.steady()) {}
  TimePoint now() const override { return start_ + std::chrono::duration_cast<TimePoint::duration>(system_.steady() - begun_); }
  std::chrono::steady_clock::time_point steady() const override { return system_.steady(); }
  bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const override { return system_.pause(time, cancel); }

 private:
  SystemClock system_;
  TimePoint start_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace

Result<std::unique_ptr<Clock>> program_clock(const Variables& variables) {
  const auto set = variables("MLOPSCTL_TEST_CLOCK");
  if (!set) return std::unique_ptr<Clock>(std::make_unique<SystemClock>());
  const auto start = from_rfc3339(*set);
  if (!start) return usage_error("MLOPSCTL_TEST_CLOCK: expected a time, got \"" + *set + "\"", "write one such as 2026-03-12T03:00:00Z, or unset it");
  return std::unique_ptr<Clock>(std::make_unique<SetClock>(*start));
}

}  // namespace mlopsctl::cli
