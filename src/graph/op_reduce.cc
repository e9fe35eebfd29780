// Axes folded into one number: sums, means, the place of the largest.
#include <algorithm>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct ReduceForm {
  GraphShape kept;         // the input's shape with the reduced axes at length 1
  GraphShape shape;        // of the result
  std::int64_t count = 1;  // numbers folded into one
};

Result<std::vector<bool>> reduced_axes(const Call& call, std::int64_t input_since) {
  VEIL_TRY(list, call.axes(input_since));
  VEIL_TRY(nothing_if_empty, call.integer("noop_with_empty_axes", 0));
  const std::size_t rank = call.shape(0).size();
  const bool none_given = list.axes.empty();
  std::vector<bool> reduced(rank, none_given && nothing_if_empty == 0);
  if (none_given) return reduced;
  for (const std::int64_t axis : list.axes) {
    VEIL_TRY(normal, normalise_axis(axis, rank));
    reduced[normal] = true;
  }
  return reduced;
}

Result<ReduceForm> reduce_form(const Call& call, std::int64_t input_since) {
  VEIL_TRY(reduced, reduced_axes(call, input_since));
  VEIL_TRY(keep, call.integer("keepdims", 1));
  ReduceForm form;
  for (std::size_t axis = 0; axis < reduced.size(); ++axis) {
    const std::int64_t length = call.shape(0)[axis];
    form.kept.push_back(reduced[axis] ? 1 : length);
    if (reduced[axis]) form.count *= length;
    if (!reduced[axis] || keep != 0) form.shape.push_back(form.kept.back());
  }
  return form;
}

// kInputSince: the opset in which axes became an input.
template <std::int64_t kInputSince>
Result<std::vector<TypedShape>> infer_reduce(const Call& call) {
  VEIL_TRY(form, reduce_form(call, kInputSince));
  return std::vector<TypedShape>{{call.in(0).type, form.shape}};
}

Status add_up(const ReduceForm& form, const Array& in, Array& out) {
  std::fill(out.data.begin(), out.data.end(), 0.0);
  std::size_t next = 0;
  walk(in.shape, std::array{broadcast_strides(form.kept, in.shape)},
       [&](const auto& at) { out.data[static_cast<std::size_t>(at[0])] += in.data[next++]; });
  return Done{};
}

Status run_reduce_sum(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 13));
  return add_up(form, *inputs[0], *outputs[0]);
}

Result<std::vector<TypedShape>> infer_reduce_mean(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"a mean of integers is not supported yet"};
  return infer_reduce<18>(call);
}

Status run_reduce_mean(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 18));
  VEIL_TRY_STATUS(add_up(form, *inputs[0], *outputs[0]));
  for (double& value : outputs[0]->data) value /= static_cast<double>(form.count);
  return Done{};
}

Result<std::size_t> argmax_axis(const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  return normalise_axis(axis, call.shape(0).size());
}

Result<std::vector<TypedShape>> infer_argmax(const Call& call) {
  VEIL_TRY(axis, argmax_axis(call));
  VEIL_TRY(keep, call.integer("keepdims", 1));
  VEIL_TRY_STATUS(call.integer("select_last_index", 0));
  GraphShape shape = call.shape(0);
  if (shape[axis] == 0) return Error{"its axis is empty"};
  if (keep != 0) {
    shape[axis] = 1;
  } else {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return std::vector<TypedShape>{{ElementType::kInt64, shape}};
}

Status run_argmax(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(axis, argmax_axis(call));
  VEIL_TRY(last, call.integer("select_last_index", 0));
  const AxisSplit split = split_at(inputs[0]->shape, axis, axis + 1);
  for (std::size_t out = 0; out < split.outer * split.inner; ++out) {
    const double* line = &inputs[0]->data[out / split.inner * split.length * split.inner + out % split.inner];
    std::size_t best = 0;
    for (std::size_t i = 1; i < split.length; ++i) {
      const double value = line[i * split.inner];
      const double leader = line[best * split.inner];
      if (value > leader || (last != 0 && value == leader)) best = i;
    }
    outputs[0]->data[out] = static_cast<double>(best);
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"ReduceSum", 1, 2, " axes keepdims noop_with_empty_axes ", infer_reduce<13>, run_reduce_sum},
    {"ReduceMean", 1, 2, " axes keepdims noop_with_empty_axes ", infer_reduce_mean, run_reduce_mean},
    {"ArgMax", 1, 1, " axis keepdims select_last_index ", infer_argmax, run_argmax},
};

}  // namespace

std::span<const Operator> reduce_operators() { return kOperators; }

}  // namespace veil
