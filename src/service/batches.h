// Rows of data as proofs take them: one a proof, or a batch of so many.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "data/data.h"
#include "quant/calibrate.h"

namespace veil {

// What the rows of a data file must look like: of a batch, each one has a first axis of length 1.
std::vector<InputSpec> row_specs(std::vector<InputSpec> inputs, std::int64_t batch);

// `batch` rows from `first` on, one after the other; behind the last row the first one follows.
RealRow rows_from(const DataSet& data, std::size_t first, std::int64_t batch);

// All rows; the last batch is filled up with the first rows.
std::vector<RealRow> calibration_batches(const DataSet& data, std::int64_t batch);
// The whole batches that the rows make. An error where they are fewer than one.
Result<std::vector<RealRow>> whole_batches(const DataSet& data, std::int64_t batch);

}  // namespace veil
