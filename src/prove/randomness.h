// Seeds of proofs (attacks 9): fresh entropy, the key's secret, the witness and the statement, hashed together.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "hash/drbg.h"
#include "verify/statement.h"

namespace veil {

using Entropy = std::function<void(std::span<std::uint8_t>)>;

// keccak256(domain || fresh entropy || parts, each length-prefixed)
Digest derive_seed(std::string_view domain, const Entropy& entropy, std::initializer_list<ByteView> parts);

// The integers of some rows, hashed: of each block its first row, its number of rows, its width and a digest of its
// entries.
Digest matrix_digest(const RowMatrix& matrix);
// What absorb_statement would absorb, without the input rows (which depend on the seed).
Digest statement_digest(const Digest& model_id, const PublicValues& public_values, ByteView context);

}  // namespace veil
