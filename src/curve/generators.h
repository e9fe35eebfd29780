// The fixed generators of every commitment: points to which nobody knows a relation.
//   G_i = hash_to_g1("G" || u32 big-endian i, tag),  i = 0 .. kMaxGenerators - 1
//   H   = hash_to_g1("H", tag)                       the blinding generator
// The table is computed when Veil is built (make_generators.cc), so nothing is computed at start; a test recomputes all
// of it and compares it with the digest below.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "curve/g1.h"
#include "hash/keccak256.h"

namespace veil {

inline constexpr std::size_t kMaxGenerators = 4096;  // 2^kMaxLogColumns
inline constexpr std::string_view kGeneratorsTag = "VEIL-V01-BN254G1_XMD:SHA-256_SVDW_RO_";

// G_0 .. G_{count-1}; count <= kMaxGenerators.
std::span<const G1Affine> generators(std::size_t count);
const G1Affine& blinding_generator();

// keccak256(G_0 || ... || G_{kMaxGenerators-1} || H), each as 64 uncompressed bytes. A pinned constant.
const Digest& generators_digest();

}  // namespace veil
