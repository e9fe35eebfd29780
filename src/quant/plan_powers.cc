// Whole numbers raised to whole powers that are data: of the powers 0 to 17, which are products of one another, the
// one that is wanted. Beyond them every power is out of range, and cut to its end, or that of 1, 0 or -1, where only
// the exponent's parity counts.
#include "graph/shape.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

const PlanBuilder::Bound kBit{{}, 1.0, true};
const PlanBuilder::Bound kWhole{{}, {}, true};
constexpr std::int64_t kPowers = 18;

Shaped magnitude_of(PlanBuilder& plan, const Call& call, const Shaped& x) {
  const Shaped positive = plan.add(call, x.shape, {x.id}, PlanRelu{}, kWhole);
  return plan.add(call, x.shape, {positive.id, positive.id, x.id}, PlanSum{{1, 1, -1}}, kWhole);
}

// 16 or 17, as m is even or odd, where m > 17.
Shaped bounded_exponent(PlanBuilder& plan, const Call& call, const Shaped& m) {
  const Shaped halved = plan.add(call, m.shape, {m.id}, PlanScale{-1}, {});
  const Shaped pairs = plan.add(call, m.shape, {halved.id}, PlanFloor{}, kWhole);
  const Shaped above = plan.add(call, m.shape, {m.id, pairs.id, pairs.id}, PlanSum{{-1, 1, 1}, 16}, kWhole);
  const Shaped at_most = plan.add(call, m.shape, {m.id}, PlanSum{{-1}, kPowers - 1}, kWhole);
  const Shaped beyond = plan.add(call, m.shape, {at_most.id}, PlanStep{{1}}, kBit);
  // above is 16 - parity: the parity is added twice more by 16 - above.
  const Shaped wanted = plan.add(call, m.shape, {above.id, m.id}, PlanSum{{-1, -1}, 32}, kWhole);
  const Shaped change = plan.add(call, m.shape, {beyond.id, wanted.id}, elementwise_product(elements(m.shape)), kWhole);
  return plan.add(call, m.shape, {m.id, change.id}, PlanSum{{1, 1}}, kWhole);
}

// [elements, powers]
Shaped all_powers(PlanBuilder& plan, const Call& call, const Shaped& x) {
  const std::int64_t size = elements(x.shape);
  std::vector<PlanId> powers{plan.add(call, x.shape, {x.id, x.id}, PlanSum{{1, -1}, 1}, kBit).id, x.id};
  while (std::ssize(powers) < kPowers) {
    powers.push_back(plan.add(call, x.shape, {powers.back(), x.id}, elementwise_product(size), kWhole).id);
  }
  return plan.add(call, {size, kPowers}, std::move(powers), PlanConcat{size, 1}, kWhole);
}

// 1 / x is whole for x = 1 and x = -1 only, and rounded towards zero otherwise.
Shaped keeps_its_power(PlanBuilder& plan, const Call& call, const Shaped& x, const Shaped& exponent) {
  const Shaped negative = plan.add(call, x.shape, {exponent.id}, PlanStep{{1}}, kBit);
  const Shaped beside = plan.add(call, x.shape, {magnitude_of(plan, call, x).id}, PlanSum{{1}, -1}, kWhole);
  const Shaped distance = magnitude_of(plan, call, beside);
  const Shaped other = plan.add(call, x.shape, {distance.id}, PlanStep{{-1}}, kBit);
  const Shaped lost = plan.add(call, x.shape, {negative.id, other.id}, elementwise_product(elements(x.shape)), kBit);
  return plan.add(call, x.shape, {lost.id}, PlanSum{{-1}, 1}, kBit);
}

}  // namespace

Status power_by_data(PlanBuilder& plan, const Call& call) {
  if (is_real(call.in(0).type) || is_real(call.in(1).type)) {
    return Error{"its exponent is known only at run time, which whole numbers with whole powers can have"};
  }
  const std::vector<PlanId> inputs = plan.both_broadcast(call);
  const Shaped x{inputs[0], plan.out_shape(call)};
  const Shaped exponent{inputs[1], x.shape};
  const std::int64_t size = elements(x.shape);
  const Shaped bounded = bounded_exponent(plan, call, magnitude_of(plan, call, exponent));
  const Shaped hits = equal_to_counted(plan, call, plan.reshaped(bounded, {size}), kPowers);
  Labels labels;
  labels.add(size, {&labels.einsum.x_axes, &labels.einsum.y_axes});
  labels.end_box();
  labels.add(kPowers, {&labels.einsum.x_axes, &labels.einsum.y_axes});
  const PlanBuilder::Bound bound{PlanBuilder::output(call), {}, true};
  const Shaped power = plan.add(call, x.shape, {hits.id, all_powers(plan, call, x).id}, labels.einsum, kWhole);
  const Shaped kept = keeps_its_power(plan, call, x, exponent);
  plan.finish(call, plan.add(call, x.shape, {power.id, kept.id}, elementwise_product(size), bound));
  return Done{};
}

}  // namespace veil
