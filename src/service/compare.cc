#include "service/compare.h"

#include "onnx/import.h"

namespace veil {

Result<FloatComparison> compare_with_float(const OwnedModel& owned, const std::vector<RealRow>& rows) {
  if (owned.onnx.empty()) return Error{"The key was made without the model file."};
  VEIL_TRY(graph,
           import_onnx(owned.onnx.expose(), ImportOptions{owned.import.dims, owned.import.output, owned.graph.batch}));
  VEIL_TRY(model, requantise(graph, owned.graph));
  if (!(model.weights.tensors == owned.weights.tensors)) {
    return Error{"The weights of the model file are not those of the key."};
  }
  VEIL_TRY(runs, compare_runs(graph, model, rows));
  return FloatComparison{std::move(graph), std::move(model), std::move(runs)};
}

Json comparison_json(const OwnedModel& owned, const RunComparison& runs) {
  return Json{{"rows", runs.rows},
              {"max_abs_error", runs.output.largest},
              {"mean_abs_error", runs.output.mean},
              {"agreement", runs.agreement()},
              {"bits", owned.graph.bits},
              {"float_outputs", runs.real_outputs},
              {"integer_outputs", runs.integer_outputs}};
}

}  // namespace veil
