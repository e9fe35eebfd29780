// Checks a quantised graph and bounds every number of it, from declared ranges only: whatever the input and the hidden
// weights are, no accumulator exceeds its bound (attacks 10).
#pragma once

#include <vector>

#include "base/result.h"
#include "quant/claim.h"
#include "quant/quantised_graph.h"
#include "tensor/fixed_point.h"

namespace veil {

struct Analysis {
  std::vector<IntegerRange> ranges;        // by QuantId
  std::vector<IntegerRange> accumulators;  // by node
  Claim claim;                             // without terms: the output is revealed
};

Result<Analysis> analyse(const QuantisedGraph& graph);

OutputNames output_names(const QuantisedGraph& graph);

}  // namespace veil
