// A quantised graph run on integers: the exact semantics, without any circuit. The trace must agree with it.
#pragma once

#include <vector>

#include "base/result.h"
#include "ops/analysis.h"
#include "quant/quantised_graph.h"

namespace veil {

// Checks a graph once and runs it on many rows. Graph and weights must outlive the runner.
class IntegerRunner {
 public:
  static Result<IntegerRunner> create(const QuantisedGraph& graph, const Weights& weights);

  // One list an input, in the order of the graph's inputs; every integer in the inputs' range.
  Status run(const std::vector<std::vector<std::int64_t>>& inputs);
  // What the last run gave any value, by QuantId.
  const std::vector<std::vector<std::int64_t>>& values() const { return values_; }
  const std::vector<std::int64_t>& output() const { return values_[graph_->output]; }
  // Is the graph's claim true of the last run? True without a claim. The argmax of a softmax is that of its logits.
  Result<bool> claim_holds() const;
  const Analysis& analysis() const { return analysis_; }

 private:
  IntegerRunner(const QuantisedGraph& graph, const Weights& weights, Analysis analysis)
      : graph_(&graph), weights_(&weights), analysis_(std::move(analysis)), values_(graph.values.size()) {}

  const QuantisedGraph* graph_;
  const Weights* weights_;
  Analysis analysis_;
  std::vector<std::vector<std::int64_t>> values_;
};

// One row: all values by QuantId.
Result<std::vector<std::vector<std::int64_t>>> evaluate_integers(const QuantisedGraph& graph, const Weights& weights,
                                                                 const std::vector<std::vector<std::int64_t>>& inputs);

}  // namespace veil
