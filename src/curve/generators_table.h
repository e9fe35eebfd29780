// The table that make_generators.cc writes and generators.cc reads: G_0 .. G_{kMaxGenerators-1}, H.
#pragma once

#include <array>

#include "curve/generators.h"

namespace veil {

extern const std::array<G1Affine, kMaxGenerators + 1> kGeneratorsTable;

// What entry `index` must be, by its definition.
G1Affine compute_generator(std::size_t index);

}  // namespace veil
