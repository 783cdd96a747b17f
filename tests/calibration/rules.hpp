// The sections of the table. `full`: every setting, with trials enough for the committed table; else a few of each, in seconds.
#pragma once

#include "tests/calibration/figure.hpp"

namespace mlopsctl::calibration {

inline constexpr double alpha = 0.05;  // at which gates, and powers, are measured

Section gate_rules(bool full);   // ours: promotions and refusals of equal models
Section drawn_rules(bool full);  // ours, by rows that were drawn for labels
Section resampled_rules(bool full);
Section drift_rules(bool full);  // ours: alarms when nothing changed
Section power(bool full);        // ours: what is said to be seen is seen
Section usual_rules(bool full);  // what others do

}  // namespace mlopsctl::calibration
