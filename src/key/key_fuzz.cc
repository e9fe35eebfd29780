// Any bytes, as they are and with a right checksum: a file or a sentence. What is accepted is written back the same.
#include <cstdint>
#include <span>

#include "base/check.h"
#include "hash/keccak256.h"
#include "key/veil_file.h"

namespace {

void read_both(veil::ByteView bytes) {
  if (const auto file = veil::read_verifier_file(bytes, "'fuzz'"); file.ok()) {
    VEIL_CHECK(std::ranges::equal(veil::write_verifier_file(*file), bytes));
  }
  if (const auto file = veil::read_prover_file(bytes, "'fuzz'"); file.ok()) {
    VEIL_CHECK(std::ranges::equal(veil::write_prover_file(*file), bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const veil::ByteView bytes(data, size);
  read_both(bytes);
  veil::Bytes sealed(bytes.begin(), bytes.end());
  const veil::Digest digest = veil::keccak256(bytes);
  sealed.insert(sealed.end(), digest.begin(), digest.end());
  read_both(sealed);
  return 0;
}
