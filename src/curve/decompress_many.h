// Reading many compressed points at once: where a verifier's square roots are taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "curve/g1.h"

namespace veil {

// Reads points.size() encodings of 32 bytes, one after another (encodings.size() must be 32 times that). Returns how
// many were read before the first that decompress() refuses; the points from there on are unspecified. The identity is
// read like any point.
std::size_t decompress_many(std::span<const std::uint8_t> encodings, std::span<G1Affine> points);

}  // namespace veil
