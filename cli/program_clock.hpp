// The time that the program goes by: the system's, or for tests one that is set.
#pragma once

#include <memory>

#include "cli/terminal.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

// With MLOPSCTL_TEST_CLOCK (RFC 3339) the program starts at that time, and time goes on from there as usual: a month can be lived through in seconds. Whoever
// runs it for real leaves it unset. Fails (usage) where it is no time.
Result<std::unique_ptr<Clock>> program_clock(const Variables& variables);

}  // namespace mlopsctl::cli
