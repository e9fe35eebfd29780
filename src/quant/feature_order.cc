#include "quant/feature_order.h"

#include <algorithm>

namespace veil {

namespace {

// Does the node hand numbers on as they are?
bool moves(const PlanNode& node) {
  if (const auto* view = std::get_if<PlanView>(&node.op)) return view->fill == 0;
  return std::holds_alternative<PlanConcat>(node.op) || std::holds_alternative<PlanEnds>(node.op);
}

bool compares(const PlanNode& node, PlanId id) {
  return std::holds_alternative<PlanThreshold>(node.op) &&
         std::count(node.inputs.begin(), node.inputs.end(), id) == 1 && node.inputs[0] == id;
}

}  // namespace

std::vector<bool> only_compared(const Plan& plan) {
  const std::vector<std::vector<std::size_t>> consumers = plan_consumers(plan);
  std::vector<bool> out(plan.values.size(), false);
  for (const PlanId id : plan.inputs) out[id] = !plan.values[id].is_double;
  for (const PlanNode& node : plan.nodes) out[node.output] = moves(node);
  const auto holds = [&](PlanId id) {
    if (id == plan.output || consumers[id].empty()) return false;
    return std::all_of(consumers[id].begin(), consumers[id].end(), [&](std::size_t reader) {
      const PlanNode& node = plan.nodes[reader];
      return compares(node, id) || (moves(node) && out[node.output]);
    });
  };
  // What a value is read by, and what it is made of, takes it out; each round takes one out at least.
  for (bool changed = true; changed;) {
    changed = false;
    const auto take_out = [&](PlanId id) {
      changed = changed || out[id];
      out[id] = false;
    };
    for (PlanId id = static_cast<PlanId>(out.size()); id-- > 0;) {
      if (out[id] && !holds(id)) take_out(id);
    }
    for (const PlanNode& node : plan.nodes) {
      const bool all = std::all_of(node.inputs.begin(), node.inputs.end(), [&](PlanId id) { return out[id]; });
      if (moves(node) && out[node.output] && !all) take_out(node.output);
    }
  }
  return out;
}

}  // namespace veil
