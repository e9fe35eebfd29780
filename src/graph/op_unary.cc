// One number in, one number out, at every place: activations, Clip, Cast.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

double relu(double x) { return std::max(x, 0.0); }
double sigmoid(double x) { return x >= 0 ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x) / (1.0 + std::exp(x)); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double negate(double x) { return -x; }
double magnitude(double x) { return std::fabs(x); }
double square_root(double x) { return std::sqrt(x); }
double exponential(double x) { return std::exp(x); }
double logarithm(double x) { return std::log(x); }
double error_function(double x) { return std::erf(x); }

Result<std::vector<TypedShape>> infer_same(const Call& call) { return std::vector<TypedShape>{call.in(0)}; }

Result<std::vector<TypedShape>> infer_real(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return infer_same(call);
}

template <double (*kFunction)(double)>
Status run_unary(const Call&, const Inputs& inputs, const Outputs& outputs) {
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(), kFunction);
  return Done{};
}

Result<std::vector<TypedShape>> infer_leaky_relu(const Call& call) {
  VEIL_TRY_STATUS(call.real("alpha", 0.01));
  return infer_real(call);
}

Status run_leaky_relu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  // The attribute's default is a float in the standard: 0.01 rounded to float.
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.01f)));
  const double slope = alpha;
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(),
                 [slope](double x) { return x < 0 ? slope * x : x; });
  return Done{};
}

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
  return infer_same(call);
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
  const unsigned bits = to == ElementType::kInt64 ? 64 : to == ElementType::kInt32 ? 32 : 8;
  const std::int64_t whole = to_integer(value);
  if (bits == 64) return static_cast<double>(whole);
  const std::int64_t span = std::int64_t{1} << bits;
  const std::int64_t low = to == ElementType::kUint8 ? 0 : -span / 2;
  if (is_real(from)) return static_cast<double>(std::clamp(whole, low, low + span - 1));
  const auto wrapped =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) & static_cast<std::uint64_t>(span - 1));
  return static_cast<double>(wrapped >= low + span ? wrapped - span : wrapped);
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

constexpr Operator kOperators[] = {
    {"Relu", 1, 1, "", infer_same, run_unary<relu>},
    {"Sigmoid", 1, 1, "", infer_real, run_unary<sigmoid>},
    {"Tanh", 1, 1, "", infer_real, run_unary<hyperbolic_tangent>},
    {"Neg", 1, 1, "", infer_same, run_unary<negate>},
    {"Abs", 1, 1, "", infer_same, run_unary<magnitude>},
    {"Sqrt", 1, 1, "", infer_real, run_unary<square_root>},
    {"Exp", 1, 1, "", infer_real, run_unary<exponential>},
    {"Log", 1, 1, "", infer_real, run_unary<logarithm>},
    {"Erf", 1, 1, "", infer_real, run_unary<error_function>},
    {"LeakyRelu", 1, 1, " alpha ", infer_leaky_relu, run_leaky_relu},
    {"Clip", 1, 3, " min max ", infer_clip, run_clip},
    {"Cast", 1, 1, " to saturate round_mode ", infer_cast, run_cast},
};

}  // namespace

std::span<const Operator> unary_operators() { return kOperators; }

}  // namespace veil
