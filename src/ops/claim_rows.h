// Claims about a batch of rows (quant/claim.h): all(...), count(...), sum(...) and mean(...).
#pragma once

#include "base/result.h"
#include "ops/ending.h"
#include "ops/lowering.h"

namespace veil {

// With y[r, e] the output's integers, r the row, and the bound of each threshold an integer t (before_function where
// the last step is left out):
//   all      y[r, e] - t in [0, 2^k) for every r; argmax c: y[r, c] - y[r, j] - [j < c] in [0, 2^k) for every r and j
//   holds_r  1 where each of the predicate's m comparisons is: of one, its sign; of more, the sign of m - 1 - their sum
//   count    sum_r holds_r - n in [0, 2^k)
//   sum      sum_r y[r, e] - t in [0, 2^k), and mean the same, t being the exact bound of the sum
// Errors: what is true or false of every input.
Status lower_rows_claim(Lowerer& lowerer, const Ending& ending, const ClaimTerm& term);

}  // namespace veil
