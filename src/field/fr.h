// Fr: the scalar field of BN254, of prime order
//   p = 21888242871839275222246405745257275088548364400416034343698204186575808495617.
// The field of the protocol: witness values, challenges and polynomials live here.
#pragma once

#include "field/montgomery.h"

namespace veil {

struct FrParams {
  static constexpr Limbs kModulus = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
};

using Fr = Montgomery<FrParams>;

}  // namespace veil
