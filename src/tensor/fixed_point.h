// The rounding rule of the whole model wing, in one place: half up, towards plus infinity on ties.
//
//   round_shift(v, s)  = floor((v + 2^(s-1)) / 2^s)   for s >= 1,   v for s = 0
//   saturate(v, [a,b]) = max(a, min(b, v))
//   round_real(x, e)   = floor(x / 2^e + 1/2)          exact for every finite double
#pragma once

#include <cstdint>
#include <optional>

namespace veil {

// An inclusive interval of integers.
struct IntegerRange {
  std::int64_t low = 0;
  std::int64_t high = 0;

  bool contains(std::int64_t value) const { return low <= value && value <= high; }
  bool contains(const IntegerRange& other) const { return low <= other.low && other.high <= high; }
  bool operator==(const IntegerRange&) const = default;
};

// Bound of every accumulator of an accepted model: sums stay below 2^63, and every quotient fits 7 byte limbs.
inline constexpr std::int64_t kMaxAccumulator = std::int64_t{1} << 54;

// The signed integers of `bits` bits: [-2^(bits-1), 2^(bits-1) - 1].
IntegerRange signed_range(unsigned bits);

// |value| + 2^(shift-1) < 2^63 is the caller's promise: |value| <= kMaxAccumulator and shift <= 62.
inline std::int64_t round_shift(std::int64_t value, unsigned shift) {
  if (shift == 0) return value;
  return (value + (std::int64_t{1} << (shift - 1))) >> shift;
}

// floor(value / divisor), divisor > 0
inline std::int64_t floor_quotient(std::int64_t value, std::int64_t divisor) {
  const std::int64_t towards_zero = value / divisor;
  return towards_zero - (value % divisor < 0 ? 1 : 0);
}

inline std::int64_t saturate(std::int64_t value, const IntegerRange& range) {
  if (value < range.low) return range.low;
  return value > range.high ? range.high : value;
}

// value / 2^scale_log2 rounded half up and saturated; infinities saturate, -0 is 0. Nothing for NaN.
std::optional<std::int64_t> quantise_real(double value, std::int32_t scale_log2, const IntegerRange& range);

// The least scale_log2 with largest <= limit * 2^scale_log2; `otherwise` where largest is 0. largest is finite, >= 0.
std::int32_t scale_for(double largest, std::int64_t limit, std::int32_t otherwise);

// integer * 2^scale_log2
double real_value(std::int64_t integer, std::int32_t scale_log2);

// IntegerRange arithmetic; every bound stays below 2^62 or the result is nothing.
std::optional<IntegerRange> add_ranges(const IntegerRange& a, const IntegerRange& b);
std::optional<IntegerRange> multiply_ranges(const IntegerRange& a, const IntegerRange& b);
std::optional<IntegerRange> scale_range(const IntegerRange& a, std::int64_t factor);
inline IntegerRange round_shift(const IntegerRange& a, unsigned shift) {
  return IntegerRange{round_shift(a.low, shift), round_shift(a.high, shift)};
}

}  // namespace veil
