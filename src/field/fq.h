// Fq: the base field of BN254, of prime order q = 3 (mod 4),
//   q = 21888242871839275222246405745257275088696311157297823662689037894645226208583.
// Coordinates of curve points live here. Fq has square roots (sqrt, is_square); see field/montgomery.h.
#pragma once

#include "field/montgomery.h"

namespace veil {

struct FqParams {
  static constexpr Limbs kModulus = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029};
};

using Fq = Montgomery<FqParams>;

}  // namespace veil
