// Tensors out of nothing but shapes and attributes. All of these are folded: none reaches a run.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/limits.h"
#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct TypedArray {
  ElementType type;
  Array array;
};

Array list_of(const std::vector<std::int64_t>& values) {
  return {{static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}};
}

// The attribute `name` of kind tensor; see the note at Attribute.
Result<TypedArray> tensor_attribute(const Call& call, const std::string& name) {
  const Attribute& attribute = call.node->attributes.at(name);
  const Array* array = std::get_if<Array>(&attribute);
  if (array == nullptr) return Error{"its attribute " + quote(name) + " is no tensor"};
  VEIL_TRY(type, call.integer(name + "_type", static_cast<std::int64_t>(ElementType::kFloat)));
  if (type < 0 || type >= static_cast<std::int64_t>(ElementType::kOther)) {
    return Error{"its attribute " + quote(name) + " has an element type that is not supported"};
  }
  return TypedArray{static_cast<ElementType>(type), *array};
}

Result<TypedArray> constant_of(const Call& call) {
  if (call.has_attribute("value")) return tensor_attribute(call, "value");
  if (call.has_attribute("value_int")) {
    VEIL_TRY(value, call.integer("value_int", 0));
    return TypedArray{ElementType::kInt64, {{}, {static_cast<double>(value)}}};
  }
  if (call.has_attribute("value_ints")) {
    VEIL_TRY(values, call.integers("value_ints"));
    return TypedArray{ElementType::kInt64, list_of(values)};
  }
  if (call.has_attribute("value_float")) {
    VEIL_TRY(value, call.real("value_float", 0));
    return TypedArray{ElementType::kFloat, {{}, {value}}};
  }
  const auto floats = call.node->attributes.find("value_floats");
  if (floats != call.node->attributes.end()) {
    if (const auto* values = std::get_if<std::vector<double>>(&floats->second)) {
      return TypedArray{ElementType::kFloat, {{static_cast<std::int64_t>(values->size())}, *values}};
    }
  }
  return Error{"it has no value of a kind that is supported (tensor, int, ints, float, floats)"};
}

Result<std::vector<TypedShape>> infer_constant(const Call& call) {
  VEIL_TRY(value, constant_of(call));
  return std::vector<TypedShape>{{value.type, value.array.shape}};
}

Status run_constant(const Call& call, const Inputs&, const Outputs& outputs) {
  VEIL_TRY(value, constant_of(call));
  *outputs[0] = value.array;
  return Done{};
}

Result<TypedArray> fill_value(const Call& call) {
  if (!call.has_attribute("value")) return TypedArray{ElementType::kFloat, {{1}, {0.0}}};
  VEIL_TRY(value, tensor_attribute(call, "value"));
  if (value.array.data.size() != 1) return Error{"its value must be a single number"};
  return value;
}

Result<std::vector<TypedShape>> infer_constant_of_shape(const Call& call) {
  VEIL_TRY(shape, call.constant_integers(0, "input"));
  VEIL_TRY(value, fill_value(call));
  return std::vector<TypedShape>{{value.type, shape}};
}

Status run_constant_of_shape(const Call& call, const Inputs&, const Outputs& outputs) {
  VEIL_TRY(value, fill_value(call));
  std::fill(outputs[0]->data.begin(), outputs[0]->data.end(), value.array.data[0]);
  return Done{};
}

struct RangeForm {
  double start, step;
  std::int64_t count;
};

Result<RangeForm> range_form(const Call& call) {
  double bounds[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const Array* constant = call.inputs[i]->constant;
    if (constant == nullptr) return Error{"its bounds are known only at run time"};
    if (constant->data.size() != 1) return Error{"its bounds must be single numbers"};
    bounds[i] = constant->data[0];
  }
  const double count = std::ceil((bounds[1] - bounds[0]) / bounds[2]);
  if (bounds[2] == 0 || std::isnan(count) || count > static_cast<double>(kMaxTensorSize)) {
    return Error{"its bounds give no range of a possible length"};
  }
  return RangeForm{bounds[0], bounds[2], to_integer(std::max(count, 0.0))};
}

Result<std::vector<TypedShape>> infer_range(const Call& call) {
  VEIL_TRY(form, range_form(call));
  return std::vector<TypedShape>{{call.in(0).type, {form.count}}};
}

Status run_range(const Call& call, const Inputs&, const Outputs& outputs) {
  VEIL_TRY(form, range_form(call));
  for (std::size_t i = 0; i < outputs[0]->data.size(); ++i) {
    outputs[0]->data[i] = form.start + static_cast<double>(i) * form.step;
  }
  return Done{};
}

Result<GraphShape> shape_part(const Call& call) {
  const GraphShape& shape = call.shape(0);
  const auto rank = static_cast<std::int64_t>(shape.size());
  VEIL_TRY(start, call.integer("start", 0));
  VEIL_TRY(end, call.integer("end", rank));
  const auto position = [rank](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t from = position(start);
  return GraphShape(shape.begin() + from, shape.begin() + std::max(from, position(end)));
}

Result<std::vector<TypedShape>> infer_shape(const Call& call) {
  VEIL_TRY(part, shape_part(call));
  return std::vector<TypedShape>{{ElementType::kInt64, {static_cast<std::int64_t>(part.size())}}};
}

Status run_shape(const Call& call, const Inputs&, const Outputs& outputs) {
  VEIL_TRY(part, shape_part(call));
  *outputs[0] = list_of(part);
  return Done{};
}

Result<std::vector<TypedShape>> infer_size(const Call&) { return std::vector<TypedShape>{{ElementType::kInt64, {}}}; }

Status run_size(const Call& call, const Inputs&, const Outputs& outputs) {
  outputs[0]->data[0] = static_cast<double>(size_of(call.shape(0)));
  return Done{};
}

Result<std::vector<TypedShape>> infer_eye(const Call& call) {
  VEIL_TRY_STATUS(call.integer("k", 0));
  VEIL_TRY(code, call.integer("dtype", 0));
  const ElementType type = call.has_attribute("dtype") ? element_type_from_onnx(code) : call.in(0).type;
  if (type == ElementType::kOther) return Error{"its element type is not supported"};
  if (call.shape(0).size() != 2) return Error{"its input must be a matrix"};
  return std::vector<TypedShape>{{type, call.shape(0)}};
}

Status run_eye(const Call& call, const Inputs&, const Outputs& outputs) {
  VEIL_TRY(shift, call.integer("k", 0));
  const std::int64_t rows = call.shape(0)[0], columns = call.shape(0)[1];
  std::fill(outputs[0]->data.begin(), outputs[0]->data.end(), 0.0);
  if (shift <= -rows || shift >= columns) return Done{};
  for (std::int64_t row = std::max<std::int64_t>(-shift, 0); row < rows && row + shift < columns; ++row) {
    outputs[0]->data[static_cast<std::size_t>(row * columns + row + shift)] = 1;
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_non_zero(const Call& call) {
  const Array* constant = call.inputs[0]->constant;
  if (constant == nullptr) return Error{"its input is known only at run time; shapes must not depend on the data"};
  const auto zeros = std::count(constant->data.begin(), constant->data.end(), 0.0);
  return std::vector<TypedShape>{
      {ElementType::kInt64, {std::ssize(call.shape(0)), std::ssize(constant->data) - zeros}}};
}

// Row i of the result: the places along axis i.
Status run_non_zero(const Call&, const Inputs& inputs, const Outputs& outputs) {
  const GraphShape& shape = inputs[0]->shape;
  const GraphShape strides = strides_of(shape);
  const auto count = static_cast<std::size_t>(outputs[0]->shape[1]);
  std::size_t next = 0;
  for (std::size_t i = 0; i < inputs[0]->data.size(); ++i) {
    if (inputs[0]->data[i] == 0) continue;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const std::int64_t place = static_cast<std::int64_t>(i) / strides[axis] % shape[axis];
      outputs[0]->data[axis * count + next] = static_cast<double>(place);
    }
    ++next;
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Constant", 0, 0, " value value_type value_int value_ints value_float value_floats ", infer_constant,
     run_constant},
    {"ConstantOfShape", 1, 1, " value value_type ", infer_constant_of_shape, run_constant_of_shape},
    {"Range", 3, 3, "", infer_range, run_range},
    {"Shape", 1, 1, " start end ", infer_shape, run_shape},
    {"Size", 1, 1, "", infer_size, run_size},
    {"EyeLike", 1, 1, " dtype k ", infer_eye, run_eye},
    {"NonZero", 1, 1, "", infer_non_zero, run_non_zero},
};

}  // namespace

std::span<const Operator> generate_operators() { return kOperators; }

}  // namespace veil
