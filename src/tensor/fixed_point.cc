#include "tensor/fixed_point.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/int128.h"

namespace veil {

namespace {

constexpr Int128 kRangeLimit = Int128{1} << 62;

std::optional<IntegerRange> narrowed(Int128 low, Int128 high) {
  if (low < -kRangeLimit || high > kRangeLimit) return std::nullopt;
  return IntegerRange{static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)};
}

}  // namespace

IntegerRange signed_range(unsigned bits) {
  VEIL_CHECK(bits >= 1 && bits <= 62);
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return IntegerRange{-half, half - 1};
}

std::optional<std::int64_t> quantise_real(double value, std::int32_t scale_log2, const IntegerRange& range) {
  if (std::isnan(value)) return std::nullopt;
  const double units =
      std::ldexp(value, -scale_log2);  // exact, but for overflow (saturates) and underflow (rounds to 0)
  // The integers of a range are far below 2^53, so these comparisons are exact.
  if (units <= static_cast<double>(range.low)) return range.low;
  if (units >= static_cast<double>(range.high)) return range.high;
  const double below = std::floor(units);
  // |units| < 2^53: the difference is exact, or units is tiny and negative and the difference rounds to 1 (up,
  // rightly).
  const bool up = units - below >= 0.5;
  return saturate(static_cast<std::int64_t>(below) + (up ? 1 : 0), range);
}

std::int32_t scale_for(double largest, std::int64_t limit, std::int32_t otherwise) {
  VEIL_CHECK(std::isfinite(largest) && largest >= 0 && limit >= 1);
  if (largest == 0) return otherwise;
  int exponent = 0;
  std::frexp(largest / static_cast<double>(limit), &exponent);
  // The quotient is rounded: start one below and settle by exact comparison.
  --exponent;
  while (std::ldexp(largest, -exponent) > static_cast<double>(limit)) ++exponent;
  return exponent;
}

double real_value(std::int64_t integer, std::int32_t scale_log2) {
  return std::ldexp(static_cast<double>(integer), scale_log2);
}

std::optional<IntegerRange> add_ranges(const IntegerRange& a, const IntegerRange& b) {
  return narrowed(static_cast<Int128>(a.low) + b.low, static_cast<Int128>(a.high) + b.high);
}

std::optional<IntegerRange> multiply_ranges(const IntegerRange& a, const IntegerRange& b) {
  const Int128 corners[] = {static_cast<Int128>(a.low) * b.low, static_cast<Int128>(a.low) * b.high,
                            static_cast<Int128>(a.high) * b.low, static_cast<Int128>(a.high) * b.high};
  return narrowed(*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4));
}

std::optional<IntegerRange> scale_range(const IntegerRange& a, std::int64_t factor) {
  return multiply_ranges(a, IntegerRange{factor, factor});
}

}  // namespace veil
