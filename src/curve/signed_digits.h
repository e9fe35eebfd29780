// Signed digits of an integer, for windows of a scalar.
//   value = sum_i digit[i] 2^(c i),  |digit[i]| <= 2^(c-1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace veil {

// The number of windows of c bits that hold every value below 2^bits.
constexpr std::size_t signed_windows(unsigned bits, unsigned c) { return (bits + 1 + c - 1) / c; }

// Digits of the magnitude given by its limbs, least significant first, into `digits` (all of it is written).
// 2 <= c <= 16. The value must be below 2^(c digits.size() - 1): then the last digit takes the last carry.
inline void write_signed_digits(std::span<const std::uint64_t> limbs, unsigned c, std::span<std::int32_t> digits) {
  const std::uint64_t mask = (std::uint64_t{1} << c) - 1;
  const std::uint64_t half = std::uint64_t{1} << (c - 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t bit = i * c;
    const std::size_t limb = bit / 64;
    const std::size_t shift = bit % 64;
    std::uint64_t window = limb < limbs.size() ? limbs[limb] >> shift : 0;
    if (shift + c > 64 && limb + 1 < limbs.size()) window |= limbs[limb + 1] << (64 - shift);
    window = (window & mask) + carry;
    carry = window > half ? 1 : 0;
    digits[i] = static_cast<std::int32_t>(window) - static_cast<std::int32_t>(carry << c);
  }
  VEIL_CHECK(carry == 0);
}

}  // namespace veil
