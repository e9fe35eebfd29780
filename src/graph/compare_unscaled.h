// Scalers in front of trees. A tree that compares a feature's scaled number with a threshold compares the feature with
// another threshold: scaling rises, and rounding keeps the order. So the trees read the features as they come, which
// makes their decisions exact for every float, and lets values be missing.
#pragma once

#include "graph/graph.h"

namespace veil {

// What veil:Ends reads is replaced by what scaling (Sub, Add, Mul, Div by constants, of which the factors are above 0),
// also of some columns that are concatenated, is made from; each threshold t by the largest float that scaling takes to
// t or below. Floats only. Called when all is inferred and folded; scaling that nothing else reads is left unneeded.
void compare_unscaled(Graph& graph);

}  // namespace veil
