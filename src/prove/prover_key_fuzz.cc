// read_prover_key on arbitrary bytes; a key that reads is opened.
#include <cstddef>
#include <cstdint>

#include "prove/prover.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  veil::Reader reader(veil::ByteView(data, size));
  auto key = veil::read_prover_key(reader);
  if (key.ok()) (void)veil::Prover::open(std::move(key).value());
  return 0;
}
