// Quotients rounded towards zero and what remains of them: Div of whole numbers, Mod. Of the magnitudes, so that
// quotient * divisor is never larger than the dividend; a divisor of zero counts as one unit of its scale.
#include <algorithm>

#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

struct Signed {
  Shaped sign;       // 1 or -1
  Shaped magnitude;  // sign * value
  bool never_negative = false;
};

Signed split_sign(PlanBuilder& plan, const Call& call, std::size_t index, PlanId value) {
  const GraphShape& out = plan.out_shape(call);
  const Shaped x{value, out};
  if (plan.never_negative(value)) return {x, x, true};
  const PlanBuilder::Bound unit{{}, 1.0, true};
  const Shaped negative = plan.add(call, out, {value}, PlanStep{{1}}, unit);
  const Shaped sign = plan.add(call, out, {negative.id, negative.id}, PlanSum{{-1, -1}, 1}, unit);
  const PlanBuilder::Bound bound = plan.like_input(call, index);
  const Shaped positive = plan.add(call, out, {value}, PlanRelu{}, bound);
  return {sign, plan.add(call, out, {positive.id, positive.id, value}, PlanSum{{1, 1, -1}}, bound), false};
}

Shaped times(PlanBuilder& plan, const Call& call, const Shaped& a, const Shaped& b, const PlanBuilder::Bound& bound) {
  return plan.add(call, a.shape, {a.id, b.id}, elementwise_product(elements(a.shape)), bound);
}

// floor(|a| / |b|)
Shaped quotient(PlanBuilder& plan, const Call& call, const Signed& a, const Signed& b) {
  return plan.add(call, a.magnitude.shape, {a.magnitude.id, b.magnitude.id}, PlanDivide{true}, {{}, {}, true});
}

// f + b where f and b have different signs and f is not zero, else f.
void emit_floored(PlanBuilder& plan, const Call& call, const Shaped& f, const Signed& a, const Signed& b,
                  PlanId other) {
  const PlanBuilder::Bound bound = plan.like_input(call, 1);
  if (a.never_negative && b.never_negative) return plan.finish(call, f);
  const Shaped towards = b.never_negative ? f : times(plan, call, f, b.sign, bound);
  const Shaped opposite = plan.add(call, f.shape, {towards.id}, PlanStep{{1}}, {{}, 1.0, true});
  const Shaped raise = times(plan, call, opposite, Shaped{other, f.shape}, bound);
  plan.emit(call, {f.id, raise.id}, PlanSum{{1, 1}});
}

// a - b trunc(a / b), which has the sign of a; of a quotient rounded down it has that of b.
Status remainder(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(truncated, call.integer("fmod", 0));
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  const Signed a = split_sign(plan, call, 0, inputs[0]);
  const Signed b = split_sign(plan, call, 1, inputs[1]);
  const PlanBuilder::Bound bound = plan.like_input(call, 0);
  const Shaped whole = times(plan, call, quotient(plan, call, a, b), b.magnitude, bound);
  Shaped rest = plan.add(call, whole.shape, {a.magnitude.id, whole.id}, PlanSum{{1, -1}}, bound);
  if (!a.never_negative) rest = times(plan, call, rest, a.sign, bound);
  if (truncated != 0) {
    plan.finish(call, rest);
  } else {
    emit_floored(plan, call, rest, a, b, inputs[1]);
  }
  return Done{};
}

constexpr PlanRule kRules[] = {{"Mod", remainder}};

}  // namespace

Status divide_whole(PlanBuilder& plan, const Call& call) {
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  const Signed a = split_sign(plan, call, 0, inputs[0]);
  const Signed b = split_sign(plan, call, 1, inputs[1]);
  Shaped result = quotient(plan, call, a, b);
  const PlanBuilder::Bound bound{PlanBuilder::output(call), {}, true};
  if (!a.never_negative) result = times(plan, call, result, a.sign, bound);
  if (!b.never_negative) result = times(plan, call, result, b.sign, bound);
  plan.finish(call, result);
  return Done{};
}

std::span<const PlanRule> quotient_rules() { return kRules; }

}  // namespace veil
