// Numbers cut to an interval or to another element type: Clip and Cast; or given where there are none, which expansions
// alone say.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr double kMaxFloat = static_cast<double>(std::numeric_limits<float>::max());

Result<std::vector<TypedShape>> infer_clip(const Call& call) {
  if (call.opset < 11) {
    VEIL_TRY_STATUS(call.real("min", 0));
    VEIL_TRY_STATUS(call.real("max", 0));
  } else if (call.has_attribute("min") || call.has_attribute("max")) {
    return Error{"its bounds must be inputs from opset 11 on"};
  }
  for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
    if (!call.has(index)) continue;
    if (call.opset < 11) return Error{"its bounds must be attributes before opset 11"};
    if (element_count(call.shape(index)) != 1) return Error{"its bounds must be single numbers"};
    if (call.in(index).type != call.in(0).type) return Error{"its bounds have another element type than its input"};
  }
  return std::vector<TypedShape>{call.in(0)};
}

Result<double> clip_bound(const Call& call, const Inputs& inputs, std::size_t index, const char* name, double none) {
  if (call.opset < 11) return call.real(name, none);
  return call.has(index) ? inputs[index]->data[0] : none;
}

Status run_clip(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  // A bound left out is the type's own before opset 11 (the largest float), and none at all later.
  const double none = call.opset < 11 ? kMaxFloat : std::numeric_limits<double>::infinity();
  VEIL_TRY(low, clip_bound(call, inputs, 1, "min", -none));
  VEIL_TRY(high, clip_bound(call, inputs, 2, "max", none));
  const double from = low;
  const double to = high;
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(),
                 [from, to](double x) { return std::min(std::max(x, from), to); });
  return Done{};
}

Result<std::vector<TypedShape>> infer_cast(const Call& call) {
  VEIL_TRY(code, call.integer("to", 0));
  const ElementType to = element_type_from_onnx(code);
  if (to == ElementType::kOther)
    return Error{"a cast to element type " + std::to_string(code) + " is not supported yet"};
  return std::vector<TypedShape>{{to, call.shape(0)}};
}

// A float outside an integer type's range saturates; an integer outside keeps its low bits, as a C cast does.
double cast_integer(double value, ElementType from, ElementType to) {
  const TypeRange range = range_of(to);
  const std::int64_t whole = to_integer(value);
  return is_real(from) ? static_cast<double>(std::clamp(whole, range.low, range.high)) : wrapped(whole, to);
}

double cast(double value, ElementType from, ElementType to) {
  if (is_real(to)) return value;
  if (to == ElementType::kBool) return value != 0 ? 1 : 0;
  return cast_integer(value, from, to);
}

Status run_cast(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(code, call.integer("to", 0));
  const ElementType from = call.in(0).type;
  const ElementType to = element_type_from_onnx(code);
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(),
                 [from, to](double x) { return cast(x, from, to); });
  return Done{};
}

Result<std::vector<TypedShape>> infer_impute(const Call& call) {
  if (!is_real(call.in(0).type) || call.inputs[1]->constant == nullptr) return Error{"its values are no constants"};
  VEIL_TRY(shape, broadcast_shape(call.shape(0), call.shape(1)));
  if (shape != call.shape(0)) return Error{"it has not one value a feature"};
  return std::vector<TypedShape>{call.in(0)};
}

Status run_impute(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  const GraphShape& shape = call.shape(0);
  std::size_t at = 0;
  const std::array<GraphShape, 1> strides{broadcast_strides(call.shape(1), shape)};
  walk(shape, strides, [&](const std::array<std::int64_t, 1>& offset) {
    const double x = inputs[0]->data[at];
    outputs[0]->data[at++] = std::isnan(x) ? inputs[1]->data[static_cast<std::size_t>(offset[0])] : x;
  });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"veil:Impute", 2, 2, "", infer_impute, run_impute},
    {"Clip", 1, 3, " min max ", infer_clip, run_clip},
    {"Cast", 1, 1, " to saturate round_mode ", infer_cast, run_cast},
};

}  // namespace

std::span<const Operator> unary_operators() { return kOperators; }

}  // namespace veil
