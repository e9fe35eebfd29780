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

// One axis after the other: the largest of a row of windows, then of the rows.
Status max_pool(PlanBuilder& plan, const Call& call) {
  if (call.node->outputs.size() > 1) return Error{"its second output, the indices, has no proof"};
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
  return Done{};
}

Status average_pool(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(with_padding, call.integer("count_include_pad", 0));
  const Shaped x = plan.in(call, 0);
  VEIL_TRY(w, pool_windows(call));
  ViewMap map(x.shape);
  map.keep(0);
  map.keep(1);
  for (std::size_t d = 0; d < w.in.size(); ++d) map.read(2 + d, map.add_axis(w.out[d]), w.strides[d]);
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    map.read(2 + d, map.add_axis(w.kernel[d]), w.dilations[d]);
    map.offset(2 + d, -w.begins[d]);
  }
  const Shaped windows = plan.view(call, x, map);
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
