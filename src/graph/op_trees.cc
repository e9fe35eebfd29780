// What trees are expanded to and no operator of ONNX says: [x[row, feature[m]] <= threshold[m]], exactly.
#include "graph/operator.h"

namespace veil {
namespace {

Result<std::vector<TypedShape>> infer_threshold(const Call& call) {
  const GraphShape& x = call.shape(0);
  if (x.size() != 2 || call.in(0).type == ElementType::kBool) return Error{"its input is no table of numbers"};
  VEIL_TRY(features, call.constant_integers(1, "features"));
  if (call.shape(2) != GraphShape{std::ssize(features)}) return Error{"it has not one threshold a feature"};
  for (const std::int64_t feature : features) {
    if (feature < 0 || feature >= x[1])
      return Error{"it reads feature " + std::to_string(feature) + " of " + std::to_string(x[1])};
  }
  return std::vector<TypedShape>{{ElementType::kBool, {x[0], std::ssize(features)}}};
}

Status run_threshold(const Call&, const Inputs& inputs, const Outputs& outputs) {
  const auto width = static_cast<std::size_t>(inputs[0]->shape[1]);
  const std::vector<double>&x = inputs[0]->data, &feature = inputs[1]->data, &threshold = inputs[2]->data;
  std::size_t next = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(inputs[0]->shape[0]); ++row) {
    for (std::size_t m = 0; m < feature.size(); ++m) {
      outputs[0]->data[next++] = x[row * width + static_cast<std::size_t>(feature[m])] <= threshold[m] ? 1 : 0;
    }
  }
  return Done{};
}

constexpr Operator kOperators[] = {{"veil:Threshold", 3, 3, "", infer_threshold, run_threshold}};

}  // namespace

std::span<const Operator> tree_operators() { return kOperators; }

}  // namespace veil
