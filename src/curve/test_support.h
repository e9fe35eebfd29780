// Helpers of this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "curve/g1.h"
#include "field/test_support.h"

namespace veil {

// A number in hexadecimal, of at most 64 digits; it must be below the modulus.
template <class Field>
Field element_from_hex(std::string text) {
  text.insert(0, 64 - text.size(), '0');
  const std::optional<Bytes> bytes = from_hex(text);
  EXPECT_TRUE(bytes) << text;
  const std::optional<Field> out = Field::from_bytes(*bytes);
  EXPECT_TRUE(out) << text;
  return *out;
}

inline G1Affine point_from_hex(const std::string& x, const std::string& y) {
  const G1Affine out{element_from_hex<Fq>(x), element_from_hex<Fq>(y)};
  EXPECT_TRUE(out.is_on_curve()) << x;
  return out;
}

// Double and add, one bit after the other: slow, and too simple to be wrong.
inline G1 simple_multiple(const G1& point, const Fr& scalar) {
  const Limbs limbs = scalar.to_limbs();
  G1 out;
  for (unsigned bit = 256; bit-- > 0;) {
    out = out.doubled();
    if ((limbs[bit / 64] >> (bit % 64)) & 1) out += point;
  }
  return out;
}

inline G1Affine random_point(std::mt19937_64& rng) {
  return simple_multiple(G1::generator(), random_fr(rng)).to_affine();
}

}  // namespace veil
