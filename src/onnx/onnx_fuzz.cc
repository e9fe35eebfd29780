// Any bytes as a model file; what imports is also run once on zeros. Trees are padded, and what that gives is imported.
#include <cstddef>
#include <cstdint>

#include "graph/float_run.h"
#include "graph/shape.h"
#include "onnx/import.h"
#include "onnx/pad_trees.h"

namespace {

constexpr std::size_t kMaxRunElements = 1 << 16;  // keep a single run fast

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto padded = veil::pad_trees({data, size}, {8, 8});
  if (padded.ok()) static_cast<void>(veil::import_onnx(*padded).ok());
  const auto graph = veil::import_onnx({data, size});
  if (!graph.ok()) return 0;
  std::size_t elements = 0;
  for (const auto& value : graph->values) elements += veil::size_of(value.shape);
  if (elements > kMaxRunElements) return 0;
  std::vector<veil::Array> inputs;
  for (const veil::ValueId id : graph->inputs) {
    const auto& shape = graph->values[id].shape;
    inputs.push_back({shape, std::vector<double>(veil::size_of(shape))});
  }
  static_cast<void>(veil::run_float(*graph, inputs).ok());
  return 0;
}
