// Any text as a quantised graph: refused, or lowered and judged by the validator.
#include <string_view>

#include "circuit/validate.h"
#include "ops/lowering.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto graph = veil::read_quantised_graph(text)) {
    if (const auto lowering = veil::lower(*graph)) static_cast<void>(veil::validate_circuit(lowering->circuit));
  }
  return 0;
}
