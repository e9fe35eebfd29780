// The model in float32, as onnxruntime computes it: sums in double, every tensor of type float rounded to float. The
// reference for calibration and for the error report.
#pragma once

#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "graph/operator.h"

namespace veil {

// Checks a graph once (shapes as infer_and_fold leaves them) and runs it on many rows. The graph must outlive the
// runner and stay as it is.
class FloatRunner {
 public:
  static Result<FloatRunner> create(const Graph& graph);

  // One array a graph input, in the order of graph.inputs, each of exactly the input's shape.
  Status run(const std::vector<Array>& inputs);
  // What the last run gave any value of the graph; a constant's value at any time.
  const Array& value(ValueId id) const;

 private:
  struct Step {
    const Operator* op;
    Call call;
    std::vector<TypedShape> types;
    Inputs inputs;
    Outputs outputs;
  };

  explicit FloatRunner(const Graph& graph) : graph_(&graph), values_(graph.values.size()) {}
  Status add_step(const Node& node, std::vector<bool>& known);

  const Graph* graph_;
  std::vector<Array> values_;  // by ValueId; empty for constants
  std::vector<Step> steps_;    // point into values_ and graph_
};

// One row: all values by ValueId, constants included (copied: use FloatRunner for many rows).
Result<std::vector<Array>> run_float(const Graph& graph, const std::vector<Array>& inputs);

}  // namespace veil
