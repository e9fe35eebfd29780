// Any bytes as a NPY file.
#include <cstddef>
#include <cstdint>

#include "data/rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(veil::read_npy_rows({data, size}, "fuzz", {{"x", {1, 2}, {}}}).ok());
  return 0;
}
