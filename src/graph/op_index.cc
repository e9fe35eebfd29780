// Parts of a tensor, Gather and Slice, and indices written out as OneHot.
#include <algorithm>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

using Integers = std::vector<std::int64_t>;

Result<std::size_t> gather_axis(const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  return normalise_axis(axis, call.shape(0).size());
}

Result<std::vector<TypedShape>> infer_gather(const Call& call) {
  VEIL_TRY(axis, gather_axis(call));
  if (is_real(call.in(1).type)) return Error{"its indices must be integers"};
  const GraphShape& from = call.shape(0);
  const GraphShape& picked = call.shape(1);
  const auto at = static_cast<std::ptrdiff_t>(axis);
  GraphShape shape(from.begin(), from.begin() + at);
  shape.insert(shape.end(), picked.begin(), picked.end());
  shape.insert(shape.end(), from.begin() + at + 1, from.end());
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

Status run_gather(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(axis, gather_axis(call));
  const AxisSplit split = split_at(inputs[0]->shape, axis, axis + 1);
  const auto length = static_cast<std::int64_t>(split.length);
  auto to = outputs[0]->data.begin();
  for (std::size_t block = 0; block < split.outer; ++block) {
    for (const double entry : inputs[1]->data) {
      const std::int64_t index = to_integer(entry);
      if (index < -length || index >= length) {
        return Error{"index " + std::to_string(index) + " lies outside an axis of length " + std::to_string(length)};
      }
      const auto row = block * split.length + static_cast<std::size_t>(index < 0 ? index + length : index);
      to = std::copy_n(inputs[0]->data.begin() + static_cast<std::ptrdiff_t>(row * split.inner), split.inner, to);
    }
  }
  return Done{};
}

// What a slice takes of every axis.
struct SliceForm {
  GraphShape start, step, shape;
};

// ONNX: negative positions count from the end, and positions outside are cut to the axis.
void cut_axis(std::int64_t start, std::int64_t end, std::int64_t step, std::size_t axis, SliceForm& form) {
  const std::int64_t length = form.shape[axis];
  const bool forward = step > 0;
  if (start < 0) start += length;
  if (end < 0) end += length;
  start = std::clamp<std::int64_t>(start, 0, forward ? length : std::max<std::int64_t>(length - 1, 0));
  end = std::clamp<std::int64_t>(end, forward ? 0 : -1, forward ? length : std::max<std::int64_t>(length - 1, -1));
  step = std::clamp<std::int64_t>(step, -length - 1, length + 1);  // a longer step takes one element as well
  const std::int64_t distance = forward ? end - start : start - end;
  const std::int64_t stride = forward ? step : -step;
  form.start[axis] = start;
  form.step[axis] = step;
  form.shape[axis] = distance <= 0 || length == 0 ? 0 : (distance + stride - 1) / stride;
}

struct SliceArguments {
  Integers starts, ends, axes, steps;
};

Result<SliceArguments> slice_arguments(const Call& call) {
  SliceArguments arguments;
  const auto read = [&](std::size_t index, const char* name, bool needed, Integers& into) -> Status {
    if (call.opset >= 10 && !needed && !call.has(index)) return Done{};
    if (call.opset < 10 && !needed && !call.has_attribute(name)) return Done{};
    VEIL_TRY(values, call.opset < 10 ? call.integers(name) : call.constant_integers(index, name));
    into = values;
    return Done{};
  };
  VEIL_TRY_STATUS(read(1, "starts", true, arguments.starts));
  VEIL_TRY_STATUS(read(2, "ends", true, arguments.ends));
  VEIL_TRY_STATUS(read(3, "axes", false, arguments.axes));
  if (call.opset >= 10) VEIL_TRY_STATUS(read(4, "steps", false, arguments.steps));
  const std::size_t count = arguments.starts.size();
  if (arguments.axes.empty()) {
    for (std::size_t axis = 0; axis < count; ++axis) arguments.axes.push_back(static_cast<std::int64_t>(axis));
  }
  if (arguments.steps.empty()) arguments.steps.assign(count, 1);
  if (arguments.ends.size() != count || arguments.axes.size() != count || arguments.steps.size() != count) {
    return Error{"its starts, ends, axes and steps are of different lengths"};
  }
  return arguments;
}

Result<SliceForm> slice_form(const Call& call) {
  VEIL_TRY(arguments, slice_arguments(call));
  const GraphShape& from = call.shape(0);
  SliceForm form{GraphShape(from.size(), 0), GraphShape(from.size(), 1), from};
  std::vector<bool> seen(from.size(), false);
  for (std::size_t i = 0; i < arguments.starts.size(); ++i) {
    VEIL_TRY(axis, normalise_axis(arguments.axes[i], from.size()));
    if (seen[axis]) return Error{"its axes repeat"};
    if (arguments.steps[i] == 0) return Error{"its step is 0"};
    seen[axis] = true;
    cut_axis(arguments.starts[i], arguments.ends[i], arguments.steps[i], axis, form);
  }
  return form;
}

Result<std::vector<TypedShape>> infer_slice(const Call& call) {
  VEIL_TRY(form, slice_form(call));
  return std::vector<TypedShape>{{call.in(0).type, form.shape}};
}

Status run_slice(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, slice_form(call));
  GraphShape strides = strides_of(inputs[0]->shape);
  std::int64_t origin = 0;
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    origin += form.start[axis] * strides[axis];
    strides[axis] *= form.step[axis];
  }
  std::size_t next = 0;
  walk(outputs[0]->shape, std::array{strides},
       [&](const auto& at) { outputs[0]->data[next++] = inputs[0]->data[static_cast<std::size_t>(origin + at[0])]; });
  return Done{};
}

struct OneHotForm {
  std::size_t axis;  // of the result
  std::int64_t depth;
};

Result<OneHotForm> one_hot_form(const Call& call) {
  const Array* depth = call.inputs[1]->constant;
  if (depth == nullptr) return Error{"its depth is known only at run time; shapes must not depend on the data"};
  if (depth->data.size() != 1) return Error{"its depth is no single number"};
  const std::int64_t length = to_integer(depth->data[0]);
  if (length < 1) return Error{"its depth is " + std::to_string(length)};
  VEIL_TRY(axis, call.integer("axis", -1));
  VEIL_TRY(normal, normalise_axis(axis, call.shape(0).size() + 1));
  return OneHotForm{normal, length};
}

Result<std::vector<TypedShape>> infer_one_hot(const Call& call) {
  VEIL_TRY(form, one_hot_form(call));
  if (call.shape(2) != GraphShape{2}) return Error{"its values must be two numbers, off and on"};
  GraphShape shape = call.shape(0);
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(form.axis), form.depth);
  return std::vector<TypedShape>{{call.in(2).type, shape}};
}

// An index outside of the axis, counted from its end if negative, is on nowhere.
Status run_one_hot(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, one_hot_form(call));
  const double off = inputs[2]->data[0], on = inputs[2]->data[1];
  std::fill(outputs[0]->data.begin(), outputs[0]->data.end(), off);
  const AxisSplit split = split_at(outputs[0]->shape, form.axis, form.axis + 1);
  for (std::size_t i = 0; i < inputs[0]->data.size(); ++i) {
    const std::int64_t index = to_integer(inputs[0]->data[i]);
    if (index < -form.depth || index >= form.depth) continue;
    const auto place = static_cast<std::size_t>(index < 0 ? index + form.depth : index);
    outputs[0]->data[(i / split.inner * split.length + place) * split.inner + i % split.inner] = on;
  }
  return Done{};
}

// Indices and the length of an axis: 1 at each index's place, along a new last axis. One outside of the axis is an
// error.
Result<std::vector<TypedShape>> infer_place_rows(const Call& call) {
  VEIL_TRY(length, call.constant_integers(1, "length"));
  if (is_real(call.in(0).type) || length.size() != 1 || length[0] < 1) return Error{"it has no places"};
  GraphShape shape = call.shape(0);
  shape.push_back(length[0]);
  return std::vector<TypedShape>{{ElementType::kInt64, shape}};
}

Status run_place_rows(const Call&, const Inputs& inputs, const Outputs& outputs) {
  const std::int64_t length = outputs[0]->shape.back();
  std::fill(outputs[0]->data.begin(), outputs[0]->data.end(), 0.0);
  for (std::size_t i = 0; i < inputs[0]->data.size(); ++i) {
    const std::int64_t index = to_integer(inputs[0]->data[i]);
    if (index < -length || index >= length) {
      return Error{"index " + std::to_string(index) + " lies outside an axis of length " + std::to_string(length)};
    }
    const std::int64_t place = index < 0 ? index + length : index;
    outputs[0]->data[i * static_cast<std::size_t>(length) + static_cast<std::size_t>(place)] = 1;
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Gather", 2, 2, " axis ", infer_gather, run_gather},
    {"OneHot", 3, 3, " axis ", infer_one_hot, run_one_hot},
    {kPlaceRows, 2, 2, "", infer_place_rows, run_place_rows},
    {"Slice", 1, 5, " starts ends axes ", infer_slice, run_slice},
};

}  // namespace

std::span<const Operator> index_operators() { return kOperators; }

}  // namespace veil
