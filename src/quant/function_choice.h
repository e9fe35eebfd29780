// The tables of smooth functions that the quantiser uses, by the number of bits.
#pragma once

#include "base/result.h"
#include "circuit/function_table.h"
#include "quant/quantised_graph.h"

namespace veil {

// sigmoid or tanh on all signed integers of `bits` bits, 8 <= bits <= 16; 1 - exp(-x) on those that are not negative.
PieceParameters choose_function(SmoothFunction function, unsigned bits);

// Sigmoid, tanh and 1 - exp(-x) have tables of fixed scales; other functions take those of their input and output.
bool has_own_scale(SmoothFunction function);

// What a table is wanted for: the integers z in [low, high], z * 2^input_scale_log2 the argument; all signed integers
// of `bits` bits get a value, but the error counts in [low, high] only.
struct TableRequest {
  SmoothFunction function = SmoothFunction::kSigmoid;
  std::int64_t alpha = 0, gamma = 0;  // of the function, in units of 2^-32
  std::int64_t low = 0, high = 0;
  std::int64_t input_scale_log2 = 0, output_scale_log2 = 0;
  unsigned bits = 16;             // of the argument and of the result, 8 .. 16
  double tolerable_error = 1.25;  // in output units; the roundings of base and slope alone make up to 1
};

// A real parameter of a function in units of 2^-32, to the nearest; at most 64 in magnitude.
Result<std::int64_t> function_parameter(double value);

struct TableChoice {
  PieceParameters parameters;
  double largest_error = 0;  // in output units, against the real function saturated to the output's range
};

// The table with the fewest rows whose largest error is tolerable; low part, fraction of the slope
// and correction are bytes. Near poles that may be one row for each of the 2^bits values.
Result<TableChoice> choose_table(const TableRequest& request);

// Of logits with this scale.
Result<SoftmaxOp> choose_softmax(std::int32_t scale_log2, unsigned bits);

}  // namespace veil
