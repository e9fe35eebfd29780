// Test support: random field elements.
#pragma once

#include <random>

#include "field/fr.h"

namespace veil {

inline Fr random_fr(std::mt19937_64& rng) { return Fr::from_limbs({rng(), rng(), rng(), rng()}); }

}  // namespace veil
