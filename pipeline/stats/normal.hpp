// The standard normal distribution, and Student's.
#pragma once

namespace mlopsctl::stats {

// P(Z > z), accurate far out.
double normal_tail(double z);
// z with P(Z <= z) = share; share in (0, 1).
double normal_quantile(double share);
// The same of Student's distribution with so many degrees of freedom, above 0.
double student_quantile(double share, double freedom);

// Of an estimate with the standard error `error` that truly lies `beyond` what is to be ruled out: the chance that a one-sided test at `alpha` rules it out,
double normal_power(double beyond, double error, double alpha);
// how far beyond it must lie for that chance to be `power`,
double normal_reach(double error, double alpha, double power);
// and how many times as many rows it takes to have that chance where it lies.
double normal_rows_factor(double beyond, double error, double alpha, double power);

}  // namespace mlopsctl::stats
