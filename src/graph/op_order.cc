// Along one axis: running sums, the largest numbers and the places of the largest.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// The numbers along an axis at one place of the others.
struct Line {
  std::size_t first, step;
  std::size_t at(std::size_t i) const { return first + i * step; }
};

Line line_of(const AxisSplit& split, std::size_t number) {
  return {number / split.inner * split.length * split.inner + number % split.inner, split.inner};
}

// A NaN comes after every number in either direction, so that any numbers have an order.
bool comes_before(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return largest ? a > b : a < b;
}

Result<std::vector<TypedShape>> infer_extremum(const Call& call) {
  VEIL_TRY(axis_given, call.integer("axis", 0));
  VEIL_TRY(axis, normalise_axis(axis_given, call.shape(0).size()));
  VEIL_TRY(keep, call.integer("keepdims", 1));
  VEIL_TRY_STATUS(call.integer("select_last_index", 0));
  if (call.in(0).type == ElementType::kBool) return Error{"its input must be of numbers, not of bools"};
  GraphShape shape = call.shape(0);
  if (shape[axis] == 0) return Error{"its axis is empty"};
  if (keep != 0) {
    shape[axis] = 1;
  } else {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return std::vector<TypedShape>{{ElementType::kInt64, shape}};
}

template <bool kLargest>
Status run_extremum(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(axis_given, call.integer("axis", 0));
  VEIL_TRY(axis, normalise_axis(axis_given, call.shape(0).size()));
  VEIL_TRY(last, call.integer("select_last_index", 0));
  const std::vector<double>& in = inputs[0]->data;
  const AxisSplit split = split_at(inputs[0]->shape, axis, axis + 1);
  for (std::size_t out = 0; out < split.outer * split.inner; ++out) {
    const Line line = line_of(split, out);
    std::size_t best = 0;
    for (std::size_t i = 1; i < split.length; ++i) {
      const double value = in[line.at(i)], leader = in[line.at(best)];
      if (comes_before(value, leader, kLargest) || (last != 0 && value == leader)) best = i;
    }
    outputs[0]->data[out] = static_cast<double>(best);
  }
  return Done{};
}

struct TopForm {
  std::size_t axis;
  std::int64_t count;
  bool largest;
};

Result<TopForm> top_form(const Call& call) {
  VEIL_TRY(axis_given, call.integer("axis", -1));
  VEIL_TRY(axis, normalise_axis(axis_given, call.shape(0).size()));
  VEIL_TRY(largest, call.integer("largest", 1));
  VEIL_TRY_STATUS(call.integer("sorted", 1));
  std::int64_t count = 0;
  if (call.opset >= 10) {
    VEIL_TRY(list, call.constant_integers(1, "K"));
    if (list.size() != 1) return Error{"its K is no single number"};
    count = list[0];
  } else {
    VEIL_TRY(number, call.integer("k", 0));
    count = number;
  }
  const std::int64_t length = call.shape(0)[axis];
  if (count < 0 || count > length) {
    return Error{"K is " + std::to_string(count) + " on an axis of length " + std::to_string(length)};
  }
  return TopForm{axis, count, largest != 0};
}

Result<std::vector<TypedShape>> infer_top(const Call& call) {
  VEIL_TRY(form, top_form(call));
  if (call.in(0).type == ElementType::kBool) return Error{"its input must be of numbers, not of bools"};
  GraphShape shape = call.shape(0);
  shape[form.axis] = form.count;
  return std::vector<TypedShape>{{call.in(0).type, shape}, {ElementType::kInt64, shape}};
}

// In their order, equal ones by their places.
Status run_top(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, top_form(call));
  const bool largest = form.largest;
  const std::vector<double>& in = inputs[0]->data;
  const AxisSplit from = split_at(inputs[0]->shape, form.axis, form.axis + 1);
  const AxisSplit to = split_at(outputs[0]->shape, form.axis, form.axis + 1);
  std::vector<std::size_t> places(from.length);
  for (std::size_t number = 0; number < from.outer * from.inner; ++number) {
    const Line read = line_of(from, number), write = line_of(to, number);
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto before = [&](std::size_t a, std::size_t b) {
      const double x = in[read.at(a)], y = in[read.at(b)];
      if (comes_before(x, y, largest)) return true;
      return !comes_before(y, x, largest) && a < b;
    };
    std::partial_sort(places.begin(), places.begin() + form.count, places.end(), before);
    for (std::size_t i = 0; i < to.length; ++i) {
      outputs[0]->data[write.at(i)] = in[read.at(places[i])];
      if (outputs.size() > 1) outputs[1]->data[write.at(i)] = static_cast<double>(places[i]);
    }
  }
  return Done{};
}

Result<std::size_t> running_axis(const Call& call) {
  VEIL_TRY(list, call.constant_integers(1, "axis"));
  if (list.size() != 1) return Error{"its axis is no single number"};
  return normalise_axis(list[0], call.shape(0).size());
}

Result<std::vector<TypedShape>> infer_running_sum(const Call& call) {
  VEIL_TRY_STATUS(running_axis(call));
  VEIL_TRY_STATUS(call.integer("exclusive", 0));
  VEIL_TRY_STATUS(call.integer("reverse", 0));
  if (call.in(0).type == ElementType::kBool) return Error{"its input must be of numbers, not of bools"};
  return std::vector<TypedShape>{call.in(0)};
}

Status run_running_sum(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(axis, running_axis(call));
  VEIL_TRY(exclusive, call.integer("exclusive", 0));
  VEIL_TRY(reverse, call.integer("reverse", 0));
  const AxisSplit split = split_at(inputs[0]->shape, axis, axis + 1);
  for (std::size_t number = 0; number < split.outer * split.inner; ++number) {
    const Line line = line_of(split, number);
    double sum = 0;
    for (std::size_t i = 0; i < split.length; ++i) {
      const std::size_t at = line.at(reverse != 0 ? split.length - 1 - i : i);
      const double before = sum;
      sum += inputs[0]->data[at];
      outputs[0]->data[at] = exclusive != 0 ? before : sum;
    }
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"ArgMax", 1, 1, " axis keepdims select_last_index ", infer_extremum, run_extremum<true>},
    {"ArgMin", 1, 1, " axis keepdims select_last_index ", infer_extremum, run_extremum<false>},
    {"TopK", 1, 2, " axis k largest sorted ", infer_top, run_top},
    {"CumSum", 2, 2, " exclusive reverse ", infer_running_sum, run_running_sum},
};

}  // namespace

std::span<const Operator> order_operators() { return kOperators; }

}  // namespace veil
