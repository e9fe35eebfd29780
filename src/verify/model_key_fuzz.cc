// read_model_key and read_proof_header on arbitrary bytes; a key that reads is checked, as a verifier would.
#include <cstddef>
#include <cstdint>

#include "verify/model_key.h"
#include "verify/proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const veil::ByteView bytes(data, size);
  (void)veil::read_proof_header(bytes);
  veil::Reader reader(bytes);
  auto key = veil::read_model_key(reader);
  if (key.ok()) (void)veil::VerifiedModel::check(std::move(key).value(), std::nullopt);
  return 0;
}
