// Hashing to G1 so that nobody knows a discrete logarithm of the result.
// Source: RFC 9380, suite BN254G1_XMD:SHA-256_SVDW_RO_ in the pattern of its section 8: expand_message_xmd with SHA-256
// (5.3.1), hash_to_field with m = 1, L = 48, count = 2 (5.2), the Shallue-van de Woestijne map with Z = 1 (6.6.1),
// h_eff = 1. Time: variable in the message; for public messages.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/bytes.h"
#include "curve/g1.h"

namespace veil {

// The domain separation tag must have 1 to 255 bytes (a programmer's constant: anything else aborts).
G1Affine hash_to_g1(ByteView message, std::string_view domain_tag);

// The steps, for tests.
Bytes expand_message_xmd(ByteView message, std::string_view domain_tag, std::size_t size_bytes);  // at most 8160
std::array<Fq, 2> hash_to_field(ByteView message, std::string_view domain_tag);
G1Affine map_to_curve_svdw(const Fq& u);

}  // namespace veil
