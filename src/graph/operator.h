// What the float graph knows of an operator: the types and shapes of its results, and how to compute them. A new
// operator is a line in the table of its family's file (op_*.cc) and its two functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

struct TypedShape {
  ElementType type = ElementType::kFloat;
  GraphShape shape;
};

struct Operand {
  TypedShape typed;
  const Array* constant = nullptr;  // none: known only at run time
};

struct AxisList {
  bool given = false;
  std::vector<std::int64_t> axes;
};

inline constexpr std::size_t kAnyInputs = static_cast<std::size_t>(-1);

// One node as its operator sees it. Errors of operators are half sentences: infer_call puts the node in front.
struct Call {
  const Node* node = nullptr;
  std::int64_t opset = 0;
  std::vector<std::optional<Operand>> inputs;

  bool has(std::size_t index) const { return index < inputs.size() && inputs[index].has_value(); }
  const TypedShape& in(std::size_t index) const;
  const GraphShape& shape(std::size_t index) const { return in(index).shape; }

  // Attributes; of another kind than asked for is an error.
  bool has_attribute(const std::string& name) const { return node->attributes.contains(name); }
  Result<std::int64_t> integer(const std::string& name, std::int64_t otherwise) const;
  Result<double> real(const std::string& name, double otherwise) const;
  Result<std::string> word(const std::string& name, const std::string& otherwise) const;
  Result<std::vector<std::int64_t>> integers(const std::string& name) const;  // left out: an empty list
  Result<std::vector<double>> reals(const std::string& name) const;
  Result<std::string> text(const std::string& name, const std::string& otherwise) const;

  // A constant input of integers, of at most one axis.
  Result<std::vector<std::int64_t>> constant_integers(std::size_t index, std::string_view what) const;
  // The attribute `axes` in older opsets, the input of that name from `input_since` on.
  Result<AxisList> axes(std::int64_t input_since) const;
};

using Inputs = std::vector<const Array*>;  // none: left out
using Outputs = std::vector<Array*>;       // of the inferred shapes; what they hold is to be overwritten

class Expansion;

// Either infer and run, or expand for a composite operator (see expansion.h), which infer_and_fold writes as others.
struct Operator {
  std::string_view name;
  std::size_t min_inputs, max_inputs;
  std::string_view attributes;  // every name that it understands, between spaces: " axis keepdims "
  Result<std::vector<TypedShape>> (*infer)(const Call& call);
  Status (*run)(const Call& call, const Inputs& inputs, const Outputs& outputs);  // after infer agreed
  Status (*expand)(Expansion& expansion) = nullptr;  // with infer: may keep the node as it is
};

const Operator* find_operator(std::string_view name);  // none: not supported
std::string supported_operators();                     // for messages
std::vector<const Operator*> all_operators();          // by name, those of files
// An operator of expansions alone: rows [place = j] (op_index.cc).
inline constexpr std::string_view kPlaceRows = "veil:PlaceRows";

// infer, with the checks that all operators share: counts of inputs and outputs, known attributes, sizes in bounds.
// Messages name the node.
Result<std::vector<TypedShape>> infer_call(const Operator& op, const Call& call);
// run, rounding tensors of type float to float and wrapping integers to their type. `types`: what infer_call gave.
Status run_call(const Operator& op, const Call& call, const std::vector<TypedShape>& types, const Inputs& inputs,
                const Outputs& outputs);
// The checks before infer or expand: half a sentence.
Status check_call(const Operator& op, const Call& call);
// The operator, or the sentence that refuses it.
Result<const Operator*> operator_of(const Node& node);
// The node's inputs as `graph` knows them.
Call call_of(const Graph& graph, const Node& node);

std::int64_t to_integer(double value);  // towards zero, saturated; NaN is 0
// Of an integer type of at most 64 bits.
struct TypeRange {
  unsigned bits;
  std::int64_t low, high;
};
TypeRange range_of(ElementType type);
// An integer as the type holds it: its low bits.
double wrapped(std::int64_t value, ElementType type);

// The families.
std::span<const Operator> function_operators();
std::span<const Operator> activation_operators();
std::span<const Operator> unary_operators();
std::span<const Operator> binary_operators();
std::span<const Operator> matmul_operators();
std::span<const Operator> convolve_operators();
std::span<const Operator> pool_operators();
std::span<const Operator> layout_operators();
std::span<const Operator> pad_operators();
std::span<const Operator> index_operators();
std::span<const Operator> scatter_operators();
std::span<const Operator> generate_operators();
std::span<const Operator> reduce_operators();
std::span<const Operator> order_operators();
std::span<const Operator> tree_operators();
std::span<const Operator> normalise_operators();
// The families of composite operators, expand_*.cc.
std::span<const Operator> arithmetic_composites();
std::span<const Operator> normalise_composites();
std::span<const Operator> reduce_composites();
std::span<const Operator> layout_composites();
std::span<const Operator> recurrent_composites();
std::span<const Operator> attention_composites();
std::span<const Operator> einsum_composites();
std::span<const Operator> resize_composites();
std::span<const Operator> quantised_composites();
std::span<const Operator> classical_composites();
std::span<const Operator> encoder_composites();
std::span<const Operator> support_vector_composites();
std::span<const Operator> choice_composites();
std::span<const Operator> loop_composites();
std::span<const Operator> tree_composites();

}  // namespace veil
