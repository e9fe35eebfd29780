// Activations: functions of one number, and Softmax.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

Status expect_reals(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return Done{};
}

Status relu(PlanBuilder& plan, const Call& call) {
  plan.emit(call, {plan.in(call, 0).id}, PlanRelu{});
  return Done{};
}

Status leaky_relu(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.01f)));
  if (!(std::fabs(alpha) <= 256)) return Error{"its alpha is beyond +-256"};
  plan.emit(call, {plan.in(call, 0).id}, PlanLeakyRelu{alpha});
  return Done{};
}

// max(x, 0) + slope (x - max(x, 0))
Status prelu(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  const Array* slope = PlanBuilder::constant(call, 1);
  if (slope == nullptr) return Error{"its slope is known only at run time"};
  const Shaped x = plan.in(call, 0);
  const PlanBuilder::Bound bound = plan.like_input(call, 0);
  const Shaped positive = plan.add(call, x.shape, {x.id}, PlanRelu{}, bound);
  const Shaped negative = plan.add(call, x.shape, {x.id, positive.id}, PlanSum{{1, -1}}, bound);
  PlanBuilder::Bound scaled = bound;
  scaled.like = PlanBuilder::output(call);
  const Shaped leak = plan.add(call, x.shape, {negative.id},
                               PlanAffine{broadcast_pattern(slope->shape, x.shape), slope->data, {}}, scaled);
  plan.emit(call, {positive.id, leak.id}, PlanSum{{1, 1}});
  return Done{};
}

Status clip(PlanBuilder& plan, const Call& call) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  VEIL_TRY(attribute_low, call.real("min", -kInfinity));
  VEIL_TRY(attribute_high, call.real("max", kInfinity));
  double low = attribute_low;
  double high = attribute_high;
  for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
    if (!call.has(index)) continue;
    if (PlanBuilder::constant(call, index) == nullptr) return Error{"its bounds are known only at run time"};
    (index == 1 ? low : high) = PlanBuilder::constant(call, index)->data[0];
  }
  low = std::min(low, high);  // ONNX: where the bounds cross, the upper one wins
  if (std::isnan(low) || std::isnan(high)) return Error{"its bounds are no interval"};
  plan.emit(call, {plan.in(call, 0).id}, PlanClip{low, high});
  return Done{};
}

Status smooth(PlanBuilder& plan, const Call& call) {
  VEIL_TRY_STATUS(expect_reals(call));
  const bool sigmoid = call.node->op == "Sigmoid";
  plan.emit(call, {plan.in(call, 0).id}, PlanFunction{sigmoid ? SmoothFunction::kSigmoid : SmoothFunction::kTanh});
  return Done{};
}

// One distribution of at least two classes, in the end, has a proof of its own (the claim decides how). Others are made
// of exponentials and a division: exp(x - max) / sum.
Status softmax(PlanBuilder& plan, const Call& call) {
  const GraphShape& shape = call.shape(0);
  VEIL_TRY(axis, call.integer("axis", call.opset < 13 ? 1 : -1));
  std::size_t from = shape.size();
  if (axis != static_cast<std::int64_t>(shape.size())) {
    VEIL_TRY(normal, normalise_axis(axis, shape.size()));
    from = normal;
  }
  const AxisSplit split = split_at(shape, from, call.opset < 13 || from == shape.size() ? shape.size() : from + 1);
  if (split.outer * split.inner == 1 && split.length >= 2 && plan.is_output(call)) {
    plan.emit(call, {plan.in(call, 0).id}, PlanSoftmax{});
    return Done{};
  }
  return Error{"it is not the last step, or makes several distributions at once"};
}

constexpr PlanRule kRules[] = {{"Relu", relu},      {"LeakyRelu", leaky_relu}, {"PRelu", prelu},    {"Clip", clip},
                               {"Sigmoid", smooth}, {"Tanh", smooth},          {"Softmax", softmax}};

}  // namespace

std::span<const PlanRule> activation_rules() { return kRules; }

}  // namespace veil
