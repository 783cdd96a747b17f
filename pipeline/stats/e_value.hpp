// Two classifiers judged on rows that come bit by bit: tests that hold however often and whenever one looks (Ramdas et al. 2023, "Game-theoretic statistics
// and safe anytime-valid inference").
//
// wins, losses, ties: of all rows so far, those that only the first, only the second, both or neither got right. They may be fractions, for what is
// expected. gain = (wins - losses) / rows.
#pragma once

#include <cstdint>

#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::stats {

// The natural logarithm of an e-value against "the true gain is `border` at most": its mean is 1 at most when that is so, whatever the rows so far, so that
// it ever passes 1 / alpha with a chance of alpha at most (Ville). What somebody has who bets on each row a share u of the most that cannot be lost,
// evenly mixed over u from 0 to 1: the product of 1 + u (d - border) / (1 + border), d = 1, -1 or 0 (Waudby-Smith & Ramdas 2023). The order of the rows is
// no matter. Border 0: exactly; else the mean over a thousand u, which is as good a bet.
double log_e_value_better(double wins, double losses, double ties, double border);

// The gains that are refused neither from below nor from above at `alpha` each, now or at any look before or after.
Interval anytime_interval(double wins, double losses, double ties, double alpha);

// How far beyond `border` the gain of so many rows must be for the e-value to pass 1 / alpha, where a share `discordant` of them is right for just one.
double e_value_reach(double rows, double discordant, double border, double alpha);

// The chance, by a normal gain, that on so many rows the e-value passes 1 / alpha where the gain truly is `gain`;
double e_value_power(int64_t rows, double discordant, double border, double gain, double alpha);
// and the fewest rows, to three digits, that give that power; `most` when that many do not.
int64_t e_value_rows(double discordant, double border, double gain, double alpha, double power, int64_t most = 100'000'000);

}  // namespace mlopsctl::stats
