// The float model against its integers, on the owner's rows.
#pragma once

#include <vector>

#include "ops/choose_bits.h"
#include "service/json.h"
#include "service/owned_model.h"

namespace veil {

struct FloatComparison {
  Graph graph;
  QuantisedModel model;
  RunComparison runs;
};
// Refuses a model file whose weights are not the key's.
Result<FloatComparison> compare_with_float(const OwnedModel& owned, const std::vector<RealRow>& rows);

// Of the rows compared; the outputs row after row, as the float model and as the integers give them.
Json comparison_json(const OwnedModel& owned, const RunComparison& runs);

}  // namespace veil
