// 256-bit integers as four 64-bit limbs, least significant first. Plain C++, usable in constant expressions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/int128.h"

namespace veil {

using Limbs = std::array<std::uint64_t, 4>;

constexpr std::uint64_t low64(UInt128 value) { return static_cast<std::uint64_t>(value); }
constexpr std::uint64_t high64(UInt128 value) { return static_cast<std::uint64_t>(value >> 64); }

// out = a + b mod 2^256; returns the carry.
constexpr std::uint64_t add_limbs(Limbs& out, const Limbs& a, const Limbs& b) {
  UInt128 carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    carry += static_cast<UInt128>(a[i]) + b[i];
    out[i] = low64(carry);
    carry >>= 64;
  }
  return low64(carry);
}

// out = a - b mod 2^256; returns the borrow.
constexpr std::uint64_t subtract_limbs(Limbs& out, const Limbs& a, const Limbs& b) {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const UInt128 difference = static_cast<UInt128>(a[i]) - b[i] - borrow;
    out[i] = low64(difference);
    borrow = high64(difference) & 1;
  }
  return borrow;
}

constexpr bool less_limbs(const Limbs& a, const Limbs& b) {
  Limbs ignored{};
  return subtract_limbs(ignored, a, b) != 0;
}

constexpr Limbs increment(const Limbs& a) {
  Limbs out{};
  add_limbs(out, a, {1, 0, 0, 0});
  return out;
}

constexpr Limbs shift_right(const Limbs& a, unsigned bits) {  // 0 < bits < 64
  return {a[0] >> bits | a[1] << (64 - bits), a[1] >> bits | a[2] << (64 - bits), a[2] >> bits | a[3] << (64 - bits),
          a[3] >> bits};
}

}  // namespace veil
