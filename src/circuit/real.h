// Real numbers with 62 bits, made of integers only, for the contents of tables: the same bits on every platform, and
// an error of a few 2^-61, which is far below what a table can show. Sums, products, quotients and square roots that
// 61 bits can hold are exact.
#pragma once

#include <bit>
#include <cstdint>

#include "base/int128.h"

namespace veil {

// mantissa * 2^exponent, 2^61 <= |mantissa| <= 2^62; zero has mantissa 0 and exponent 0.
struct Real {
  std::int64_t mantissa = 0;
  std::int64_t exponent = 0;
};

constexpr int kRealBits = 62;

constexpr int width_of(UInt128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                   : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

// Rounded where 62 bits do not hold the mantissa.
inline Real make_real(Int128 mantissa, std::int64_t exponent) {
  if (mantissa == 0) return {};
  const int excess = width_of(static_cast<UInt128>(mantissa < 0 ? -mantissa : mantissa)) - kRealBits;
  if (excess > 0) {
    mantissa = (mantissa + (Int128{1} << (excess - 1))) >> excess;
  } else {
    mantissa *= Int128{1} << -excess;
  }
  return {static_cast<std::int64_t>(mantissa), exponent + excess};
}

inline Real whole(std::int64_t value) { return make_real(value, 0); }

inline Real operator-(const Real& a) { return {-a.mantissa, a.exponent}; }

inline Real operator+(const Real& a, const Real& b) {
  if (a.mantissa == 0) return b;
  if (b.mantissa == 0) return a;
  if (a.exponent < b.exponent) return b + a;
  const std::int64_t distance = a.exponent - b.exponent;
  if (distance > kRealBits) return a;  // b is less than a's last bit
  return make_real(static_cast<Int128>(a.mantissa) * (Int128{1} << distance) + b.mantissa, b.exponent);
}

inline Real operator-(const Real& a, const Real& b) { return a + -b; }

inline Real operator*(const Real& a, const Real& b) {
  return make_real(static_cast<Int128>(a.mantissa) * b.mantissa, a.exponent + b.exponent);
}

// b is not 0.
inline Real operator/(const Real& a, const Real& b) {
  return make_real(static_cast<Int128>(a.mantissa) * (Int128{1} << kRealBits) / b.mantissa,
                   a.exponent - b.exponent - kRealBits);
}

inline bool operator<(const Real& a, const Real& b) { return (a - b).mantissa < 0; }

inline bool is_negative(const Real& a) { return a.mantissa < 0; }
inline Real magnitude(const Real& a) { return is_negative(a) ? -a : a; }
inline Real times_power_of_two(const Real& a, std::int64_t log2) {
  return a.mantissa == 0 ? a : Real{a.mantissa, a.exponent + log2};
}

// The nearest integer, half up, within [low, high]; |low|, |high| < 2^60.
std::int64_t nearest_within(const Real& a, std::int64_t low, std::int64_t high);

Real square_root(const Real& a);  // a >= 0
Real exponential(const Real& a);  // 0 and 2^200 stand for what lies beyond exp(-+128)
Real logarithm(const Real& a);    // a > 0
Real power(Real a, std::uint64_t exponent);
Real arc_tangent(const Real& y, const Real& x);  // of y / x, in [-pi/2, pi/2]; x >= 0, not both 0
Real half_pi();
Real error_function(const Real& a);

// Of z * 2^scale radians; the argument is reduced exactly. |z| <= 2^20, -40 <= scale <= 24.
struct SineAndCosine {
  Real sine, cosine;
};
SineAndCosine sine_and_cosine(std::int64_t z, std::int64_t scale);

}  // namespace veil
