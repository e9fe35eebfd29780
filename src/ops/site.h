// One node of a quantised graph with what is known of its surroundings, and the checks that operators share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "quant/quantised_graph.h"
#include "tensor/fixed_point.h"

namespace veil {

struct NodeFacts {
  IntegerRange accumulator;  // before rounding, over all inputs and weights in their declared ranges
  IntegerRange output;
};

struct Site {
  const QuantisedGraph& graph;
  const QuantisedNode& node;
  const std::vector<IntegerRange>& ranges;        // by QuantId, of the values computed so far
  const std::vector<IntegerRange>& accumulators;  // by node, once analysed
  std::size_t position = 0;                       // of the node

  std::int64_t in_size(std::size_t index) const { return graph.values[node.inputs[index]].size; }
  std::int64_t out_size() const { return graph.values[node.output].size; }
  const IntegerRange& in_range(std::size_t index) const { return ranges[node.inputs[index]]; }
  const IntegerRange& out_range() const { return ranges[node.output]; }
  const IntegerRange& accumulator() const { return accumulators[position]; }
  const ModelTensor& model(std::size_t index) const { return graph.model[node.model[index]]; }
  IntegerRange model_range(std::size_t index) const { return signed_range(static_cast<unsigned>(model(index).bits)); }
  // What a rescale saturates to: all signed integers of the graph's number of bits, or the unsigned ones where it is
  // a Relu as well.
  IntegerRange full_range() const;
  bool saturates_at_zero() const;

  // Scales of values that have one for all elements.
  bool in_has_one_scale(std::size_t index) const { return graph.values[node.inputs[index]].scale_log2.size() == 1; }
  std::int64_t in_scale(std::size_t index) const { return graph.values[node.inputs[index]].scale_log2[0]; }
  std::int64_t out_scale() const { return graph.values[node.output].scale_log2[0]; }

  // Checks that several operators share.
  Status expect_counts(std::size_t inputs, std::size_t least_model, std::size_t most_model) const;
  Status expect_same_sizes() const;  // of all inputs and the output
  Status expect_flags() const;       // that it has a Relu, or that it has none
  Status expect_one_scale() const;   // for every input and the output
  Status expect_output_scale(std::int64_t scale_log2) const;
};

inline constexpr std::int64_t kMaxRescale = 40;  // 2^40 times any limb's place stays below 2^60

Status expect_shift(std::int64_t shift);  // 0 .. kMaxRescale

// Arithmetic on ranges that turns overflow into an error.
Result<IntegerRange> sum_range(const Result<IntegerRange>& a, const Result<IntegerRange>& b);
Result<IntegerRange> product_range(const Result<IntegerRange>& a, const Result<IntegerRange>& b);
Result<IntegerRange> shifted_range(const Result<IntegerRange>& a, std::int64_t up_shift);
// The facts of an operator that rounds `accumulator` by `shift` and saturates to the full range; |accumulator| and the
// rounding must stay within kMaxAccumulator.
Result<NodeFacts> rescaled_facts(const Site& site, const Result<IntegerRange>& accumulator, std::int64_t shift);

}  // namespace veil
