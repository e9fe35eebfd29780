// read_circuit and the validator on arbitrary bytes: no crash, bounded memory.
#include <cstddef>
#include <cstdint>

#include "circuit/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  veil::Reader reader(veil::ByteView(data, size));
  const auto circuit = veil::read_circuit(reader);
  if (circuit.ok()) (void)veil::validate_circuit(*circuit);
  return 0;
}
