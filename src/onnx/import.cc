#include "onnx/import.h"

#include "graph/passes.h"

namespace veil {

Result<Graph> import_onnx(ByteView bytes, const ImportOptions& options) {
  VEIL_TRY(graph, read_onnx(bytes, options.dims));
  VEIL_TRY_STATUS(select_output(graph, options.output));
  VEIL_TRY_STATUS(infer_and_fold(graph));
  return graph;
}

}  // namespace veil
