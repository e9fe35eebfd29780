// Pools: windows of the input, compared or averaged.
#include <algorithm>
#include <limits>

#include "graph/shape.h"
#include "graph/windows.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

// [N, C, .. o .., k] along one spatial axis d, which becomes o; k is last.
Shaped windows_along(PlanBuilder& plan, const Call& call, const Shaped& x, std::size_t d, const Windows& w,
                     double outside) {
  ViewMap map(x.shape, outside);
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    if (axis != d + 2) {
      map.keep(axis);
    } else {
      map.read(axis, map.add_axis(w.out[d]), w.strides[d]);
    }
  }
  map.read(d + 2, map.add_axis(w.kernel[d]), w.dilations[d]);
  map.offset(d + 2, -w.begins[d]);
  return plan.view(call, x, map);
}

// All windows, [planes, windows, kernel positions].
Shaped whole_windows(PlanBuilder& plan, const Call& call, const Shaped& x, const Windows& w, double outside) {
  ViewMap map(x.shape, outside);
  map.keep(0);
  map.keep(1);
  for (std::size_t d = 0; d < w.in.size(); ++d) map.read(2 + d, map.add_axis(w.out[d]), w.strides[d]);
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    map.read(2 + d, map.add_axis(w.kernel[d]), w.dilations[d]);
    map.offset(2 + d, -w.begins[d]);
  }
  return plan.view(call, x, map);
}

constexpr std::int64_t kMostCompared = std::int64_t{1} << 22;

// What window and kernel position add to the number of the place that is read, and what they read beside the input.
struct PlaceNumbers {
  std::vector<double> window, position;
  Array outside;  // [windows, kernel positions], 0 or 1
  bool any_outside = false;
};

PlaceNumbers numbers_of(const Windows& w, bool by_columns) {
  GraphShape strides = strides_of(w.in);
  std::int64_t stride = 1;
  for (std::size_t d = 0; d < strides.size() && by_columns; stride *= w.in[d++]) strides[d] = stride;
  GraphShape window_strides, position_strides;
  std::int64_t first = 0;
  for (std::size_t d = 0; d < strides.size(); ++d) {
    window_strides.push_back(w.strides[d] * strides[d]);
    position_strides.push_back(w.dilations[d] * strides[d]);
    first -= w.begins[d] * strides[d];
  }
  PlaceNumbers out;
  walk(w.out, std::array{window_strides},
       [&](const auto& at) { out.window.push_back(static_cast<double>(first + at[0])); });
  walk(w.kernel, std::array{position_strides},
       [&](const auto& at) { out.position.push_back(static_cast<double>(at[0])); });
  out.outside = {{std::ssize(out.window), std::ssize(out.position)}, {}};
  out.outside.data.assign(out.window.size() * out.position.size(), 1.0);
  for (std::size_t position = 0; position < out.position.size(); ++position) {
    WindowWalk(w, position).visit(0, out.window.size(), [&](const Stretch& s) {
      for (std::size_t i = 0; i < s.count; ++i) out.outside.data[(s.window + i) * out.position.size() + position] = 0;
    });
  }
  const std::vector<double>& outside = out.outside.data;
  out.any_outside = std::find(outside.begin(), outside.end(), 1.0) != outside.end();
  return out;
}

// The first kernel position of each window whose number is not below the largest. Those beside the input never are it.
Shaped first_largest(PlanBuilder& plan, const Call& call, const Shaped& windows, const Shaped& largest,
                     const PlaceNumbers& numbers) {
  const GraphShape& shape = windows.shape;
  const std::int64_t kernel = shape[2];
  const PlanBuilder::Bound bit{{}, 1.0, true};
  const PlanBuilder::Bound place{{}, static_cast<double>(kernel), true};
  const Shaped best = plan.broadcast(call, plan.reshaped(largest, {shape[0], shape[1], 1}), shape);
  Shaped worse = plan.add(call, shape, {windows.id, best.id}, PlanStep{{1, -1}}, bit);
  if (numbers.any_outside) {
    const Shaped outside = plan.broadcast(call, plan.constant_value(call, numbers.outside, true), shape);
    worse = plan.add(call, shape, {worse.id, outside.id}, PlanMaximum{}, bit);
  }
  Array counted{{kernel}, {}};
  for (std::int64_t i = 0; i < kernel; ++i) counted.data.push_back(static_cast<double>(i));
  const Shaped index = plan.broadcast(call, plan.constant_value(call, counted, true), shape);
  const Shaped rest = plan.add(call, shape, {index.id}, PlanSum{{-1}, static_cast<int>(kernel)}, place);
  const Shaped away = plan.add(call, shape, {worse.id, rest.id}, elementwise_product(elements(shape)), place);
  const Shaped candidate = plan.add(call, shape, {index.id, away.id}, PlanSum{{1, 1}}, place);
  return plan.extremum(call, candidate, 2, true);
}

// The numbers of the places: of the plane and the window, and of the kernel position by a row [position = k].
Status max_pool_places(PlanBuilder& plan, const Call& call, const Shaped& largest, const Windows& w) {
  VEIL_TRY(order, call.integer("storage_order", 0));
  const Shaped x = plan.in(call, 0);
  const std::int64_t planes = x.shape[0] * x.shape[1];
  const GraphShape shape{planes, elements(w.out), elements(w.kernel)};
  const auto compared = element_count(shape);
  if (!compared || *compared > kMostCompared) return Error{"its second output compares more than 2^22 numbers"};
  const PlaceNumbers numbers = numbers_of(w, order != 0);
  const double outside = -std::numeric_limits<double>::infinity();
  const Shaped windows = plan.reshaped(whole_windows(plan, call, x, w, outside), shape);
  const Shaped first = first_largest(plan, call, windows, largest, numbers);
  const Shaped hits = equal_to_counted(plan, call, first, shape[2]);
  Labels labels;
  labels.add(shape[0] * shape[1], {&labels.einsum.x_axes});
  labels.end_box();
  labels.add(shape[2], {&labels.einsum.x_axes, &labels.einsum.y_axes});
  labels.einsum.has_weight = true;
  labels.einsum.weight = numbers.position;
  const double furthest = *std::max_element(numbers.position.begin(), numbers.position.end());
  const Shaped inner = plan.add(call, {shape[0], shape[1]}, {hits.id}, labels.einsum, {{}, furthest, true});
  Array starts{{shape[0], shape[1]}, {}};
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    for (const double window : numbers.window) {
      starts.data.push_back(static_cast<double>(plane * static_cast<std::int64_t>(size_of(w.in))) + window);
    }
  }
  const Shaped start = plan.constant_value(call, starts, true);
  const PlanBuilder::Bound bound{call.node->outputs[1], {}, true};
  plan.finish(call, plan.add(call, inner.shape, {start.id, inner.id}, PlanSum{{1, 1}}, bound), 1);
  return Done{};
}

// One axis after the other: the largest of a row of windows, then of the rows.
Status max_pool(PlanBuilder& plan, const Call& call) {
  Shaped value = plan.in(call, 0);
  VEIL_TRY(w, pool_windows(call));
  // Outside is less than everything.
  const double outside = plan.never_negative(value.id) ? 0.0 : -std::numeric_limits<double>::infinity();
  for (std::size_t d = w.in.size(); d-- > 0;) {
    if (w.kernel[d] == 1 && w.strides[d] == 1 && w.in[d] == w.out[d]) continue;
    const Shaped windows = windows_along(plan, call, value, d, w, outside);
    value = plan.extremum(call, windows, windows.shape.size() - 1, false);
  }
  plan.finish(call, value);
  if (plan.is_read(call, 1)) return max_pool_places(plan, call, value, w);
  return Done{};
}

Status average_pool(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(with_padding, call.integer("count_include_pad", 0));
  const Shaped x = plan.in(call, 0);
  VEIL_TRY(w, pool_windows(call));
  const Shaped windows = whole_windows(plan, call, x, w, 0);
  // 1 / count: one weight, or one for each window where they differ.
  std::vector<double> weight = window_counts(w, with_padding != 0);
  const bool alike = std::all_of(weight.begin(), weight.end(), [&](double count) { return count == weight[0]; });
  for (double& count : weight) count = 1 / count;
  Labels labels;
  PlanEinsum& e = labels.einsum;
  labels.add(x.shape[0], {&e.x_axes});
  labels.add(x.shape[1], {&e.x_axes});
  for (const std::int64_t length : w.out) {
    if (alike) {
      labels.add(length, {&e.x_axes});
    } else {
      labels.add(length, {&e.x_axes, &e.y_axes});
    }
  }
  labels.end_box();
  for (const std::int64_t length : w.kernel) labels.add(length, {&e.x_axes});
  if (alike) weight.resize(1);
  e.has_weight = true;
  e.weight = std::move(weight);
  plan.emit(call, {windows.id}, std::move(e));
  return Done{};
}

constexpr PlanRule kRules[] = {{"MaxPool", max_pool}, {"AveragePool", average_pool}};

}  // namespace

std::span<const PlanRule> window_rules() { return kRules; }

}  // namespace veil
