// The same numbers in another shape or order.
#include <algorithm>
#include <set>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

using Integers = std::vector<std::int64_t>;

Status run_copy(const Call&, const Inputs& inputs, const Outputs& outputs) {
  outputs[0]->data = inputs[0]->data;
  return Done{};
}

std::vector<TypedShape> reshaped(const Call& call, GraphShape shape) { return {{call.in(0).type, std::move(shape)}}; }

Result<std::vector<TypedShape>> infer_identity(const Call& call) { return reshaped(call, call.shape(0)); }

// Whether a Dropout in training mode drops nothing all the same.
bool drops_nothing(const Call& call) {
  if (!call.has(1) || call.inputs[1]->constant == nullptr) return false;
  return call.inputs[1]->constant->data == std::vector<double>{0.0};
}

// The second output of Dropout is the mask of what was kept: everything.
Result<std::vector<TypedShape>> infer_dropout(const Call& call) {
  if (call.has(2)) {
    VEIL_TRY(training, call.constant_integers(2, "training_mode"));
    if (training != Integers{0} && !drops_nothing(call)) {
      return Error{"it is in training mode; export the model for inference (model.eval() in PyTorch)"};
    }
  }
  return std::vector<TypedShape>{call.in(0), {ElementType::kBool, call.shape(0)}};
}

Status run_dropout(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  if (outputs.size() > 1) std::fill(outputs[1]->data.begin(), outputs[1]->data.end(), 1.0);
  return run_copy(call, inputs, outputs);
}

Result<std::vector<TypedShape>> infer_flatten(const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 1));
  const std::size_t rank = call.shape(0).size();
  // The axis may also be the rank itself: everything goes in front.
  std::size_t cut = rank;
  if (axis != static_cast<std::int64_t>(rank)) {
    VEIL_TRY(normal, normalise_axis(axis, rank));
    cut = normal;
  }
  const AxisSplit split = split_at(call.shape(0), cut, rank);
  return reshaped(call, {static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.length)});
}

// Fills in the length written as -1, given the number of elements.
Status fill_free_axis(GraphShape& shape, std::int64_t count) {
  const auto free_axis = std::find(shape.begin(), shape.end(), -1);
  if (free_axis == shape.end()) return Done{};
  *free_axis = 1;
  const auto rest = element_count(shape);
  if (!rest || *rest <= 0 || count % *rest != 0) return Error{"its free axis has no whole length"};
  *free_axis = count / *rest;
  return Done{};
}

Result<std::vector<TypedShape>> infer_reshape(const Call& call) {
  VEIL_TRY(wanted, call.constant_integers(1, "shape"));
  VEIL_TRY(allow_zero, call.integer("allowzero", 0));
  const GraphShape& from = call.shape(0);
  GraphShape shape = wanted;
  for (std::size_t axis = 0; axis < shape.size() && allow_zero == 0; ++axis) {
    if (shape[axis] != 0) continue;
    if (axis >= from.size()) return Error{"its shape " + shape_text(wanted) + " copies an axis that is not there"};
    shape[axis] = from[axis];
  }
  const std::int64_t count = static_cast<std::int64_t>(size_of(from));
  VEIL_TRY_STATUS(fill_free_axis(shape, count));
  if (element_count(shape) != count) {
    return Error{"shape " + shape_text(from) + " does not fit into " + shape_text(wanted) +
                 " (a model exported for a fixed batch other than 1 must be exported again)"};
  }
  return reshaped(call, shape);
}

// Normalised and without repetition.
Result<std::set<std::size_t>> axis_set(const Integers& axes, std::size_t rank) {
  std::set<std::size_t> out;
  for (const std::int64_t axis : axes) {
    VEIL_TRY(normal, normalise_axis(axis, rank));
    if (!out.insert(normal).second) return Error{"its axes repeat"};
  }
  return out;
}

Result<std::vector<TypedShape>> infer_squeeze(const Call& call) {
  VEIL_TRY(list, call.axes(13));
  const GraphShape& from = call.shape(0);
  GraphShape shape;
  if (!list.given) {
    std::copy_if(from.begin(), from.end(), std::back_inserter(shape), [](std::int64_t length) { return length != 1; });
    return reshaped(call, shape);
  }
  VEIL_TRY(dropped, axis_set(list.axes, from.size()));
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (!dropped.contains(axis)) {
      shape.push_back(from[axis]);
    } else if (from[axis] != 1) {
      return Error{"axis " + std::to_string(axis) + " of shape " + shape_text(from) + " is not of length 1"};
    }
  }
  return reshaped(call, shape);
}

Result<std::vector<TypedShape>> infer_unsqueeze(const Call& call) {
  VEIL_TRY(list, call.axes(13));
  if (!list.given) return Error{"its axes are missing"};
  const GraphShape& from = call.shape(0);
  VEIL_TRY(added, axis_set(list.axes, from.size() + list.axes.size()));
  GraphShape shape = from;
  for (const std::size_t axis : added) shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  return reshaped(call, shape);
}

Result<Integers> permutation(const Call& call) {
  const std::size_t rank = call.shape(0).size();
  VEIL_TRY(order, call.integers("perm"));
  if (!call.has_attribute("perm")) {
    for (std::size_t axis = rank; axis-- > 0;) order.push_back(static_cast<std::int64_t>(axis));
  }
  Integers sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t axis = 0; axis < sorted.size(); ++axis) {
    if (sorted[axis] != static_cast<std::int64_t>(axis)) return Error{"its 'perm' is no permutation"};
  }
  if (order.size() != rank) return Error{"its 'perm' does not have one entry an axis"};
  return order;
}

GraphShape permuted(const GraphShape& shape, const Integers& order) {
  GraphShape out;
  for (const std::int64_t axis : order) out.push_back(shape[static_cast<std::size_t>(axis)]);
  return out;
}

Result<std::vector<TypedShape>> infer_transpose(const Call& call) {
  VEIL_TRY(order, permutation(call));
  return reshaped(call, permuted(call.shape(0), order));
}

Status run_transpose(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(order, permutation(call));
  std::size_t next = 0;
  walk(outputs[0]->shape, std::array{permuted(strides_of(inputs[0]->shape), order)},
       [&](const auto& at) { outputs[0]->data[next++] = inputs[0]->data[static_cast<std::size_t>(at[0])]; });
  return Done{};
}

Result<std::size_t> concat_axis(const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  if (!call.has_attribute("axis")) return Error{"its axis is missing"};
  return normalise_axis(axis, call.shape(0).size());
}

Result<std::vector<TypedShape>> infer_concat(const Call& call) {
  VEIL_TRY(axis, concat_axis(call));
  GraphShape shape = call.shape(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (!call.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
    if (call.in(i).type != call.in(0).type) return Error{"its inputs are of different element types"};
    GraphShape next = call.shape(i);
    if (next.size() != shape.size()) return Error{"its inputs have different numbers of axes"};
    shape[axis] += next[axis];
    next[axis] = shape[axis];
    if (next != shape) return Error{"its inputs differ in an axis other than " + std::to_string(axis)};
  }
  return reshaped(call, shape);
}

Status run_concat(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(axis, concat_axis(call));
  auto to = outputs[0]->data.begin();
  const std::size_t outer = split_at(outputs[0]->shape, axis, axis + 1).outer;
  for (std::size_t block = 0; block < outer; ++block) {
    for (const Array* input : inputs) {
      const std::size_t size = input->data.size() / outer;
      to = std::copy_n(input->data.begin() + static_cast<std::ptrdiff_t>(block * size), size, to);
    }
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_expand(const Call& call) {
  VEIL_TRY(wanted, call.constant_integers(1, "shape"));
  if (!element_count(wanted)) return Error{"its shape " + shape_text(wanted) + " is not possible"};
  VEIL_TRY(shape, broadcast_shape(call.shape(0), wanted));
  return reshaped(call, shape);
}

Status run_expand(const Call&, const Inputs& inputs, const Outputs& outputs) {
  std::size_t next = 0;
  walk(outputs[0]->shape, std::array{broadcast_strides(inputs[0]->shape, outputs[0]->shape)},
       [&](const auto& at) { outputs[0]->data[next++] = inputs[0]->data[static_cast<std::size_t>(at[0])]; });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Identity", 1, 1, "", infer_identity, run_copy},
    {"Dropout", 1, 3, " ratio seed ", infer_dropout, run_dropout},
    {"Flatten", 1, 1, " axis ", infer_flatten, run_copy},
    {"Reshape", 2, 2, " allowzero ", infer_reshape, run_copy},
    {"Squeeze", 1, 2, " axes ", infer_squeeze, run_copy},
    {"Unsqueeze", 1, 2, " axes ", infer_unsqueeze, run_copy},
    {"Transpose", 1, 1, " perm ", infer_transpose, run_transpose},
    {"Concat", 1, kAnyInputs, " axis ", infer_concat, run_concat},
    {"Expand", 2, 2, "", infer_expand, run_expand},
};

}  // namespace

std::span<const Operator> layout_operators() { return kOperators; }

}  // namespace veil
