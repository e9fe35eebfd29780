// Field elements out of a deterministic generator.
#pragma once

#include "field/fr.h"
#include "hash/drbg.h"

namespace veil {

// 64 bytes of the generator mod p: uniform up to 2^-257.
Fr sample_fr(Drbg& drbg);

}  // namespace veil
