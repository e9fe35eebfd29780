// Inverses modulo an odd prime by divsteps, 62 at a time on signed limbs of 62 bits.
// Source: D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and modular inversion" (2019), sections
// 8-11, in the variable-time form that counts trailing zeros.
#pragma once

#include "field/limbs.h"

namespace veil {

// x^-1 mod modulus for x < modulus; 0 for x = 0. The modulus is an odd prime below 2^255. Variable time: for a secret x
// multiply it by a random value first, where timing matters.
Limbs invert_mod(const Limbs& x, const Limbs& modulus);

}  // namespace veil
