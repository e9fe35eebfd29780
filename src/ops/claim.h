// The end of a circuit: the output becomes public, or a predicate on it is proven and nothing else about it. (What need
// not be lowered for a predicate: ops/ending.h.)
#pragma once

#include "base/result.h"
#include "ops/lowering.h"

namespace veil {

// Reveal:     public[i] - y[i] = 0
// Threshold:  y[i] - t in [0, 2^k), or t - y[i] in [0, 2^k), 2^k above the distance from t to the end of y's range
// Argmax c:   y[c] - y[j] - [j < c] in [0, 2^k) for every j other than c: the lowest index wins a tie
Status lower_output(Lowerer& lowerer);

}  // namespace veil
