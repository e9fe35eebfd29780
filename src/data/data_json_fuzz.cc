// Any bytes as a JSON file.
#include <cstddef>
#include <cstdint>

#include "data/rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(veil::read_json_rows({data, size}, "fuzz", {{"x", {1, 2}, {}}}, {}).ok());
  static_cast<void>(veil::read_json_rows({data, size}, "fuzz", {{"x", {1, 2}, {}}, {"y", {1}, {}}}, {}).ok());
  static_cast<void>(veil::read_json_rows({data, size}, "fuzz", {{"x", {1, 2}, {}}}, {{}, false, {"y", "x"}}).ok());
  static_cast<void>(veil::read_json_labels({data, size}, "fuzz", "y").ok());
  return 0;
}
