// Is one classifier better than another by more than `at`, a border that need not be 0? b rows only the first got right, c only the second, of n.
#pragma once

#include <cstdint>

namespace mlopsctl::stats {

// An exact p-value of "the first is better by `at` or less" (negative: "is worse by -at or more"): the largest chance, over the shares of rows for the
// second alone that fit the data, of a score statistic (tango_z) as large as this one. So it is refused at alpha with a chance of alpha at most,
// however few the rows (Berger & Boos 1994, JASA 89: `doubt` is the chance, added to p, that the share is not among those tried).
// Beyond 200,000 rows the normal approximation, which differs no more there.
double better_by_more_p(int64_t only_first, int64_t only_second, int64_t rows, double at, double doubt = 1e-4);

}  // namespace mlopsctl::stats
