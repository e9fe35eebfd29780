// Log(ReduceSum(Exp(x))), which exporters and users write out.
#pragma once

#include "graph/graph.h"

namespace veil {

// Makes one ReduceLogSumExp of the three nodes where nothing else reads what is between them. It takes the largest x
// off first: exp x alone may be beyond all integers.
void join_log_sum_exp(Graph& graph);

}  // namespace veil
