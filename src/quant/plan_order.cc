// TopK by ranks: how many numbers of its line come before a number is its place in the order. Nothing is sorted.
#include <algorithm>
#include <limits>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

const PlanBuilder::Bound kBit{{}, 1.0, true};
constexpr std::int64_t kMostComparisons = std::int64_t{1} << 22;

// Over the last axis.
Shaped sum_of_last(PlanBuilder& plan, const Call& call, const Shaped& x, PlanBuilder::Bound bound) {
  Labels labels;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    if (d + 1 == x.shape.size()) labels.end_box();
    labels.add(x.shape[d], {&labels.einsum.x_axes});
  }
  return plan.add(call, {x.shape.begin(), x.shape.end() - 1}, {x.id}, labels.einsum, bound);
}

// [lines, i, d]: is x at i + 1 + d better than x at i? Beyond the end nothing is.
Shaped later_is_better(PlanBuilder& plan, const Call& call, const Shaped& x, bool largest) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::int64_t length = x.shape[1];
  ViewMap later(x.shape, largest ? -kInfinity : kInfinity);
  later.keep(0);
  later.keep(1);
  later.read(1, later.add_axis(length - 1));
  later.offset(1, 1);
  const Shaped other = plan.view(call, x, later);
  const Shaped own = plan.broadcast(call, plan.reshaped(x, {x.shape[0], length, 1}), other.shape);
  return plan.add(call, other.shape, {own.id, other.id}, largest ? PlanStep{{1, -1}} : PlanStep{{-1, 1}}, kBit);
}

// Before x_i come those of the j > i that are better, and those of the j < i that x_i is not better than.
Shaped ranks(PlanBuilder& plan, const Call& call, const Shaped& x, bool largest) {
  const std::int64_t length = x.shape[1];
  Array places{{length}, {}};
  for (std::int64_t i = 0; i < length; ++i) places.data.push_back(static_cast<double>(i));
  const Shaped place = plan.broadcast(call, plan.constant_value(call, places, true), x.shape);
  if (length == 1) return place;
  const PlanBuilder::Bound count{{}, static_cast<double>(length), true};
  const Shaped better = later_is_better(plan, call, x, largest);
  // Of (i - 1 - d, d), at (i - 1) (n - 1) - d (n - 2) of a line: less than 0 where i - 1 - d is.
  const Shaped flat = plan.reshaped(better, {x.shape[0], length * (length - 1)});
  ViewMap earlier(flat.shape);
  earlier.keep(0);
  earlier.read(1, earlier.add_axis(length), length - 1);
  earlier.read(1, earlier.add_axis(length - 1), 2 - length);
  earlier.offset(1, 1 - length);
  const Shaped beaten = sum_of_last(plan, call, plan.view(call, flat, earlier), count);
  const Shaped above = sum_of_last(plan, call, better, count);
  return plan.add(call, x.shape, {place.id, above.id, beaten.id}, PlanSum{{1, 1, -1}}, count);
}

// sum_i hit[line, i, r] x[line, i], or of the places i themselves.
PlanEinsum chosen(const GraphShape& hits, bool places) {
  Labels labels;
  PlanEinsum& e = labels.einsum;
  std::vector<std::int64_t> last;
  if (places) {
    labels.add(hits[0], {&e.x_axes});
  } else {
    labels.add(hits[0], {&e.x_axes, &e.y_axes});
  }
  labels.add(hits[2], {&last});
  labels.end_box();
  labels.add(hits[1], {&e.x_axes, &e.y_axes});
  e.x_axes.insert(e.x_axes.end(), last.begin(), last.end());
  if (!places) return e;
  e.has_weight = true;
  for (std::int64_t i = 0; i < hits[1]; ++i) e.weight.push_back(static_cast<double>(i));
  return e;
}

// A result by lines back in the axes of the operator.
void finish_lines(PlanBuilder& plan, const Call& call, const Shaped& lines, const GraphShape& shape, std::size_t axis,
                  std::size_t index) {
  GraphShape moved;
  std::vector<std::size_t> order;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d != axis) moved.push_back(shape[d]);
    order.push_back(d < axis ? d : d == axis ? shape.size() - 1 : d - 1);
  }
  moved.push_back(shape[axis]);
  plan.finish(call, plan.permuted(call, plan.reshaped(lines, moved), order), index);
}

Status top(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(given, call.integer("axis", -1));
  VEIL_TRY(largest, call.integer("largest", 1));
  VEIL_TRY(axis, normalise_axis(given, call.shape(0).size()));
  const GraphShape& out = plan.out_shape(call);
  Shaped x = plan.in(call, 0);
  const std::int64_t length = x.shape[axis];
  const std::int64_t lines = elements(x.shape) / length;
  if (length > kMostComparisons / length / lines) {
    return Error{"it compares each of " + std::to_string(length) + " numbers with every other in " +
                 std::to_string(lines) + " lines, more than 2^22 comparisons"};
  }
  std::vector<std::size_t> order;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    if (d != axis) order.push_back(d);
  }
  order.push_back(axis);
  x = plan.reshaped(plan.permuted(call, x, order), {lines, length});
  const Shaped hits = equal_to_counted(plan, call, ranks(plan, call, x, largest != 0), out[axis]);
  const GraphShape result{lines, out[axis]};
  if (plan.is_read(call, 0)) {
    const PlanBuilder::Bound bound{PlanBuilder::output(call), {}, plan.is_integer(call)};
    finish_lines(plan, call, plan.add(call, result, {hits.id, x.id}, chosen(hits.shape, false), bound), out, axis, 0);
  }
  if (plan.is_read(call, 1)) {
    const PlanBuilder::Bound bound{{}, static_cast<double>(length), true};
    finish_lines(plan, call, plan.add(call, result, {hits.id}, chosen(hits.shape, true), bound), out, axis, 1);
  }
  return Done{};
}

constexpr PlanRule kRules[] = {{"TopK", top}};

}  // namespace

std::span<const PlanRule> order_rules() { return kRules; }

}  // namespace veil
