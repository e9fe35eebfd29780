// Any bytes as a CSV file.
#include <cstddef>
#include <cstdint>

#include "data/rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(veil::read_csv_rows({data, size}, "fuzz", {{"x", {1, 2}, {}}}, {"label", false, {}}).ok());
  static_cast<void>(veil::read_csv_rows({data, size}, "fuzz", {{"x", {1, 2}, {"a", "b"}}}, {}).ok());
  static_cast<void>(veil::read_csv_labels({data, size}, "fuzz", "label").ok());
  return 0;
}
