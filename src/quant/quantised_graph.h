// The public description of an integer model: operators, shapes, scales, shifts, table parameters; no weights. It is
// what `veil audit` lowers again, and all that a verifier may know of a hidden model: a function of the architecture,
// the declared number of bits and power-of-two scales (attacks 10).
//
// Every value is a flat, row-major array of integers with real value = integer * 2^scale_log2. Reshapes are invisible.
// The exact meaning of each operator is in docs/semantics.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/integer_array.h"
#include "base/result.h"
#include "circuit/function_table.h"
#include "graph/graph.h"
#include "tensor/fixed_point.h"

namespace veil {

using QuantId = std::uint32_t;  // a value of the quantised graph
using ModelId = std::uint32_t;  // a model tensor

// out[box] = sat(round_shift(2^up_shift * sum_rest x[..] * y[..] + 2^bias_shift * bias[..], shift))
// Labels are the axes of the sum: the first box_rank are the output's, row-major, the rest are summed over. x, y and
// bias have the labels that are listed, in this order, row-major. x is inputs[0]; y is a model tensor if has_weight,
// else inputs[1], or 1 where there is neither.
struct EinsumOp {
  std::vector<std::int64_t> lengths;  // by label
  std::int64_t box_rank = 0;
  std::vector<std::int64_t> x_axes, y_axes, bias_axes;  // labels
  std::int64_t has_weight = 0, has_bias = 0;
  std::int64_t up_shift = 0, bias_shift = 0, shift = 0;
  std::int64_t relu = 0;  // 1: saturates to [0, 2^bits - 1] in place of the signed integers
};

// out[i] = sat(round_shift(sum_j coefficients[j] * in_j[i] + constant, shift))
struct SumOp {
  std::vector<std::int64_t> coefficients;
  std::int64_t constant = 0, shift = 0;
  std::int64_t relu = 0;  // as in EinsumOp
};

// out[i] = max(in[i], 0)
struct ReluOp {};

// out[i] = max(in_0[i], in_1[i]), or min where `minimum`
struct MaximumOp {
  std::int64_t minimum = 0;
};

// out[i] = 1 if sum_j coefficients[j] * in_j[i] + constant < 0, else 0
struct StepOp {
  std::vector<std::int64_t> coefficients;
  std::int64_t constant = 0;
};

// out[i] = sat(floor((2^(up_shift+1) in_0[i] + in_1[i]) / (2 in_1[i]))): the nearest integer to the quotient, half up.
// With `floor` sat(floor(2^up_shift in_0[i] / in_1[i])). The divisor's range must be positive.
struct DivideOp {
  std::int64_t up_shift = 0, floor = 0;
};

// out[i] = sat(round_shift((in[i] < 0 ? slope : 2^fraction_bits) * in[i], shift))
struct LeakyReluOp {
  std::int64_t slope = 0, fraction_bits = 0, shift = 0;
};

// out[i] = min(max(in[i], low), high)
struct ClipOp {
  std::int64_t low = 0, high = 0;
};

// out[i] = the table's y(in[i]) (circuit/function_table.h); the input lies in the table's domain
struct FunctionOp {
  std::int64_t function = 0, key_bits = 0, low_bits = 0;
  std::int64_t input_scale_log2 = 0, output_scale_log2 = 0, slope_shift = 0;
  std::int64_t output_bits = 0, alpha = 0, gamma = 0;
};
PieceParameters table_of(const FunctionOp& op);
FunctionOp function_op(const PieceParameters& table);

// out = a model tensor
struct ConstantOp {};

// The input seen through an index map: axis d of the input (of in_lengths, row-major) is read at
//   offsets[d] + sum of coefficient * (position on the output's axis) over the terms of d,
// `fill` where that lies outside. terms: d, output axis, coefficient, and so on. An output axis is in one term at most;
// one that is in none repeats the input.
struct ViewOp {
  std::vector<std::int64_t> in_lengths, out_lengths, offsets, terms;
  std::int64_t fill = 0;
};

// Joins the inputs along an axis; inner: the product of the lengths after it, outer: before it
struct ConcatOp {
  std::int64_t outer = 1, inner = 1;
};

// out[i] = in[i]: another scale for the same integers
struct ScaleOp {};

// out = [one - in[0], in[0]]: the two classes of a binary classifier. Only as the output.
struct PairOp {
  std::int64_t one = 0;
};

// Probabilities of more than two classes (docs/semantics.md, Softmax). Only as the output.
struct SoftmaxOp {
  std::int64_t key_bits = 0, low_bits = 0, input_scale_log2 = 0, slope_shift = 0;  // of the table of 1 - exp(-x)
  std::int64_t exp_bits = 0;                                                       // exp(0) = 2^exp_bits
  std::int64_t probability_bits = 0;  // a probability of 1 is 2^probability_bits
};

// out[r, m] = 1 if sum_f y[m, f] * x[r, f] + z[m] < 0, else 0: y and z are model tensors. x may have a scale for each
// element. In a tree, row m of y is one 1 among zeros, and -z[m] is the least integer that the decision is not true of.
struct ThresholdOp {
  std::int64_t rows = 1, features = 1;
};

// The same at the nodes where a row is: out[r, n, t] = 1 if sum_p here[r, p, t] (sum_f y[p, n, t, f] x[r, f] + z[p, n,
// t]) is below 0, else 0. `here` has one 1 a row and tree, at the place that the row has reached in it.
struct PathThresholdOp {
  std::int64_t rows = 1, places = 1, comparisons = 1, trees = 1, features = 1;
};

using QuantisedOp =
    std::variant<EinsumOp, SumOp, ReluOp, MaximumOp, StepOp, DivideOp, LeakyReluOp, ClipOp, FunctionOp, ConstantOp,
                 ViewOp, ConcatOp, ScaleOp, PairOp, SoftmaxOp, ThresholdOp, PathThresholdOp>;

std::string_view op_name(const QuantisedOp& op);  // "einsum"

struct QuantisedValue {
  std::string name;  // of the graph's value
  std::int64_t size = 1;
  std::vector<std::int32_t> scale_log2;  // one, or one for each element of a row
  bool float_order = false;  // stands for floats in order (tensor/float_order.h); the decisions of trees alone read it
};

inline constexpr std::int64_t kMaxModelBits = 34;  // of a model tensor: thresholds of floats in order

struct ModelTensor {
  std::string name;  // "einsum_1/weight"
  std::int64_t size = 1;
  std::int64_t bits = 0;  // signed; the declared and proven range
  std::int32_t scale_log2 = 0;
};

struct QuantisedInput {
  QuantId value = 0;
  GraphShape shape;                 // as the model file says
  std::vector<std::string> labels;  // one for each element of a row, or none
};

struct QuantisedNode {
  std::string name;    // "einsum_1"
  std::string source;  // what it was in the model file, for messages
  std::vector<QuantId> inputs;
  std::vector<ModelId> model;
  QuantId output = 0;
  QuantisedOp op;
};

struct QuantisedGraph {
  std::int64_t bits = 16;              // of activations and weights
  bool hidden = true;                  // are the weights secret?
  std::int64_t batch = 1;              // rows that one proof is about: the first axis of the inputs and the output
  std::string claim;                   // the predicate in the user's words; empty: the output is revealed
  std::vector<QuantisedInput> inputs;  // in the order of the graph's
  std::vector<QuantisedValue> values;
  std::vector<ModelTensor> model;
  std::vector<QuantisedNode> nodes;  // in topological order
  QuantId output = 0;
  std::string output_name;  // of the model file's output; the value may be its logits (claims about the argmax)
  GraphShape output_shape;
  std::vector<std::string> output_labels;  // of the elements of a row's output: class names, or none
};

// Of an input's integers: those of the graph's bits, or of the order of floats.
IntegerRange input_range(const QuantisedGraph& graph, const QuantisedInput& input);

// The secret half: the integers of each model tensor, row-major. Copies share them; wiped when the last one dies.
struct Weights {
  std::vector<IntegerArray> tensors;
};

// Canonical JSON: sorted keys, integers and strings only, no white space. Equal graphs give equal bytes.
std::string quantised_graph_json(const QuantisedGraph& graph);
// Accepts exactly what quantised_graph_json writes, with every id in range and every size within limits.h. Whether the
// numbers of an operator make sense is checked where it is analysed (ops/analysis.h).
Result<QuantisedGraph> read_quantised_graph(std::string_view json);

// {"tensor name": [integers]}; for the independent evaluator of the tests. Secret!
std::string weights_json(const QuantisedGraph& graph, const Weights& weights);

// Do the sizes and ranges of the weights fit the graph?
Status check_weights(const QuantisedGraph& graph, const Weights& weights);

}  // namespace veil
