// Pools: windows of the input, compared or averaged.
#include <algorithm>
#include <limits>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

struct Pool {
  std::vector<std::int64_t> kernel, strides, dilations, begins, ends;
};

// Ends are what the last window reads beyond the input, declared padding or not.
Result<Pool> pool_of(const Call& call, const GraphShape& in, const GraphShape& out) {
  const std::size_t dims = in.size();
  Pool p;
  VEIL_TRY(kernel, call.integers("kernel_shape"));
  VEIL_TRY(strides, call.integers("strides"));
  VEIL_TRY(dilations, call.integers("dilations"));
  VEIL_TRY(pads, call.integers("pads"));
  VEIL_TRY(auto_pad, call.word("auto_pad", "NOTSET"));
  p.kernel = kernel;
  p.strides = strides.empty() ? std::vector<std::int64_t>(dims, 1) : strides;
  p.dilations = dilations.empty() ? std::vector<std::int64_t>(dims, 1) : dilations;
  for (std::size_t d = 0; d < dims; ++d) {
    const std::int64_t reach = (kernel[d] - 1) * p.dilations[d] + 1;
    const std::int64_t total = std::max<std::int64_t>((out[d] - 1) * p.strides[d] + reach - in[d], 0);
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
      p.begins.push_back(auto_pad == "SAME_LOWER" ? total - total / 2 : total / 2);
      p.ends.push_back(total - p.begins.back());
    } else {
      p.begins.push_back(pads.empty() ? 0 : pads[d]);
      p.ends.push_back(pads.empty() ? 0 : pads[dims + d]);
    }
  }
  return p;
}

GraphShape without_two(const GraphShape& shape) { return GraphShape(shape.begin() + 2, shape.end()); }

// [N, C, .. o .., k] along one spatial axis d, which becomes o; k is last.
Shaped windows_along(PlanBuilder& plan, const Call& call, const Shaped& x, std::size_t d, const Pool& p,
                     std::int64_t count, double outside) {
  ViewMap map(x.shape, outside);
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    if (axis != d + 2) {
      map.keep(axis);
    } else {
      map.read(axis, map.add_axis(count), p.strides[d]);
    }
  }
  map.read(d + 2, map.add_axis(p.kernel[d]), p.dilations[d]);
  map.offset(d + 2, -p.begins[d]);
  return plan.view(call, x, map);
}

// One axis after the other: the largest of a row of windows, then of the rows.
Status max_pool(PlanBuilder& plan, const Call& call) {
  if (call.node->outputs.size() > 1) return Error{"its second output, the indices, has no proof"};
  Shaped value = plan.in(call, 0);
  const GraphShape in = without_two(value.shape);
  const GraphShape out = without_two(plan.out_shape(call));
  VEIL_TRY(p, pool_of(call, in, out));
  // Outside is less than everything.
  const double outside = plan.never_negative(value.id) ? 0.0 : -std::numeric_limits<double>::infinity();
  for (std::size_t d = in.size(); d-- > 0;) {
    if (p.kernel[d] == 1 && p.strides[d] == 1 && in[d] == out[d]) continue;
    const Shaped windows = windows_along(plan, call, value, d, p, out[d], outside);
    value = plan.extremum(call, windows, windows.shape.size() - 1, false);
  }
  plan.finish(call, value);
  return Done{};
}

// How many positions of each window count: those within the input, or within its declared padding too.
std::vector<double> counts(const Pool& p, std::size_t d, std::int64_t in, std::int64_t out, bool with_padding) {
  std::vector<double> list;
  for (std::int64_t o = 0; o < out; ++o) {
    double count = 0;
    for (std::int64_t k = 0; k < p.kernel[d]; ++k) {
      const std::int64_t at = o * p.strides[d] + k * p.dilations[d] - p.begins[d];
      const bool counts_here = with_padding ? at < in + p.ends[d] : at >= 0 && at < in;
      count += counts_here ? 1 : 0;
    }
    list.push_back(count);
  }
  return list;
}

Status average_pool(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(with_padding, call.integer("count_include_pad", 0));
  const Shaped x = plan.in(call, 0);
  const GraphShape in = without_two(x.shape);
  const GraphShape out = without_two(plan.out_shape(call));
  VEIL_TRY(p, pool_of(call, in, out));
  ViewMap map(x.shape);
  map.keep(0);
  map.keep(1);
  for (std::size_t d = 0; d < in.size(); ++d) map.read(2 + d, map.add_axis(out[d]), p.strides[d]);
  for (std::size_t d = 0; d < in.size(); ++d) {
    map.read(2 + d, map.add_axis(p.kernel[d]), p.dilations[d]);
    map.offset(2 + d, -p.begins[d]);
  }
  const Shaped windows = plan.view(call, x, map);
  // One weight for every window position that differs: 1 / count.
  std::vector<double> weight{1.0};
  bool alike = true;
  for (std::size_t d = 0; d < in.size(); ++d) {
    const std::vector<double> mine = counts(p, d, in[d], out[d], with_padding != 0);
    alike = alike && std::all_of(mine.begin(), mine.end(), [&](double count) { return count == mine[0]; });
    std::vector<double> next;
    for (const double a : weight) {
      for (const double count : mine) next.push_back(a / count);
    }
    weight = std::move(next);
  }
  Labels labels;
  PlanEinsum& e = labels.einsum;
  labels.add(x.shape[0], {&e.x_axes});
  labels.add(x.shape[1], {&e.x_axes});
  for (const std::int64_t length : out) {
    if (alike) {
      labels.add(length, {&e.x_axes});
    } else {
      labels.add(length, {&e.x_axes, &e.y_axes});
    }
  }
  labels.end_box();
  for (const std::int64_t length : p.kernel) labels.add(length, {&e.x_axes});
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
