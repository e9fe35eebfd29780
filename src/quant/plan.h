// The model between float graph and quantised graph: few kinds of nodes on flat arrays, weights still real. Building
// it refuses what cannot be proven; folding makes an MLP out of what exporters write around one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "circuit/function_table.h"
#include "graph/graph.h"

namespace veil {

using PlanId = std::uint32_t;

// out[a,o,b] = sum_k weight[o,k] in[a,k,b] + bias[o]
struct PlanLinear {
  std::int64_t outer = 1, reduced = 1, width = 1, inner = 1;  // lengths of a, k, o, b
  std::vector<double> weight;                                 // width x reduced
  std::vector<double> bias;                                   // width, or empty
};

// Which of consecutive axes (lengths, row-major) an elementwise constant varies along.
struct Pattern {
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> present;  // 0 or 1

  std::int64_t full_size() const;
  std::int64_t compact_size() const;  // of the axes that are present
  std::size_t compact_index(std::int64_t flat) const;
  bool operator==(const Pattern&) const = default;
};

// out = factor * in + addend; either may be empty (1 and 0), else of the pattern's compact size
struct PlanAffine {
  Pattern pattern;
  std::vector<double> factor, addend;

  double factor_at(std::int64_t flat) const { return factor.empty() ? 1.0 : factor[pattern.compact_index(flat)]; }
  double addend_at(std::int64_t flat) const { return addend.empty() ? 0.0 : addend[pattern.compact_index(flat)]; }
};

struct PlanSum {
  std::vector<int> signs;  // +1 or -1, one an input
};
struct PlanProduct {};
struct PlanRelu {};
struct PlanLeakyRelu {
  double alpha = 0;
};
struct PlanClip {
  double low = 0, high = 0;  // may be infinite
};
struct PlanFunction {
  SmoothFunction function = SmoothFunction::kSigmoid;
};
struct PlanConcat {
  std::int64_t outer = 1, inner = 1;
};
struct PlanScale {  // out = 2^log2 * in
  std::int32_t log2 = 0;
};
struct PlanPair {};  // out = [1 - in, in]
struct PlanSoftmax {};

using PlanOp = std::variant<PlanLinear, PlanAffine, PlanSum, PlanProduct, PlanRelu, PlanLeakyRelu, PlanClip,
                            PlanFunction, PlanConcat, PlanScale, PlanPair, PlanSoftmax>;

struct PlanValue {
  std::string name;
  std::int64_t size = 1;
  std::optional<ValueId> source;  // the value of the float graph that has the same numbers
};

struct PlanNode {
  std::string source;  // the node of the model file, for messages
  std::vector<PlanId> inputs;
  PlanId output = 0;
  PlanOp op;
};

struct Plan {
  std::vector<PlanValue> values;
  std::vector<PlanNode> nodes;  // in topological order
  std::vector<PlanId> inputs;   // one for each of the graph's inputs
  PlanId output = 0;
};

// The graph must be as infer_and_fold leaves it, with one output. Errors name the operator and its node.
Result<Plan> build_plan(const Graph& graph);

// Folds elementwise constants into neighbouring Linear nodes and finds the last steps of classifiers. The rules look at
// where constants stand and at the numbers 1, -1 and powers of two in scalars, never at weights.
void fold_plan(Plan& plan);

// For a claim about the argmax only: a softmax at the end keeps the order and is left out. True if there was one.
bool drop_final_softmax(Plan& plan);

// consumers[id]: the positions in plan.nodes that read the value, one entry a use.
std::vector<std::vector<std::size_t>> plan_consumers(const Plan& plan);

}  // namespace veil
