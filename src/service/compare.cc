#include "service/compare.h"

#include "onnx/import.h"

namespace veil {

Result<FloatComparison> compare_with_float(const OwnedModel& owned, const std::vector<RealRow>& rows) {
  VEIL_TRY(graph, import_onnx(owned.onnx.expose(), ImportOptions{owned.import.dims, owned.import.output}));
  VEIL_TRY(model, requantise(graph, owned.graph));
  if (!(model.weights.tensors == owned.weights.tensors)) {
    return Error{"The weights of the model file are not those of the key."};
  }
  VEIL_TRY(runs, compare_runs(graph, model, rows));
  return FloatComparison{std::move(graph), std::move(model), std::move(runs)};
}

}  // namespace veil
