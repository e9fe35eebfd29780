// The whole way from a float graph and calibration data to an integer model, the number of bits included.
#pragma once

#include <vector>

#include "base/result.h"
#include "quant/quantise.h"

namespace veil {

inline constexpr unsigned kAutoBits = 0;
inline constexpr double kWantedAgreement = 0.999;

// Float against integer run over rows of data, for reports and for choosing the bits.
struct ValueError {
  double largest = 0, mean = 0, root_mean_square = 0;  // of |integer * scale - float|, over all rows and elements
  double largest_real = 0;                             // of |float|
  std::int64_t saturated = 0;  // elements that no integer of the value's scale is near, over all rows
};
struct RunComparison {
  std::int64_t rows = 0;                // each one of a batch counts
  std::int64_t agreeing = 0;            // rows with the same decision
  std::vector<std::int64_t> differing;  // the others
  std::vector<ValueError> values;       // by QuantId; zero where the float graph has no such value
  ValueError output;                    // of the model's output
  std::vector<double> real_outputs;     // row after row, as the float model gives them
  std::vector<double> integer_outputs;

  // The output's error, as a part of its largest number. Of whole numbers (labels, signs), where a close decision moves
  // a number far: the part of them that are others, if that is less.
  double relative_error() const;
  std::int64_t saturated() const;  // of all values
  double agreement() const { return rows == 0 ? 1.0 : static_cast<double>(agreeing) / static_cast<double>(rows); }
};

// Decision: the truth of the claim if there is one, of the predicate that it counts if it is about a batch; else the
// argmax of an output of several elements; else whether the error is at most 1% of the output's range in these rows.
Result<RunComparison> compare_runs(const Graph& graph, const QuantisedModel& model, const std::vector<RealRow>& rows);

// bits: 8, 12, 16, or kAutoBits for the smallest of these whose decisions agree on 99.9% of the calibration rows, and
// whose output, where it is revealed, is within the tolerance; else 16. (From 9 bits on a value takes two limbs:
// numbers in between would not be cheaper.)
Result<QuantisedModel> quantise(const Graph& graph, const std::vector<RealRow>& calibration_rows, unsigned bits,
                                const QuantiseOptions& options);

}  // namespace veil
