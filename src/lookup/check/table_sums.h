// Columns of a table under eq weights of its rows.
#pragma once

#include <vector>

#include "circuit/circuit.h"
#include "commit/weight.h"

namespace veil {

// sum_row eq(row) column(row), for each column; `rows`: the eq weight of as many rows as the table has. Keys that count
// up from k_0 sum to k_0 + sum_j 2^j x_j with x the point (x_0 its last coordinate); [key < 0] of a signed table, whose
// first half is negative, to 1 less the first coordinate; [key = 0], which is one row, to that row's weight. None of
// them needs the rows. Others are summed.
std::vector<Fr> table_sums(const Table& table, const Weight& rows);

}  // namespace veil
