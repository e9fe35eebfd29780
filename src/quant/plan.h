// The model between float graph and quantised graph: few kinds of nodes on flat arrays, weights still real. Building
// it refuses what cannot be proven; folding makes an MLP out of what exporters write around one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "circuit/function_table.h"
#include "graph/graph.h"

namespace veil {

using PlanId = std::uint32_t;

// out[box] = sum_rest x[..] y[..] + bias[..], by labels as in EinsumOp (quantised_graph.h). y is the weight, or the
// second input, or 1.
struct PlanEinsum {
  std::vector<std::int64_t> lengths;
  std::int64_t box_rank = 0;
  std::vector<std::int64_t> x_axes, y_axes, bias_axes;
  bool has_weight = false;
  bool rounds = false;               // its results are the nearest whole numbers, of a quantised model
  std::vector<double> weight, bias;  // by y_axes and bias_axes; bias may be empty

  std::int64_t size_of(const std::vector<std::int64_t>& axes) const;
};

// For every element of an array by the labels `axes`: its place in a value by `value_axes`, at position 0 of labels
// that the array does not have.
std::vector<std::int64_t> places_in(const PlanEinsum& einsum, const std::vector<std::int64_t>& axes,
                                    const std::vector<std::int64_t>& value_axes);
// Has every element of a row of x weights of its own? Then elements may differ in scale. Of a batch of rows, these are
// x's first axis.
bool has_weight_for_each(const PlanEinsum& einsum, std::int64_t batch);

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

// The same as a product with weights, or with 1.
PlanEinsum as_product(const PlanAffine& affine);

struct PlanSum {
  std::vector<int> coefficients;  // +-1, one an input
  int constant = 0;
};
struct PlanRelu {};
struct PlanMaximum {  // of two inputs
  bool minimum = false;
};
struct PlanStep {  // 1 where the sum is negative, else 0
  std::vector<int> coefficients;
};
struct PlanFloor {};
struct PlanRound {};   // ties to even; settle_rounds leaves none
struct PlanDivide {    // the divisor is at least one unit of its scale, or counts as that
  bool floor = false;  // rounded down to a whole number
};
struct PlanLeakyRelu {
  double alpha = 0;
};
struct PlanClip {
  double low = 0, high = 0;  // may be infinite
};
struct PlanFunction {
  SmoothFunction function = SmoothFunction::kSigmoid;
  double alpha = 0, gamma = 0;  // its parameters, 0 where it has none
};
struct PlanConstant {
  std::vector<double> data;
};
struct PlanView {  // as ViewOp
  std::vector<std::int64_t> in_lengths, out_lengths, offsets, terms;
  double fill = 0;  // outside the input; minus infinity: less than everything
};
struct PlanConcat {
  std::int64_t outer = 1, inner = 1;
};
struct PlanScale {  // out = 2^log2 * in
  std::int32_t log2 = 0;
};
struct PlanPair {};  // out = [1 - in, in]
struct PlanSoftmax {};
// out[row, m] = 1 where x[row, feature[m]] <= threshold[m], else 0: the decisions of trees
struct PlanThreshold {
  std::int64_t rows = 1, features = 1;
  std::vector<std::int64_t> feature;
  std::vector<double> threshold;
  std::int64_t places = 0, trees = 0;  // with a second input: the comparisons [places, any, trees] at a row's places
};
// out[row] = [x[row], x[row]], a missing value at the upper end in the first half and at the lower end in the second
struct PlanEnds {
  std::int64_t rows = 1, features = 1;
};

using PlanOp = std::variant<PlanEinsum, PlanAffine, PlanSum, PlanRelu, PlanMaximum, PlanStep, PlanFloor, PlanRound,
                            PlanDivide, PlanLeakyRelu, PlanClip, PlanFunction, PlanConstant, PlanView, PlanConcat,
                            PlanScale, PlanPair, PlanSoftmax, PlanThreshold, PlanEnds>;

struct PlanValue {
  std::string name;
  std::int64_t size = 1;
  std::optional<ValueId> source = {};  // the value of the float graph that has the same numbers
  // Of a value in the middle of an operator, which the graph does not have: no number is larger than those of that
  // value of the graph, or than this.
  std::optional<ValueId> like = {};
  std::optional<double> largest = {};
  bool is_integer = false;  // whole numbers, exactly: scale 0
  bool is_double = false;   // an input of more than float32's precision
  // The node of the file whose softmax reads it: there, numbers far below the largest do not count.
  std::string softmax = {};
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
  std::int64_t batch = 1;  // of the graph
};

// The graph must be as infer_and_fold leaves it, with one output. Errors name the operator and its node.
Result<Plan> build_plan(const Graph& graph);

// Where no value may be missing, or where numbers are not just compared, decisions read x itself and not its two ends.
// What remains of PlanEnds reads floats in order.
void drop_ends(Plan& plan, bool missing);

// Has the operator a rule of its own? (Others are expanded, or folded.)
bool has_plan_rule(std::string_view op);

// Folds elementwise constants into neighbouring products and finds the last steps of classifiers. The rules look at
// where constants stand and at the numbers 1, -1 and powers of two in scalars, never at weights.
void fold_plan(Plan& plan);

// Writes Round with other nodes, or makes it the rounding of the product that it reads.
void settle_rounds(Plan& plan);

// For a claim about the argmax only: a softmax at the end keeps the order and is left out. True if there was one.
bool drop_final_softmax(Plan& plan);

// consumers[id]: the positions in plan.nodes that read the value, one entry a use.
std::vector<std::vector<std::size_t>> plan_consumers(const Plan& plan);

}  // namespace veil
