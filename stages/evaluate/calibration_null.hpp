// What calibration error would a model show whose confidences are just as often right as they say? On few rows a large one. Pure.
#pragma once

#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

struct CalibrationNull {
  double expected = 0, upper = 0;  // the mean, and what 95 of 100 such models stay below
  double p = 1;                    // the chance that such a model shows as large an error as this one, at least 1 / (draws + 1)
  int draws = 0;
};
// By drawing who is right anew, each row with its own confidence.
CalibrationNull calibration_null(const Judged& judged, size_t classes, uint64_t seed, int draws = 999);

Json to_json(const CalibrationNull& null);

}  // namespace mlopsctl::evaluate
