// A prime field of 254 bits in Montgomery form.
//
//   the element a is stored as a R mod p, R = 2^256, four 64-bit limbs, always below p
//   multiplication: (a R)(b R) R^-1 = (a b) R
//
// Source: C. K. Koc, T. Acar, B. S. Kaliski, "Analyzing and comparing Montgomery multiplication algorithms" (1996),
// CIOS, in the form without a carry word, which is right for moduli below 2^255 - 1. Values: p < 2^254, hence x + y <
// 2^255 for x, y < p: sums never leave four limbs, and one subtraction reduces them. Time: operations on elements take
// time independent of their values, except inverse, pow, sqrt, is_square and the comparisons, which do not; use those
// on public values, or on secrets that are blinded first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "base/cpu.h"
#include "base/int128.h"
#include "field/limbs.h"
#include "field/multiply.h"

namespace veil {

template <class Params>
class Montgomery {
 public:
  static constexpr std::size_t kSizeBytes = 32;
  static constexpr Limbs kModulus = Params::kModulus;

  constexpr Montgomery() = default;  // zero

  static constexpr Montgomery zero() { return {}; }
  static constexpr Montgomery one() { return from_raw(kR); }
  static constexpr Montgomery half() { return from_raw(halve(kR)); }  // 1/2
  static constexpr Montgomery from_u64(std::uint64_t value) { return from_any({value, 0, 0, 0}); }
  static constexpr Montgomery from_int(std::int64_t value);
  static constexpr Montgomery from_int128(Int128 value);

  // Canonical bytes, big endian. from_bytes: nullopt unless exactly 32 bytes of a value below p.
  std::array<std::uint8_t, 32> to_bytes() const;
  static std::optional<Montgomery> from_bytes(std::span<const std::uint8_t> bytes);
  // 64 big-endian bytes mod p; on uniform bytes the result is uniform up to 2^-257. Aborts on any other size.
  static Montgomery from_wide(std::span<const std::uint8_t> bytes);

  // The canonical value below p, least significant limb first. from_limbs takes any 256-bit value, mod p.
  constexpr Limbs to_limbs() const { return multiply(raw_, {1, 0, 0, 0}); }
  static constexpr Montgomery from_limbs(const Limbs& value) { return from_any(value); }

  // The stored limbs a R mod p, for kernels and for generated tables. from_raw wants limbs below p.
  constexpr const Limbs& raw() const { return raw_; }
  static constexpr Montgomery from_raw(const Limbs& raw) {
    Montgomery out;
    out.raw_ = raw;
    return out;
  }

  constexpr bool is_zero() const { return (raw_[0] | raw_[1] | raw_[2] | raw_[3]) == 0; }
  friend constexpr bool operator==(const Montgomery& a, const Montgomery& b) {
    return ((a.raw_[0] ^ b.raw_[0]) | (a.raw_[1] ^ b.raw_[1]) | (a.raw_[2] ^ b.raw_[2]) | (a.raw_[3] ^ b.raw_[3])) == 0;
  }

  friend constexpr Montgomery operator+(const Montgomery& a, const Montgomery& b) {
    return from_raw(add(a.raw_, b.raw_));
  }
  friend constexpr Montgomery operator-(const Montgomery& a, const Montgomery& b) {
    return from_raw(subtract(a.raw_, b.raw_));
  }
  friend constexpr Montgomery operator*(const Montgomery& a, const Montgomery& b) {
    return from_raw(multiply(a.raw_, b.raw_));
  }
  constexpr Montgomery operator-() const { return from_raw(subtract({}, raw_)); }
  constexpr Montgomery& operator+=(const Montgomery& other) { return *this = *this + other; }
  constexpr Montgomery& operator-=(const Montgomery& other) { return *this = *this - other; }
  constexpr Montgomery& operator*=(const Montgomery& other) { return *this = *this * other; }
  constexpr Montgomery square() const { return *this * *this; }
  constexpr Montgomery doubled() const { return *this + *this; }

  // The inverse of zero is zero. Variable time, about a microsecond (field/inverse.cc).
  Montgomery inverse() const;
  // pow(0) is one, also of zero. Variable time in the exponent.
  constexpr Montgomery pow(std::uint64_t exponent) const { return pow(Limbs{exponent, 0, 0, 0}); }
  constexpr Montgomery pow(const Limbs& exponent) const;

  // Square roots exist for moduli = 3 (mod 4) only, which is Fq: the candidate is a^((q+1)/4), nullopt when a is not a
  // square. Which of the two roots is returned is not specified.
  std::optional<Montgomery> sqrt() const requires((Params::kModulus[0] & 3) == 3);
  Montgomery square_root_candidate() const requires((Params::kModulus[0] & 3) == 3);
  bool is_square() const  // zero is a square
      requires((Params::kModulus[0] & 3) == 3) {
    return sqrt().has_value();
  }
  constexpr bool is_odd() const { return (to_limbs()[0] & 1) != 0; }  // sgn0 of RFC 9380, section 4.1
  // Of the two roots y and p - y: is this the larger one, above (p-1)/2? False for zero.
  constexpr bool is_larger_root() const { return less_limbs(kHalfModulus, to_limbs()); }

 private:
  static constexpr MontgomeryConstants kConstants = montgomery_constants(Params::kModulus);
  static constexpr Limbs kR = power_of_two_mod(Params::kModulus, 256);
  static constexpr Limbs kR2 = power_of_two_mod(Params::kModulus, 512);
  static constexpr Limbs kR3 = power_of_two_mod(Params::kModulus, 768);
  static constexpr Limbs kHalfModulus = shift_right(Params::kModulus, 1);              // (p-1)/2
  static constexpr Limbs kRootExponent = increment(shift_right(Params::kModulus, 2));  // (p+1)/4 for p = 3 (mod 4)

  static constexpr Limbs add(const Limbs& a, const Limbs& b) { return add_mod(a, b, kConstants); }
  static constexpr Limbs subtract(const Limbs& a, const Limbs& b) { return subtract_mod(a, b, kConstants); }
  static constexpr Limbs halve(const Limbs& a) { return halve_mod(a, Params::kModulus); }
  // a b R^-1 mod p. The first factor may be any 256-bit value, the second must be below p.
  static constexpr Limbs multiply(const Limbs& a, const Limbs& b) { return multiply_mod(a, b, kConstants); }
  static constexpr Montgomery from_any(const Limbs& value) { return from_raw(multiply(value, kR2)); }

  Limbs raw_{};
};

template <class Params>
constexpr Montgomery<Params> Montgomery<Params>::from_int(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? -from_u64(0 - bits) : from_u64(bits);
}

template <class Params>
constexpr Montgomery<Params> Montgomery<Params>::from_int128(Int128 value) {
  const auto bits = static_cast<UInt128>(value);
  const UInt128 magnitude = value < 0 ? 0 - bits : bits;
  const Montgomery out = from_any({low64(magnitude), high64(magnitude), 0, 0});
  return value < 0 ? -out : out;
}

template <class Params>
constexpr Montgomery<Params> Montgomery<Params>::pow(const Limbs& exponent) const {
  Montgomery out = one();
  bool started = false;  // leading zero bits cost nothing
  for (unsigned bit = 256; bit-- > 0;) {
    if (started) out = out.square();
    if (((exponent[bit / 64] >> (bit % 64)) & 1) == 0) continue;
    out = out * *this;
    started = true;
  }
  return out;
}

}  // namespace veil
