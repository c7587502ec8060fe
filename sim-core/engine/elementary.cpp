// SPDX-License-Identifier: BSL-1.0
// own_log and own_exp follow fdlibm's e_log.c and e_exp.c, whose notice is:
//   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
//   Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
//   distribute this software is freely granted, provided that this notice is preserved.
#include "sim-core/engine/elementary.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace windtunnel::sim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// log 2 in two parts: the high one has 20 trailing zero bits, so that k * log2_high is exact.
constexpr double log2_high = 6.93147180369123816490e-01;
constexpr double log2_low = 1.90821492927058770002e-10;

/// x = 2^k * (1 + f), with sqrt(1/2) <= 1 + f < sqrt(2).
struct reduced {
    double f;
    double k;
};

reduced reduce(double x) {
    constexpr std::uint64_t sqrt_half = 0x3fe6a09e00000000, one = 0x3ff0000000000000;
    double k = 0;
    if (x < std::numeric_limits<double>::min()) {
        k = -54;
        x *= 0x1p54;
    }
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(x) + (one - sqrt_half);
    k += static_cast<double>(static_cast<int>(bits >> 52) - 0x3ff);
    return {std::bit_cast<double>((bits & 0x000fffffffffffff) + sqrt_half) - 1.0, k};
}

/// 2^k * y for k in [-1075, 1024]: two steps, because 2^k alone may not be a normal number.
double scale(double y, int k) {
    const auto power = [](int e) {
        return std::bit_cast<double>(static_cast<std::uint64_t>(e + 0x3ff) << 52);
    };
    if (k > 1023)
        return y * 2.0 * power(k - 1);
    return k < -1021 ? y * power(k + 54) * 0x1p-54 : y * power(k);
}

} // namespace

double own_log(double x) {
    if (!(x > 0) || x == infinity)
        return x == 0 ? -infinity : x > 0 ? infinity : not_a_number;
    const auto [f, k] = reduce(x);
    const double half_square = 0.5 * f * f;
    const double s = f / (2.0 + f), z = s * s, w = z * z;
    const double even = w * (3.999999999940941908e-01 +
                             w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double odd = z * (6.666666666666735130e-01 +
                            w * (2.857142874366239149e-01 +
                                 w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    return s * (half_square + (odd + even)) + k * log2_low - half_square + f + k * log2_high;
}

double own_log1p(double x) {
    const double u = 1.0 + x;
    if (u == 1.0 || u == infinity)
        return x;
    return u > 0 ? own_log(u) * (x / (u - 1.0)) : own_log(u);
}

double own_exp(double x) {
    constexpr double per_log2 = 1.44269504088896338700e+00;
    if (!(x <= 709.782712893383973096))
        return x > 0 ? infinity : not_a_number;
    if (x < -745.13321910194110842)
        return 0;
    const int k = static_cast<int>(x * per_log2 + (x < 0 ? -0.5 : 0.5));
    const double high = x - k * log2_high, low = k * log2_low;
    const double r = high - low, rr = r * r;
    const double series =
        1.66666666666666019037e-01 +
        rr * (-2.77777777770155933842e-03 +
              rr * (6.61375632143793436117e-05 +
                    rr * (-1.65339022054652515390e-06 + rr * 4.13813679705723846039e-08)));
    const double c = r - rr * series;
    return scale(1.0 + (r * c / (2.0 - c) - low + high), k);
}

double own_power(double base, double exponent) {
    return own_exp(exponent * own_log(base));
}

namespace {

using octic = std::array<double, 8>; ///< coefficients, the constant first

/// In pairs (Estrin), so that a processor can do four at once.
double polynomial(const octic& a, double x) {
    const double x2 = x * x, x4 = x2 * x2;
    const double low = (a[0] + a[1] * x) + (a[2] + a[3] * x) * x2;
    const double high = (a[4] + a[5] * x) + (a[6] + a[7] * x) * x2;
    return low + high * x4;
}

constexpr octic centre_above = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr octic centre_below = {1.0,
                                4.2313330701600911252e+1,
                                6.8718700749205790830e+2,
                                5.3941960214247511077e+3,
                                2.1213794301586595867e+4,
                                3.9307895800092710610e+4,
                                2.8729085735721942674e+4,
                                5.2264952788528545610e+3};
constexpr octic middle_above = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr octic middle_below = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
constexpr octic far_above = {6.65790464350110377720e0,  5.46378491116411436990e0,
                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr octic far_below = {1.0,
                             5.99832206555887937690e-1,
                             1.36929880922735805310e-1,
                             1.48753612908506148525e-2,
                             7.86869131145613259100e-4,
                             1.84631831751005468180e-5,
                             1.42151175831644588870e-7,
                             2.04426310338993978564e-15};

} // namespace

double normal_quantile(double p) {
    const double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(centre_above, r) / polynomial(centre_below, r);
    }
    const double tail = q < 0 ? p : 1.0 - p;
    if (!(tail > 0))
        return tail == 0 ? (q < 0 ? -infinity : infinity) : not_a_number;
    const double r = std::sqrt(-own_log(tail));
    const double z = r <= 5.0
                         ? polynomial(middle_above, r - 1.6) / polynomial(middle_below, r - 1.6)
                         : polynomial(far_above, r - 5.0) / polynomial(far_below, r - 5.0);
    return q < 0 ? -z : z;
}

} // namespace windtunnel::sim
