#include "onnx/import.h"

#include "base/limits.h"
#include "graph/passes.h"
#include "graph/text.h"

namespace veil {

namespace {

Status check_first_axis(const GraphValue& value, const char* kind, std::int64_t batch) {
  if (!value.shape.empty() && value.shape[0] == batch) return Done{};
  return Error{std::string(kind) + " " + quote(value.name) + " has the shape " + shape_text(value.shape) +
               ", so the model does not take " + std::to_string(batch) +
               " rows at once; export it with an open first axis, or leave out --batch."};
}

// Row r of the output is about row r of each input.
Status check_rows(const Graph& graph) {
  for (const ValueId id : graph.inputs) VEIL_TRY_STATUS(check_first_axis(graph.values[id], "Input", graph.batch));
  return check_first_axis(graph.values[graph.outputs[0]], "Output", graph.batch);
}

}  // namespace

Result<Graph> import_onnx(ByteView bytes, const ImportOptions& options) {
  if (options.batch < 1 || options.batch > kMaxTensorSize) {
    return Error{"A batch of " + std::to_string(options.batch) + " rows is not possible."};
  }
  VEIL_TRY(graph, read_onnx(bytes, options.dims, options.batch));
  VEIL_TRY_STATUS(select_output(graph, options.output));
  VEIL_TRY_STATUS(infer_and_fold(graph));
  graph.batch = options.batch;
  if (graph.batch > 1) VEIL_TRY_STATUS(check_rows(graph));
  return graph;
}

}  // namespace veil
