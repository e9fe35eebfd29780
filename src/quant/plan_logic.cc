// Comparisons, logic and casts: whole numbers, exactly.
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

const PlanBuilder::Bound kBit{{}, 1.0, true};

Status less(PlanBuilder& plan, const Call& call) {
  plan.emit(call, plan.both_broadcast(call), PlanStep{{1, -1}});
  return Done{};
}

Status equal(PlanBuilder& plan, const Call& call) {
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  const Shaped below = plan.add(call, plan.out_shape(call), inputs, PlanStep{{1, -1}}, kBit);
  const Shaped above = plan.add(call, plan.out_shape(call), inputs, PlanStep{{-1, 1}}, kBit);
  plan.emit(call, {below.id, above.id}, PlanSum{{-1, -1}, 1});
  return Done{};
}

Status negation(PlanBuilder& plan, const Call& call) {
  plan.emit(call, {plan.in(call, 0).id}, PlanSum{{-1}, 1});
  return Done{};
}

// a b;  a + b - a b;  a + b - 2 a b
Status connective(PlanBuilder& plan, const Call& call) {
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  const PlanEinsum product = elementwise_product(elements(plan.out_shape(call)));
  if (call.node->op == "And") {
    plan.emit(call, inputs, product);
    return Done{};
  }
  const Shaped common = plan.add(call, plan.out_shape(call), inputs, product, kBit);
  if (call.node->op == "Or") {
    plan.emit(call, {inputs[0], inputs[1], common.id}, PlanSum{{1, 1, -1}});
  } else {
    plan.emit(call, {inputs[0], inputs[1], common.id, common.id}, PlanSum{{1, 1, -1, -1}});
  }
  return Done{};
}

// c a + (1 - c) b
Status where(PlanBuilder& plan, const Call& call) {
  const GraphShape& out = plan.out_shape(call);
  const Shaped condition = plan.broadcast(call, plan.in(call, 0), out);
  const Shaped otherwise = plan.add(call, out, {condition.id}, PlanSum{{-1}, 1}, kBit);
  const PlanEinsum product = elementwise_product(elements(out));
  const Shaped first = plan.add(call, out, {condition.id, plan.broadcast(call, plan.in(call, 1), out).id}, product,
                                plan.like_input(call, 1));
  const Shaped second = plan.add(call, out, {otherwise.id, plan.broadcast(call, plan.in(call, 2), out).id}, product,
                                 plan.like_input(call, 2));
  plan.emit(call, {first.id, second.id}, PlanSum{{1, 1}});
  return Done{};
}

// Reals to whole numbers: towards zero. To bools: anything but zero.
Status cast(PlanBuilder& plan, const Call& call) {
  const ElementType from = call.in(0).type;
  const ElementType to = plan.out(call).type;
  const Shaped x = plan.in(call, 0);
  if (from == ElementType::kOther || to == ElementType::kOther) return Error{"this cast is not supported"};
  const bool is_whole = !is_real(from) || plan.is_quantised(x.id);
  if (is_real(to) || (to != ElementType::kBool && is_whole) || from == to) {
    plan.finish(call, x);
    return Done{};
  }
  const bool to_bool = to == ElementType::kBool;
  const auto half = [&](int sign) {
    if (to_bool) return plan.add(call, x.shape, {x.id}, PlanStep{{sign}}, kBit);
    PlanBuilder::Bound bound = plan.like_input(call, 0);
    const Shaped part = plan.add(call, x.shape, {x.id}, PlanSum{{sign}}, bound);
    const Shaped positive = plan.add(call, x.shape, {part.id}, PlanRelu{}, bound);
    bound.is_integer = true;
    return plan.add(call, x.shape, {positive.id}, PlanFloor{}, bound);
  };
  const Shaped up = half(1);
  const Shaped down = half(-1);
  plan.emit(call, {up.id, down.id}, PlanSum{{1, to_bool ? 1 : -1}});
  return Done{};
}

constexpr PlanRule kRules[] = {{"Less", less},     {"Equal", equal},    {"Not", negation}, {"And", connective},
                               {"Or", connective}, {"Xor", connective}, {"Where", where},  {"Cast", cast}};

}  // namespace

std::span<const PlanRule> logic_rules() { return kRules; }

}  // namespace veil
