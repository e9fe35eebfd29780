// Reductions over axes.
#include <algorithm>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

// The axes that go, ascending; all of them where none are named.
Result<std::vector<std::size_t>> reduced_axes(const Call& call, std::int64_t input_since) {
  const std::size_t rank = call.shape(0).size();
  VEIL_TRY(list, call.axes(input_since));
  VEIL_TRY(nothing_if_empty, call.integer("noop_with_empty_axes", 0));
  std::vector<std::size_t> axes;
  if (list.axes.empty()) {
    for (std::size_t d = 0; d < rank && nothing_if_empty == 0; ++d) axes.push_back(d);
    return axes;
  }
  for (const std::int64_t axis : list.axes) {
    VEIL_TRY(normal, normalise_axis(axis, rank));
    axes.push_back(normal);
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

bool is_among(const std::vector<std::size_t>& axes, std::size_t d) {
  return std::find(axes.begin(), axes.end(), d) != axes.end();
}

// The sum over some axes, every summand times `factor`.
PlanEinsum sum_over(const GraphShape& shape, const std::vector<std::size_t>& axes, double factor) {
  Labels labels;
  std::vector<std::int64_t> label_of(shape.size(), -1);
  const auto add = [&](std::size_t d) {
    if (shape[d] > 1) label_of[d] = static_cast<std::int64_t>(labels.einsum.lengths.size());
    labels.add(shape[d], {});
  };
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!is_among(axes, d)) add(d);
  }
  labels.end_box();
  for (const std::size_t d : axes) add(d);
  for (const std::int64_t label : label_of) {
    if (label >= 0) labels.einsum.x_axes.push_back(label);
  }
  if (factor != 1) {
    labels.einsum.has_weight = true;
    labels.einsum.weight = {factor};
  }
  return labels.einsum;
}

std::int64_t reduced_size(const GraphShape& shape, const std::vector<std::size_t>& axes) {
  std::int64_t size = 1;
  for (const std::size_t d : axes) size *= shape[d];
  return size;
}

Status reduce_sum(PlanBuilder& plan, const Call& call) {
  const bool mean = call.node->op == "ReduceMean";
  VEIL_TRY(axes, reduced_axes(call, mean ? 18 : 13));
  const Shaped x = plan.in(call, 0);
  const std::int64_t size = reduced_size(x.shape, axes);
  if (size == 1) {
    plan.finish(call, x);
    return Done{};
  }
  plan.emit(call, {x.id}, sum_over(x.shape, axes, mean ? 1.0 / static_cast<double>(size) : 1.0));
  return Done{};
}

Status reduce_extremum(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axes, reduced_axes(call, 18));
  Shaped value = plan.in(call, 0);
  for (std::size_t i = axes.size(); i-- > 0;) value = plan.extremum(call, value, axes[i], call.node->op == "ReduceMin");
  plan.finish(call, value);
  return Done{};
}

// Factors are multiplied by halves along the axis, as far as they are even.
Status reduce_product(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axes, reduced_axes(call, 18));
  Shaped value = plan.in(call, 0);
  for (std::size_t i = axes.size(); i-- > 0;) {
    const std::size_t axis = axes[i];
    std::optional<Shaped> product;
    for (std::int64_t k = 0; k < value.shape[axis]; ++k) {
      ViewMap map(value.shape);
      for (std::size_t d = 0; d < value.shape.size(); ++d) map.read(d, map.add_axis(d == axis ? 1 : value.shape[d]));
      map.offset(axis, k);
      const Shaped factor = plan.view(call, value, map);
      PlanBuilder::Bound bound{PlanBuilder::output(call), {}, plan.is_integer(call)};
      product = product ? plan.add(call, factor.shape, {product->id, factor.id},
                                   elementwise_product(elements(factor.shape)), bound)
                        : factor;
    }
    value = *product;
  }
  plan.finish(call, value);
  return Done{};
}

// Position 0, 1, .. along an axis, repeated over a shape.
Shaped positions_along(PlanBuilder& plan, const Call& call, const GraphShape& shape, std::size_t axis) {
  Array numbers{{shape[axis]}, {}};
  for (std::int64_t i = 0; i < shape[axis]; ++i) numbers.data.push_back(static_cast<double>(i));
  GraphShape line(shape.size(), 1);
  line[axis] = shape[axis];
  return plan.broadcast(call, plan.reshaped(plan.constant_value(call, numbers, true), line), shape);
}

// The first place of the largest: of the places i with x_i >= max, the least. A place with less counts as n.
Status arg_extremum(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  VEIL_TRY(last, call.integer("select_last_index", 0));
  const Shaped x = plan.in(call, 0);
  VEIL_TRY(d, normalise_axis(axis, x.shape.size()));
  const bool least = call.node->op == "ArgMin";
  const std::int64_t length = x.shape[d];
  const PlanBuilder::Bound bit{{}, 1.0, true};
  const PlanBuilder::Bound place{{}, static_cast<double>(length), true};
  Shaped best = plan.extremum(call, x, d, least);
  GraphShape kept = x.shape;
  kept[d] = 1;
  best = plan.broadcast(call, plan.reshaped(best, kept), x.shape);
  const Shaped worse = plan.add(call, x.shape, {x.id, best.id}, least ? PlanStep{{-1, 1}} : PlanStep{{1, -1}}, bit);
  // worse * (n - i) + i, or for the last: i - worse * (i + 1), which is -1 where it is worse
  const Shaped index = positions_along(plan, call, x.shape, d);
  const Shaped rest = last != 0 ? plan.add(call, x.shape, {index.id}, PlanSum{{1}, 1}, place)
                                : plan.add(call, x.shape, {index.id}, PlanSum{{-1}, static_cast<int>(length)}, place);
  const Shaped away = plan.add(call, x.shape, {worse.id, rest.id}, elementwise_product(elements(x.shape)), place);
  const Shaped candidate = plan.add(call, x.shape, {index.id, away.id}, PlanSum{{1, last != 0 ? -1 : 1}}, place);
  plan.finish(call, plan.extremum(call, candidate, d, last == 0));
  return Done{};
}

// out[i] = sum over a of x[i - a], zero outside; the other way round for `reverse`.
Status cumulative_sum(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(exclusive, call.integer("exclusive", 0));
  VEIL_TRY(reverse, call.integer("reverse", 0));
  if (PlanBuilder::constant(call, 1) == nullptr) return Error{"its axis is known only at run time"};
  const Shaped x = plan.in(call, 0);
  VEIL_TRY(d, normalise_axis(to_integer(PlanBuilder::constant(call, 1)->data[0]), x.shape.size()));
  const std::int64_t sign = reverse != 0 ? 1 : -1;
  ViewMap map(x.shape);
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) map.keep(axis);
  map.read(d, map.add_axis(x.shape[d]), sign);
  if (exclusive != 0) map.offset(d, sign);
  const Shaped windows = plan.view(call, x, map);
  plan.emit(call, {windows.id}, sum_over(windows.shape, {windows.shape.size() - 1}, 1.0));
  return Done{};
}

constexpr PlanRule kRules[] = {{"ReduceSum", reduce_sum},      {"ReduceMean", reduce_sum},
                               {"ReduceMax", reduce_extremum}, {"ReduceMin", reduce_extremum},
                               {"ReduceProd", reduce_product}, {"ArgMax", arg_extremum},
                               {"ArgMin", arg_extremum},       {"CumSum", cumulative_sum}};

}  // namespace

std::span<const PlanRule> reduction_rules() { return kRules; }

}  // namespace veil
