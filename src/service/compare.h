// The float model against its integers, on the owner's rows.
#pragma once

#include <vector>

#include "ops/choose_bits.h"
#include "service/owned_model.h"

namespace veil {

struct FloatComparison {
  Graph graph;
  QuantisedModel model;
  RunComparison runs;
};
// Refuses a model file whose weights are not the key's.
Result<FloatComparison> compare_with_float(const OwnedModel& owned, const std::vector<RealRow>& rows);

}  // namespace veil
