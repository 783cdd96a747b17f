// Ctrl-C and SIGTERM cancel; a second one, half a second later or more, ends the program at once with 130. A closed pipe is no signal but a write that fails.
#pragma once

#include "pipeline/base/cancel.hpp"

namespace mlopsctl::cli {

// `cancel` must have static storage: a signal may come while the program's exit handlers run. Call once.
void watch_signals(CancelToken& cancel);
// Whether the first signal was Ctrl-C: SIGTERM asks a server to end in good order.
bool stopped_by_interrupt();
// Where memory runs out while memory is given back, nothing can catch it: the program says so and ends as for any fault of its own.
void watch_for_lost_memory();
// What the second signal writes to stderr before it ends the program: how to give the terminal back its cursor.
void restore_cursor_on_kill(bool hidden);

}  // namespace mlopsctl::cli
