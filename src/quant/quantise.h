// Float graph and calibration data -> quantised graph and integer weights, for a given number of bits. (Choosing the
// bits needs the integers run: ops/choose_bits.h.)
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quant/calibrate.h"
#include "quant/quantised_graph.h"

namespace veil {

inline constexpr double kDefaultTolerance = 0.05;

struct QuantiseOptions {
  bool hidden = true;
  std::string claim;                                   // empty: reveal the output
  std::vector<std::vector<std::string>> input_labels;  // by graph input; an empty list: none
  std::vector<std::string> output_labels;              // class names, or none
  // Of a revealed output, as a part of its largest number: what the bits must reach.
  double tolerance = kDefaultTolerance;
};

// Two thresholds of one feature that no integer lies between: what is between them is decided like below.
struct MergedThresholds {
  std::string source;  // the node of the model file
  std::int64_t feature = 0;
  double low = 0, high = 0;
  std::int32_t scale_log2 = 0, finer_scale_log2 = 0;  // what the grid is, and one that would tell them apart
};

struct QuantisedModel {
  QuantisedGraph graph;
  Weights weights;
  // By QuantId: the value of the float graph that it stands for, and what that did on the calibration rows.
  std::vector<std::optional<ValueId>> sources;
  std::vector<RealRange> calibrated;
  std::vector<bool> cut_off;  // its readers cut it off, so that its scale need not cover all it does (Relu, Clip)
  std::vector<MergedThresholds> merged_thresholds = {};  // the first thousand; of a setup
  bool softmax_left_out = false;  // the claim is about the argmax only, which is the same on the logits
};

// The graph must be as infer_and_fold leaves it, with one output.
Result<QuantisedModel> quantise_at(const Graph& graph, const Calibration& calibration, unsigned bits,
                                   const QuantiseOptions& options);

// For `veil audit`: the model of this float graph under the scales that `recorded` holds. An error where the recorded
// graph is not what setup would have written for this model file and those scales. (`calibrated` stays empty.)
Result<QuantisedModel> requantise(const Graph& graph, const QuantisedGraph& recorded);

}  // namespace veil
