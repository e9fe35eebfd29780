// The decisions of trees.
#include <algorithm>
#include <cmath>

#include "quant/feature_order.h"
#include "quant/plan_builder.h"
#include "quant/plan_scales.h"

namespace veil {

namespace {

Status threshold(PlanBuilder& plan, const Call& call) {
  const Array* feature = PlanBuilder::constant(call, 1);
  const Array* threshold = PlanBuilder::constant(call, 2);
  if (feature == nullptr || threshold == nullptr) return Error{"its thresholds are no constants"};
  const GraphShape& shape = call.shape(0);
  PlanThreshold op{shape[0], shape[1], {}, threshold->data};
  for (const double each : feature->data) op.feature.push_back(to_integer(each));
  std::vector<PlanId> inputs{plan.in(call, 0).id};
  if (call.has(3)) {
    inputs.push_back(plan.in(call, 3).id);
    VEIL_TRY(trees, call.integer("trees", 1));
    op.trees = trees;
    op.places = call.shape(3)[1] / trees;
  }
  plan.emit(call, std::move(inputs), std::move(op));
  return Done{};
}

Status ends(PlanBuilder& plan, const Call& call) {
  const GraphShape& shape = call.shape(0);
  plan.emit(call, {plan.in(call, 0).id}, PlanEnds{shape[0], shape[1]});
  return Done{};
}

constexpr PlanRule kRules[] = {{"veil:Threshold", threshold}, {"veil:Ends", ends}};

}  // namespace

void drop_ends(Plan& plan, bool missing) {
  const std::vector<bool> ordered = missing ? only_compared(plan) : std::vector<bool>(plan.values.size(), false);
  std::vector<const PlanEnds*> dropped(plan.values.size(), nullptr);
  std::vector<PlanId> input_of(plan.values.size(), 0);
  for (const PlanNode& node : plan.nodes) {
    const auto* op = std::get_if<PlanEnds>(&node.op);
    if (op == nullptr || ordered[node.output]) continue;
    dropped[node.output] = op;
    input_of[node.output] = node.inputs[0];
  }
  for (PlanNode& node : plan.nodes) {
    auto* decide = std::get_if<PlanThreshold>(&node.op);
    if (decide == nullptr || dropped[node.inputs[0]] == nullptr) continue;
    decide->features = dropped[node.inputs[0]]->features;
    for (std::int64_t& feature : decide->feature) feature %= decide->features;
    node.inputs[0] = input_of[node.inputs[0]];
  }
  std::erase_if(plan.nodes, [&](const PlanNode& node) { return dropped[node.output] != nullptr; });
}

void add_merged_thresholds(const PlanNode& node, const PlanThreshold& plan, const std::vector<std::int32_t>& scales,
                           std::vector<MergedThresholds>& merged) {
  constexpr std::size_t kMost = 1000;
  std::vector<std::pair<std::int64_t, double>> all;
  for (std::size_t m = 0; m < plan.feature.size(); ++m) {
    if (std::isfinite(plan.threshold[m])) all.emplace_back(plan.feature[m], plan.threshold[m]);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (std::size_t i = 1; i < all.size() && merged.size() < kMost; ++i) {
    const auto [feature, low] = all[i - 1];
    const double high = all[i].second;
    if (all[i].first != feature) continue;
    const std::int32_t scale = scales[scales.size() == 1 ? 0 : static_cast<std::size_t>(feature)];
    if (std::floor(std::ldexp(low, -scale)) != std::floor(std::ldexp(high, -scale))) continue;
    merged.push_back({node.source, feature, low, high, scale, std::ilogb(high - low)});
  }
}

std::span<const PlanRule> tree_rules() { return kRules; }

}  // namespace veil
