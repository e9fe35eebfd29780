// The tables of smooth functions that the quantiser uses, by the number of bits.
#pragma once

#include "base/result.h"
#include "circuit/function_table.h"
#include "quant/quantised_graph.h"

namespace veil {

// sigmoid or tanh on all signed integers of `bits` bits, 8 <= bits <= 16; 1 - exp(-x) on those that are not negative.
PieceParameters choose_function(SmoothFunction function, unsigned bits);

// Of logits with this scale.
Result<SoftmaxOp> choose_softmax(std::int32_t scale_log2, unsigned bits);

}  // namespace veil
