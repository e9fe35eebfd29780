// Which values of a plan are only ever compared with thresholds of trees. Nothing but their order matters there, so
// that they may stand for floats in order (tensor/float_order.h): no comparison changes, however long a feature's tail.
#pragma once

#include <vector>

#include "quant/plan.h"

namespace veil {

// By PlanId: inputs that are no doubles, and views and joins of such alone, that only the decisions of trees read.
std::vector<bool> only_compared(const Plan& plan);

}  // namespace veil
