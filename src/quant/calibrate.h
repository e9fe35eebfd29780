// What the float model does on the calibration rows: the range of every value.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

using RealRow = std::vector<std::vector<double>>;  // one list a graph input, in the order of graph.inputs

struct RealRange {
  double low = 0, high = 0;

  double largest() const { return -low > high ? -low : high; }
};

struct Calibration {
  std::int64_t rows = 0;
  std::vector<RealRange> values;                    // by ValueId, over all rows and elements
  std::vector<std::vector<double>> largest_inputs;  // of every element of a row of every input, by magnitude
  // Of the same: the largest scale_log2 at which all its numbers are whole; kWholeAnywhere where they were zero.
  std::vector<std::vector<std::int32_t>> finest_inputs;

  static constexpr std::int32_t kWholeAnywhere = 1 << 20;
};

// The rows as arrays of the inputs' shapes; NaN and wrong lengths are errors that name input and element.
Result<std::vector<Array>> input_arrays(const Graph& graph, const RealRow& row);

Result<Calibration> calibrate(const Graph& graph, const std::vector<RealRow>& rows);

}  // namespace veil
