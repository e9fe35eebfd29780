// Axes folded into one number: sums, means, products, the largest.
#include <algorithm>
#include <cmath>
#include <limits>

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
Result<std::vector<TypedShape>> infer_ordered(const Call& call) {
  VEIL_TRY(form, reduce_form(call, kInputSince));
  return std::vector<TypedShape>{{call.in(0).type, form.shape}};
}

template <std::int64_t kInputSince>
Result<std::vector<TypedShape>> infer_reduce(const Call& call) {
  if (call.in(0).type == ElementType::kBool) return Error{"its input must be of numbers, not of bools"};
  return infer_ordered<kInputSince>(call);
}

double add(double a, double b) { return a + b; }
double multiply(double a, double b) { return a * b; }
double smaller(double a, double b) { return std::min(a, b); }
double larger(double a, double b) { return std::max(a, b); }

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Fold>
void fold_axes(const ReduceForm& form, const Array& in, Array& out, double start, Fold&& fold) {
  std::fill(out.data.begin(), out.data.end(), start);
  std::size_t next = 0;
  walk(in.shape, std::array{broadcast_strides(form.kept, in.shape)}, [&](const auto& at) {
    double& folded = out.data[static_cast<std::size_t>(at[0])];
    folded = fold(folded, in.data[next++]);
  });
}

Status run_reduce_sum(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 13));
  fold_axes(form, *inputs[0], *outputs[0], 0, add);
  return Done{};
}

// Of integers the mean is cut towards zero, as their quotients are.
Status run_reduce_mean(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 18));
  fold_axes(form, *inputs[0], *outputs[0], 0, add);
  for (double& value : outputs[0]->data) {
    value /= static_cast<double>(form.count);
    if (!is_real(call.in(0).type)) value = std::trunc(value);
  }
  return Done{};
}

Status run_reduce_product(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 18));
  fold_axes(form, *inputs[0], *outputs[0], 1, multiply);
  return Done{};
}

// Of nothing the largest is the least that the type can hold, and the other way round.
template <bool kLargest>
Status run_reduce_extremum(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, reduce_form(call, 18));
  const TypeRange range = range_of(call.in(0).type);
  const double whole = static_cast<double>(kLargest ? range.low : range.high);
  const double start = is_real(call.in(0).type) ? (kLargest ? -kInfinity : kInfinity) : whole;
  fold_axes(form, *inputs[0], *outputs[0], start, kLargest ? larger : smaller);
  return Done{};
}

#define VEIL_REDUCE_ATTRIBUTES " axes keepdims noop_with_empty_axes "

constexpr Operator kOperators[] = {
    {"ReduceSum", 1, 2, VEIL_REDUCE_ATTRIBUTES, infer_reduce<13>, run_reduce_sum},
    {"ReduceMean", 1, 2, VEIL_REDUCE_ATTRIBUTES, infer_reduce<18>, run_reduce_mean},
    {"ReduceProd", 1, 2, VEIL_REDUCE_ATTRIBUTES, infer_reduce<18>, run_reduce_product},
    {"ReduceMax", 1, 2, VEIL_REDUCE_ATTRIBUTES, infer_ordered<18>, run_reduce_extremum<true>},
    {"ReduceMin", 1, 2, VEIL_REDUCE_ATTRIBUTES, infer_ordered<18>, run_reduce_extremum<false>},
};

}  // namespace

std::span<const Operator> reduce_operators() { return kOperators; }

}  // namespace veil
