// SPDX-License-Identifier: BSL-1.0
// Logarithm, exponential and the normal quantile with the same bits on every processor. The C
// library chooses fused multiply-add variants at run time, so its last bit depends on the machine;
// these use IEEE additions, multiplications, divisions and square roots only, and are compiled with
// -ffp-contract=off, which is why none is inline. Errors: log and exp below 1 ulp, log1p below
// 3 ulp, normal_quantile about 1e-15 relative. Domain errors give NaN or infinity, as in <cmath>.
#pragma once

namespace windtunnel::sim {

/// Natural logarithm; minus infinity at 0, NaN below. Method: fdlibm e_log.c.
double own_log(double x);

/// log(1 + x) without the loss of small x. Method: Kahan's correction of log(1 + x).
double own_log1p(double x);

/// e to the x; infinity above 709.78, zero below -745.13. Method: fdlibm e_exp.c.
double own_exp(double x);

/// base to the exponent, for base > 0; relative error about 1e-16 * (1 + |exponent * log(base)|).
double own_power(double base, double exponent);

/// The z with P(Z <= z) = p for a standard normal Z; p in (0, 1), infinite at the ends.
/// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", 1988 (PPND16).
double normal_quantile(double p);

} // namespace windtunnel::sim
