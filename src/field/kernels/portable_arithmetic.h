// The Arithmetic (array_operations.h) of plain C++.
#pragma once

#include <cstddef>
#include <cstdint>

#include "field/multiply.h"

namespace veil {

struct PortableArithmetic {
  static Limbs multiply(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return portable::multiply_mod(a, b, c);
  }
  static Limbs add(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return portable::add_mod(a, b, c.modulus);
  }
  static Limbs subtract(const Limbs& a, const Limbs& b, const MontgomeryConstants& c) {
    return portable::subtract_mod(a, b, c.modulus);
  }

  static void accumulate(std::array<std::uint64_t, 9>& sum, const Limbs& a, const Limbs& b) {
    for (std::size_t i = 0; i < 4; ++i) {
      UInt128 carry = 0;
      for (std::size_t j = 0; j < 4; ++j) {
        carry =
            static_cast<UInt128>(a[i]) * b[j] + sum[i + j] + high64(carry);  // <= (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1
        sum[i + j] = low64(carry);
      }
      ripple(sum, i + 4, high64(carry));
    }
  }

  static void accumulate(std::array<std::uint64_t, 6>& sum, const Limbs& a, std::uint64_t b) {
    UInt128 carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      carry = static_cast<UInt128>(a[j]) * b + sum[j] + high64(carry);
      sum[j] = low64(carry);
    }
    ripple(sum, 4, high64(carry));
  }

  // (a b + u p) / 2^64 <= (2^63 p + (2^64 - 1) p) / 2^64 < 2p.
  static Limbs multiply_small(const Limbs& a, std::uint64_t b, const MontgomeryConstants& c) {
    UInt128 product = static_cast<UInt128>(a[0]) * b;
    const std::uint64_t u = low64(product) * c.negative_inverse;
    UInt128 reduced = static_cast<UInt128>(u) * c.modulus[0] + low64(product);
    Limbs t{};
    for (std::size_t j = 1; j < 4; ++j) {
      product = static_cast<UInt128>(a[j]) * b + high64(product);
      reduced = static_cast<UInt128>(u) * c.modulus[j] + low64(product) + high64(reduced);
      t[j - 1] = low64(reduced);
    }
    t[3] = high64(product) + high64(reduced);
    return reduce_once(t, c.modulus);
  }

 private:
  template <std::size_t kLimbs>
  static void ripple(std::array<std::uint64_t, kLimbs>& sum, std::size_t from, std::uint64_t carry) {
    for (std::size_t i = from; i < kLimbs; ++i) {
      const UInt128 next = static_cast<UInt128>(sum[i]) + carry;
      sum[i] = low64(next);
      carry = high64(next);
    }
  }
};

}  // namespace veil
