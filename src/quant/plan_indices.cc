// Places that the data choose: a one-hot row [place = j] for every place, and a product with it. A place, or each of
// its digits, is compared with every bound between two places once: [place < j].
#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

const PlanBuilder::Bound kBit{{}, 1.0, true};

}  // namespace

namespace {

// The first `count` of the last axis, from `start` on.
Shaped part_of_last(PlanBuilder& plan, const Call& call, const Shaped& x, std::int64_t start, std::int64_t count) {
  const std::size_t last = x.shape.size() - 1;
  ViewMap map(x.shape);
  for (std::size_t d = 0; d < last; ++d) map.keep(d);
  map.read(last, map.add_axis(count));
  map.offset(last, start);
  return plan.view(call, x, map);
}

// [v < j + 1] - [v < j]
Shaped equal_by_bounds(PlanBuilder& plan, const Call& call, const Shaped& values, std::int64_t count) {
  GraphShape shape = values.shape;
  shape.push_back(count + 1);
  GraphShape column = values.shape;
  column.push_back(1);
  const Shaped wide = plan.broadcast(call, plan.reshaped(values, column), shape);
  Array numbers{{count + 1}, {}};
  for (std::int64_t j = 0; j <= count; ++j) numbers.data.push_back(static_cast<double>(j));
  const Shaped bound = plan.broadcast(call, plan.constant_value(call, numbers, true), shape);
  const Shaped below = plan.add(call, shape, {wide.id, bound.id}, PlanStep{{1, -1}}, kBit);
  const Shaped next = part_of_last(plan, call, below, 1, count);
  const Shaped own = part_of_last(plan, call, below, 0, count);
  return plan.add(call, next.shape, {next.id, own.id}, PlanSum{{1, -1}}, kBit);
}

constexpr std::int64_t kMostBounds = 32;

// v = 2^k a + b: [v = j] is the product of [a = j / 2^k] and [b = j mod 2^k], and costs no comparison. The row of a
// value outside is zero as a's is, or lies behind `count`.
Shaped equal_by_digits(PlanBuilder& plan, const Call& call, const Shaped& values, std::int64_t count) {
  std::int32_t log2 = 1;
  while ((std::int64_t{1} << (2 * log2)) < count) ++log2;
  const std::int64_t low_count = std::int64_t{1} << log2;
  const std::int64_t high_count = (count + low_count - 1) / low_count;
  const PlanBuilder::Bound whole{{}, {}, true};
  const Shaped divided = plan.add(call, values.shape, {values.id}, PlanScale{-log2}, {});
  const Shaped high = plan.add(call, values.shape, {divided.id}, PlanFloor{}, whole);
  const Shaped multiple = plan.add(call, values.shape, {high.id}, PlanScale{log2}, {});
  const Shaped low = plan.add(call, values.shape, {values.id, multiple.id}, PlanSum{{1, -1}}, whole);
  Labels labels;
  PlanEinsum& e = labels.einsum;
  labels.add(elements(values.shape), {&e.x_axes, &e.y_axes});
  labels.add(high_count, {&e.x_axes});
  labels.add(low_count, {&e.y_axes});
  labels.end_box();
  GraphShape shape = values.shape;
  shape.push_back(high_count * low_count);
  const Shaped high_row = equal_to_counted(plan, call, high, high_count);
  const Shaped low_row = equal_to_counted(plan, call, low, low_count);
  return part_of_last(plan, call, plan.add(call, shape, {high_row.id, low_row.id}, e, kBit), 0, count);
}

}  // namespace

Shaped equal_to_counted(PlanBuilder& plan, const Call& call, const Shaped& values, std::int64_t count) {
  return count > kMostBounds ? equal_by_digits(plan, call, values, count) : equal_by_bounds(plan, call, values, count);
}

// Negative places are counted from the end.
Shaped one_hot_rows(PlanBuilder& plan, const Call& call, const Shaped& places, std::int64_t length) {
  if (plan.never_negative(places.id)) return equal_to_counted(plan, call, places, length);
  const Shaped negative = plan.add(call, places.shape, {places.id}, PlanStep{{1}}, kBit);
  Labels labels;
  labels.add(elements(places.shape), {&labels.einsum.x_axes});
  labels.end_box();
  labels.einsum.has_weight = true;
  labels.einsum.weight = {static_cast<double>(length)};
  const Shaped raise =
      plan.add(call, places.shape, {negative.id}, labels.einsum, {{}, static_cast<double>(length), true});
  const Shaped counted = plan.add(call, places.shape, {places.id, raise.id}, PlanSum{{1, 1}}, {{}, {}, true});
  return equal_to_counted(plan, call, counted, length);
}

namespace {

// off + (on - off) [place = j]
Status one_hot(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axis, call.integer("axis", -1));
  const Array* values = PlanBuilder::constant(call, 2);
  if (values == nullptr) return Error{"its values are known only at run time"};
  const GraphShape& out = plan.out_shape(call);
  VEIL_TRY(d, normalise_axis(axis, out.size()));
  Shaped row = one_hot_rows(plan, call, plan.in(call, 0), out[d]);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (i == d) order.push_back(out.size() - 1);
    order.push_back(i);
  }
  if (d + 1 == out.size()) order.push_back(d);
  row = plan.permuted(call, row, order);
  const double off = values->data[0];
  const double on = values->data[1];
  if (off == 0 && on == 1) {
    plan.finish(call, row);
    return Done{};
  }
  plan.emit(call, {row.id}, PlanAffine{Pattern{{elements(out)}, {0}}, {on - off}, {off}});
  return Done{};
}

Array numbered(const GraphShape& shape, std::int64_t first) {
  Array array{shape, {}};
  for (std::int64_t i = 0; i < elements(shape); ++i) array.data.push_back(static_cast<double>(first + i));
  return array;
}

// Operators that only move numbers, to places known in advance: run on the numbers' own places, they say where each
// comes from.
Status moved(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(reduction, call.word("reduction", "none"));
  if (reduction != "none" || PlanBuilder::constant(call, 1) == nullptr) {
    return Error{"it must be expanded first: its indices are known only at run time"};
  }
  const bool scatters = call.has(2);
  const Shaped data = plan.in(call, 0);
  const std::int64_t size = elements(data.shape);
  const Array places = numbered(data.shape, 0);
  const Array updates = scatters ? numbered(call.shape(2), size) : Array{};
  Array result{plan.out_shape(call), std::vector<double>(size_of(plan.out_shape(call)))};
  Inputs inputs{&places, PlanBuilder::constant(call, 1)};
  if (scatters) inputs.push_back(&updates);
  VEIL_TRY_STATUS(find_operator(call.node->op)->run(call, inputs, {&result}));
  Shaped source{data.id, {size}};
  const PlanBuilder::Bound bound{PlanBuilder::output(call), {}, plan.is_integer(call)};
  if (scatters) {
    const Shaped more = plan.in(call, 2);
    source = plan.add(call, {size + elements(more.shape)}, {data.id, more.id}, PlanConcat{1, 1}, bound);
  }
  std::vector<std::int64_t> from;
  for (const double place : result.data) from.push_back(to_integer(place));
  plan.finish(call, plan.reshaped(plan.pick(call, source, 0, from, bound), result.shape));
  return Done{};
}

Status place_rows(PlanBuilder& plan, const Call& call) {
  plan.finish(call, one_hot_rows(plan, call, plan.in(call, 0), plan.out_shape(call).back()));
  return Done{};
}

constexpr PlanRule kRules[] = {{"OneHot", one_hot}, {kPlaceRows, place_rows},   {"GatherElements", moved},
                               {"GatherND", moved}, {"ScatterElements", moved}, {"ScatterND", moved}};

}  // namespace

// out[outer, places, inner] = sum_j row[places, j] x[outer, j, inner]
Status gather_by_data(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  VEIL_TRY(d, normalise_axis(axis, call.shape(0).size()));
  const AxisSplit split = split_at(call.shape(0), d, d + 1);
  const auto length = static_cast<std::int64_t>(split.length);
  const Shaped places = plan.in(call, 1);
  const Shaped row = one_hot_rows(plan, call, plan.reshaped(places, {elements(places.shape)}), length);
  Labels labels;
  PlanEinsum& e = labels.einsum;
  std::vector<std::int64_t> inner;
  labels.add(static_cast<std::int64_t>(split.outer), {&e.y_axes});
  labels.add(elements(places.shape), {&e.x_axes});
  labels.add(static_cast<std::int64_t>(split.inner), {&inner});
  labels.end_box();
  labels.add(length, {&e.x_axes, &e.y_axes});
  e.y_axes.insert(e.y_axes.end(), inner.begin(), inner.end());
  std::vector<PlanId> inputs{row.id};
  if (const Array* data = PlanBuilder::constant(call, 0); data != nullptr && !plan.is_integer(call)) {
    e.has_weight = true;
    e.weight = data->data;
  } else {
    inputs.push_back(plan.in(call, 0).id);
  }
  plan.emit(call, std::move(inputs), std::move(e));
  return Done{};
}

std::span<const PlanRule> index_rules() { return kRules; }

}  // namespace veil
