// The endomorphism of G1: phi(x, y) = (beta x, y) = lambda (x, y), with beta^3 = 1 in Fq and lambda^3 = 1 in Fr. It
// turns one multiple by 254 bits into two by 127 bits: k P = k_0 P + k_1 phi(P). Source: R. Gallant, R. Lambert, S.
// Vanstone, "Faster point multiplication on elliptic curves with efficient endomorphisms" (CRYPTO 2001), section 4.
#pragma once

#include <array>
#include <cstdint>

#include "field/fq.h"
#include "field/fr.h"

namespace veil {

inline constexpr Fq kBeta =
    Fq::from_limbs({0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029});
inline constexpr Fr kLambda =
    Fr::from_limbs({0xb8ca0b2d36636f23, 0xcc37a73fec2bc5e9, 0x048b6e193fd84104, 0x30644e72e131a029});

inline constexpr unsigned kHalfScalarBits = 127;

struct HalfScalar {
  std::array<std::uint64_t, 2> magnitude;  // below 2^kHalfScalarBits
  bool negative;
};

// k = k_0 + lambda k_1 mod p.
std::array<HalfScalar, 2> split_scalar(const Fr& k);

}  // namespace veil
