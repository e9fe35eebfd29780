// Operators that move numbers: no integers are made, but for what is joined or filled in.
#include <algorithm>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

Status alias(PlanBuilder& plan, const Call& call) {
  plan.finish(call, plan.in(call, 0));
  return Done{};
}

Status transpose(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(given, call.integers("perm"));
  const Shaped x = plan.in(call, 0);
  std::vector<std::size_t> order;
  for (const std::int64_t axis : given) {
    VEIL_TRY(normal, normalise_axis(axis, x.shape.size()));
    order.push_back(normal);
  }
  if (given.empty()) {
    for (std::size_t i = x.shape.size(); i-- > 0;) order.push_back(i);
  }
  plan.finish(call, plan.permuted(call, x, order));
  return Done{};
}

Status expand(PlanBuilder& plan, const Call& call) {
  plan.finish(call, plan.broadcast(call, plan.in(call, 0), plan.out_shape(call)));
  return Done{};
}

Status concat(PlanBuilder& plan, const Call& call) {
  if (call.inputs.size() == 1) return alias(plan, call);
  const GraphShape& out = plan.out_shape(call);
  VEIL_TRY(axis, call.integer("axis", call.opset < 4 ? 1 : 0));
  VEIL_TRY(normal, normalise_axis(axis, out.size()));
  std::vector<PlanId> inputs;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Shaped part = plan.in(call, i);
    if (elements(part.shape) > 0) inputs.push_back(part.id);
  }
  if (inputs.size() == 1) {
    plan.finish(call, {inputs[0], out});
    return Done{};
  }
  const AxisSplit split = split_at(out, normal, normal + 1);
  plan.emit(call, std::move(inputs),
            PlanConcat{static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.inner)});
  return Done{};
}

// Starts follow from the output's lengths and the steps: a slice is start, start + step, ...
Status slice(PlanBuilder& plan, const Call& call) {
  const bool by_inputs = call.opset >= 10;
  const Shaped x = plan.in(call, 0);
  VEIL_TRY(starts, by_inputs ? call.constant_integers(1, "starts") : call.integers("starts"));
  std::vector<std::int64_t> axes, steps(starts.size(), 1);
  if (by_inputs ? call.has(3) : call.has_attribute("axes")) {
    VEIL_TRY(given, by_inputs ? call.constant_integers(3, "axes") : call.integers("axes"));
    axes = given;
  }
  for (std::size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (by_inputs && call.has(4)) {
    VEIL_TRY(given, call.constant_integers(4, "steps"));
    steps = given;
  }
  const GraphShape& out = plan.out_shape(call);
  ViewMap map(x.shape);
  std::vector<std::int64_t> step_of(x.shape.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    VEIL_TRY(d, normalise_axis(axes[i], x.shape.size()));
    step_of[d] = steps[i];
    const std::int64_t last = x.shape[d] - 1;
    const std::int64_t start = starts[i] < 0 ? starts[i] + last + 1 : starts[i];
    map.offset(d, std::clamp<std::int64_t>(start, 0, last));
  }
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    if (out[d] > 1 && (step_of[d] > x.shape[d] || step_of[d] < -x.shape[d])) return Error{"its steps are too large"};
    map.read(d, map.add_axis(out[d]), step_of[d]);
  }
  plan.finish(call, plan.view(call, x, map));
  return Done{};
}

// The same axis several times behind each other.
Status tile(PlanBuilder& plan, const Call& call) {
  const Shaped x = plan.in(call, 0);
  const GraphShape& out = plan.out_shape(call);
  ViewMap map(x.shape);
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    map.add_axis(out[d] / x.shape[d]);
    map.keep(d);
  }
  plan.finish(call, plan.reshaped(plan.view(call, x, map), out));
  return Done{};
}

// ---- positions along one axis that are known in advance

// Neighbouring positions with one step between them are read by one view.
struct Run {
  std::int64_t start, step, length;
};
std::vector<Run> runs_of(const std::vector<std::int64_t>& positions) {
  std::vector<Run> runs;
  for (const std::int64_t position : positions) {
    if (!runs.empty()) {
      Run& run = runs.back();
      const std::int64_t step = position - (run.start + run.step * (run.length - 1));
      if (run.length == 1 || run.step == step) {
        run.step = step;
        ++run.length;
        continue;
      }
    }
    runs.push_back({position, 0, 1});
  }
  return runs;
}

// Constant places only; others are plan_indices.cc's.
Status gather(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  VEIL_TRY(d, normalise_axis(axis, call.shape(0).size()));
  const Array* indices = PlanBuilder::constant(call, 1);
  if (indices == nullptr) return gather_by_data(plan, call);
  const Shaped x = plan.in(call, 0);
  std::vector<std::int64_t> positions;
  for (const double index : indices->data) {
    positions.push_back(to_integer(index) + (index < 0 ? x.shape[d] : 0));
  }
  const Shaped picked = plan.pick(call, x, d, positions, plan.like_input(call, 0));
  plan.finish(call, plan.reshaped(picked, plan.out_shape(call)));
  return Done{};
}

// Where padding reads: inside, reflected, the nearest end, or round about. Nothing: the constant.
std::int64_t padded_position(std::int64_t at, std::int64_t length, const std::string& mode) {
  if (at >= 0 && at < length) return at;
  if (mode == "edge") return at < 0 ? 0 : length - 1;
  if (mode == "wrap") return ((at % length) + length) % length;
  if (length == 1) return 0;
  const std::int64_t period = 2 * (length - 1);
  const std::int64_t place = ((at % period) + period) % period;
  return place < length ? place : period - place;
}

Status pad(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(mode, call.word("mode", "constant"));
  VEIL_TRY(pads, call.opset < 11 ? call.integers("pads") : call.constant_integers(1, "pads"));
  const Shaped x = plan.in(call, 0);
  const GraphShape& out = plan.out_shape(call);
  const std::size_t rank = x.shape.size();
  std::vector<std::int64_t> begins(rank, 0);
  if (call.opset >= 18 && call.has(3)) {
    VEIL_TRY(axes, call.constant_integers(3, "axes"));
    for (std::size_t i = 0; i < axes.size(); ++i) {
      VEIL_TRY(d, normalise_axis(axes[i], rank));
      begins[d] = pads[i];
    }
  } else {
    for (std::size_t d = 0; d < rank; ++d) begins[d] = pads[d];
  }
  if (mode != "constant") {
    Shaped value = x;
    for (std::size_t d = 0; d < rank; ++d) {
      std::vector<std::int64_t> positions;
      for (std::int64_t i = 0; i < out[d]; ++i) positions.push_back(padded_position(i - begins[d], x.shape[d], mode));
      if (out[d] != x.shape[d]) value = plan.pick(call, value, d, positions, plan.like_input(call, 0));
    }
    plan.finish(call, value);
    return Done{};
  }
  double fill = 0;
  if (call.opset < 11) {
    VEIL_TRY(given, call.real("value", 0.0));
    fill = given;
  } else if (call.has(2)) {
    if (PlanBuilder::constant(call, 2) == nullptr) return Error{"its value is known only at run time"};
    fill = PlanBuilder::constant(call, 2)->data[0];
  }
  ViewMap map(x.shape, fill);
  for (std::size_t d = 0; d < rank; ++d) {
    map.read(d, map.add_axis(out[d]));
    map.offset(d, -begins[d]);
  }
  plan.finish(call, plan.view(call, x, map));
  return Done{};
}

constexpr PlanRule kRules[] = {{"Identity", alias}, {"Dropout", alias},   {"Flatten", alias}, {"Reshape", alias},
                               {"Squeeze", alias},  {"Unsqueeze", alias}, {"Expand", expand}, {"Transpose", transpose},
                               {"Concat", concat},  {"Slice", slice},     {"Tile", tile},     {"Gather", gather},
                               {"Pad", pad}};

}  // namespace

// One position again and again, or a step: a view. Few of them: joined. Many: a product with a matrix of zeros and
// ones.
Shaped PlanBuilder::pick(const Call& call, const Shaped& x, std::size_t axis,
                         const std::vector<std::int64_t>& positions, Bound bound) {
  constexpr std::size_t kMostRuns = 16;
  const std::vector<Run> runs = runs_of(positions);
  GraphShape shape = x.shape;
  shape[axis] = static_cast<std::int64_t>(positions.size());
  if (runs.size() <= kMostRuns) {
    std::vector<PlanId> parts;
    for (const Run& run : runs) {
      ViewMap map(x.shape);
      for (std::size_t d = 0; d < x.shape.size(); ++d) {
        const std::size_t made = map.add_axis(d == axis ? run.length : x.shape[d]);
        if (d != axis || run.step != 0) map.read(d, made, d == axis ? run.step : 1);
      }
      map.offset(axis, run.start);
      parts.push_back(view(call, x, map).id);
    }
    if (parts.size() == 1) return {parts[0], shape};
    const AxisSplit split = split_at(shape, axis, axis + 1);
    return add(call, shape, std::move(parts),
               PlanConcat{static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.inner)}, bound);
  }
  constexpr std::size_t kMostWeights = std::size_t{1} << 22;
  const AxisSplit split = split_at(x.shape, axis, axis + 1);
  if (positions.size() > kMostWeights / split.length) {
    if (!error_) error_ = Error{"it chooses too many places among too many numbers"};
    return {x.id, shape};
  }
  const auto length = static_cast<std::int64_t>(split.length);
  Labels labels;
  std::vector<std::int64_t> outer, inner;
  labels.add(static_cast<std::int64_t>(split.outer), {&labels.einsum.x_axes});
  labels.add(shape[axis], {&labels.einsum.y_axes});
  labels.add(static_cast<std::int64_t>(split.inner), {&inner});
  labels.end_box();
  labels.add(length, {&labels.einsum.x_axes, &labels.einsum.y_axes});
  labels.einsum.x_axes.insert(labels.einsum.x_axes.end(), inner.begin(), inner.end());
  labels.einsum.has_weight = true;
  labels.einsum.weight.assign(positions.size() * split.length, 0.0);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    labels.einsum.weight[i * split.length + static_cast<std::size_t>(positions[i])] = 1.0;
  }
  return add(call, shape, {x.id}, labels.einsum, bound);
}

std::span<const PlanRule> view_rules() { return kRules; }

}  // namespace veil
