// The decisions of trees.
#include "quant/plan_builder.h"

namespace veil {

namespace {

Status threshold(PlanBuilder& plan, const Call& call) {
  const Array* feature = PlanBuilder::constant(call, 1);
  const Array* threshold = PlanBuilder::constant(call, 2);
  if (feature == nullptr || threshold == nullptr) return Error{"its thresholds are no constants"};
  const GraphShape& shape = call.shape(0);
  PlanThreshold op{shape[0], shape[1], {}, threshold->data};
  for (const double each : feature->data) op.feature.push_back(to_integer(each));
  plan.emit(call, {plan.in(call, 0).id}, std::move(op));
  return Done{};
}

constexpr PlanRule kRules[] = {{"veil:Threshold", threshold}};

}  // namespace

std::span<const PlanRule> tree_rules() { return kRules; }

}  // namespace veil
