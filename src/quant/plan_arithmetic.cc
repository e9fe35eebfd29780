// Elementwise arithmetic.
#include <algorithm>
#include <cmath>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

Status affine(PlanBuilder& plan, const Call& call, const Shaped& input, Pattern pattern, std::vector<double> factor,
              std::vector<double> addend) {
  for (const std::vector<double>* list : {&factor, &addend}) {
    for (const double value : *list) {
      if (!std::isfinite(value)) return Error{"one of its constants is infinite or no number, or it divides by zero"};
    }
  }
  plan.emit(call, {input.id}, PlanAffine{std::move(pattern), std::move(factor), std::move(addend)});
  return Done{};
}

// Whole numbers stay values of their own scale; a constant of reals that does not repeat the other side can be folded.
const Array* foldable(PlanBuilder& plan, const Call& call, std::size_t index) {
  return plan.is_integer(call) ? nullptr : PlanBuilder::constant(call, index);
}

Status add_or_subtract(PlanBuilder& plan, const Call& call) {
  const bool subtract = call.node->op == "Sub";
  const GraphShape& out = plan.out_shape(call);
  const std::size_t which = foldable(plan, call, 0) != nullptr ? 0 : 1;
  if (const Array* values = foldable(plan, call, which)) {
    std::vector<double> data = values->data;
    if (subtract && which == 1) {
      for (double& value : data) value = -value;
    }
    std::vector<double> factor;
    if (subtract && which == 0) factor.assign(data.size(), -1.0);
    const Shaped input = plan.broadcast(call, plan.in(call, 1 - which), out);
    return affine(plan, call, input, broadcast_pattern(values->shape, out), std::move(factor), std::move(data));
  }
  plan.emit(call, plan.both_broadcast(call), PlanSum{{1, subtract ? -1 : 1}});
  return Done{};
}

Status multiply(PlanBuilder& plan, const Call& call) {
  const GraphShape& out = plan.out_shape(call);
  const std::size_t which = foldable(plan, call, 0) != nullptr ? 0 : 1;
  if (const Array* values = foldable(plan, call, which)) {
    const Shaped input = plan.in(call, 1 - which);
    if (elements(input.shape) == 1 && elements(values->shape) == elements(out) && elements(out) > 1) {
      // One activation against a whole constant: a matrix product with one summand.
      Labels labels;
      labels.add(elements(out), {&labels.einsum.y_axes});
      labels.end_box();
      labels.einsum.has_weight = true;
      labels.einsum.weight = values->data;
      plan.emit(call, {input.id}, labels.einsum);
      return Done{};
    }
    return affine(plan, call, plan.broadcast(call, input, out), broadcast_pattern(values->shape, out), values->data,
                  {});
  }
  plan.emit(call, plan.both_broadcast(call), elementwise_product(elements(out)));
  return Done{};
}

// a / b = (a sign(b)) / |b|
Status divide(PlanBuilder& plan, const Call& call) {
  const GraphShape& out = plan.out_shape(call);
  if (plan.is_integer(call)) return divide_whole(plan, call);
  if (const Array* values = PlanBuilder::constant(call, 1)) {
    std::vector<double> data = values->data;
    for (double& value : data) value = 1.0 / value;
    return affine(plan, call, plan.broadcast(call, plan.in(call, 0), out), broadcast_pattern(values->shape, out),
                  std::move(data), {});
  }
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  if (plan.never_negative(inputs[1])) {
    plan.emit(call, inputs, PlanDivide{});
    return Done{};
  }
  const Shaped negative = plan.add(call, out, {inputs[1]}, PlanStep{{1}}, {{}, 1.0, true});
  const Shaped sign = plan.add(call, out, {negative.id, negative.id}, PlanSum{{-1, -1}, 1}, {{}, 1.0, true});
  const PlanEinsum product = elementwise_product(elements(out));
  const Shaped dividend = plan.add(call, out, {inputs[0], sign.id}, product, plan.like_input(call, 0));
  const Shaped divisor = plan.add(call, out, {inputs[1], sign.id}, product, plan.like_input(call, 1));
  plan.emit(call, {dividend.id, divisor.id}, PlanDivide{});
  return Done{};
}

Status negate(PlanBuilder& plan, const Call& call) {
  const Shaped x = plan.in(call, 0);
  if (!plan.is_integer(call)) return affine(plan, call, x, Pattern{{elements(x.shape)}, {0}}, {-1.0}, {});
  plan.emit(call, {x.id}, PlanSum{{-1}});
  return Done{};
}

// |x| = 2 max(x, 0) - x
Status magnitude(PlanBuilder& plan, const Call& call) {
  const Shaped x = plan.in(call, 0);
  const Shaped positive = plan.add(call, x.shape, {x.id}, PlanRelu{}, plan.like_input(call, 0));
  plan.emit(call, {positive.id, positive.id, x.id}, PlanSum{{1, 1, -1}});
  return Done{};
}

Status extremum(PlanBuilder& plan, const Call& call) {
  const GraphShape& out = plan.out_shape(call);
  Shaped best = plan.broadcast(call, plan.in(call, 0), out);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    const Shaped next = plan.broadcast(call, plan.in(call, i), out);
    PlanBuilder::Bound bound = plan.like_input(call, 0);
    bound.like = PlanBuilder::output(call);  // of what was compared so far, the output is a bound on one side only
    best = plan.add(call, out, {best.id, next.id}, PlanMaximum{call.node->op == "Min"}, bound);
  }
  plan.finish(call, best);
  return Done{};
}

PlanBuilder::Bound whole(const PlanBuilder::Bound& bound) { return {bound.like, bound.largest, true}; }

Status floor_of(PlanBuilder& plan, const Call& call) {
  plan.emit(call, {plan.in(call, 0).id}, PlanFloor{});
  return Done{};
}

Status ceiling(PlanBuilder& plan, const Call& call) {
  const Shaped x = plan.in(call, 0);
  const PlanBuilder::Bound bound = plan.like_input(call, 0);
  const Shaped mirrored = plan.add(call, x.shape, {x.id}, PlanSum{{-1}}, bound);
  const Shaped below = plan.add(call, x.shape, {mirrored.id}, PlanFloor{}, whole(bound));
  plan.emit(call, {below.id}, PlanSum{{-1}});
  return Done{};
}

Status round_to_even(PlanBuilder& plan, const Call& call) {
  plan.emit(call, {plan.in(call, 0).id}, PlanRound{});
  return Done{};
}

// [-x < 0] - [x < 0]
Status sign(PlanBuilder& plan, const Call& call) {
  const Shaped x = plan.in(call, 0);
  const Shaped negative = plan.add(call, x.shape, {x.id}, PlanStep{{1}}, {{}, 1.0, true});
  const Shaped positive = plan.add(call, x.shape, {x.id}, PlanStep{{-1}}, {{}, 1.0, true});
  plan.emit(call, {positive.id, negative.id}, PlanSum{{1, -1}});
  return Done{};
}

Status power(PlanBuilder& plan, const Call& call) {
  const Array* exponent = PlanBuilder::constant(call, 1);
  if (exponent == nullptr) return power_by_data(plan, call);
  const GraphShape& out = plan.out_shape(call);
  const double value = exponent->data[0];
  const bool same = std::all_of(exponent->data.begin(), exponent->data.end(), [&](double e) { return e == value; });
  if (!same) return Error{"its exponents differ"};
  const Shaped x = plan.broadcast(call, plan.in(call, 0), out);
  if (value == 1) {
    plan.finish(call, x);
  } else if (value == 2) {
    plan.emit(call, {x.id, x.id}, elementwise_product(elements(out)));
  } else if (value == 0.5 || value == -1 || value == -0.5) {
    const auto function = value == 0.5  ? SmoothFunction::kSqrt
                          : value == -1 ? SmoothFunction::kReciprocal
                                        : SmoothFunction::kReciprocalSqrt;
    plan.emit(call, {x.id}, PlanFunction{function});
  } else {
    if (plan.is_integer(call)) return Error{"whole numbers can be raised to the powers 1 and 2 only"};
    if (!(std::fabs(value) <= 64)) return Error{"its exponent is beyond +-64"};
    plan.emit(call, {x.id}, PlanFunction{SmoothFunction::kPower, value});
  }
  return Done{};
}

Status batch_normalization(PlanBuilder& plan, const Call& call) {
  for (std::size_t i = 1; i < 5; ++i) {
    if (PlanBuilder::constant(call, i) == nullptr) return Error{"its parameters are known only at run time"};
  }
  const auto list = [&](std::size_t i) { return PlanBuilder::constant(call, i)->data; };
  VEIL_TRY(epsilon, call.real("epsilon", static_cast<double>(1e-5f)));
  std::vector<double> factor = list(1);
  std::vector<double> addend = list(2);
  for (std::size_t c = 0; c < factor.size(); ++c) {
    factor[c] /= std::sqrt(list(4)[c] + epsilon);
    addend[c] -= list(3)[c] * factor[c];
  }
  const GraphShape& shape = call.shape(0);
  GraphShape channels(shape.size(), 1);
  if (shape.size() > 1) channels[1] = shape[1];
  return affine(plan, call, plan.in(call, 0), broadcast_pattern(channels, shape), std::move(factor), std::move(addend));
}

constexpr PlanRule kRules[] = {{"Add", add_or_subtract}, {"Sub", add_or_subtract},
                               {"Mul", multiply},        {"Div", divide},
                               {"Neg", negate},          {"Abs", magnitude},
                               {"Max", extremum},        {"Min", extremum},
                               {"Floor", floor_of},      {"Ceil", ceiling},
                               {"Round", round_to_even}, {"Sign", sign},
                               {"Pow", power},           {"BatchNormalization", batch_normalization}};

}  // namespace

std::span<const PlanRule> arithmetic_rules() { return kRules; }

}  // namespace veil
