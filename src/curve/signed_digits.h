// Signed digits of an integer, for windows of a scalar.
//   value = sum_i digit[i] 2^(c i),  |digit[i]| <= 2^(c-1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace veil {

// The number of windows of c bits that hold every value up to and including 2^bits.
constexpr std::size_t signed_windows(unsigned bits, unsigned c) { return (bits + c) / c; }  // ceil((bits + 1) / c)

// Digits of the magnitude given by its limbs, least significant first: digit i goes to digits[i * stride], for
// i < windows. All digits are negated when `negative`. 2 <= c <= 15. The value must be at most 2^(c windows - 1): then
// the last digit takes the last carry.
inline void write_signed_digits(std::span<const std::uint64_t> limbs, bool negative, unsigned c, std::int16_t* digits,
                                std::size_t windows, std::size_t stride) {
  const std::uint64_t mask = (std::uint64_t{1} << c) - 1;
  const std::uint64_t half = std::uint64_t{1} << (c - 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    const std::size_t limb = i * c / 64;
    const std::size_t shift = i * c % 64;
    std::uint64_t window = limb < limbs.size() ? limbs[limb] >> shift : 0;
    if (shift + c > 64 && limb + 1 < limbs.size()) window |= limbs[limb + 1] << (64 - shift);
    window = (window & mask) + carry;
    carry = window > half ? 1 : 0;
    const std::int32_t digit = static_cast<std::int32_t>(window) - static_cast<std::int32_t>(carry << c);
    digits[i * stride] = static_cast<std::int16_t>(negative ? -digit : digit);
  }
  VEIL_CHECK(carry == 0);
}

}  // namespace veil
