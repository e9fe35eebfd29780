#include "graph/operator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

template <class T>
Result<T> attribute(const Node& node, const std::string& name, T otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  return Error{"its attribute " + quote(name) + " has the wrong kind"};
}

std::vector<std::span<const Operator>> families() {
  return {function_operators(),    activation_operators(),      unary_operators(),
          binary_operators(),      matmul_operators(),          convolve_operators(),
          pool_operators(),        layout_operators(),          pad_operators(),
          index_operators(),       scatter_operators(),         generate_operators(),
          reduce_operators(),      order_operators(),           normalise_operators(),
          arithmetic_composites(), normalise_composites(),      reduce_composites(),
          layout_composites(),     recurrent_composites(),      attention_composites(),
          einsum_composites(),     resize_composites(),         quantised_composites(),
          classical_composites(),  choice_composites(),         loop_composites(),
          encoder_composites(),    support_vector_composites(), tree_operators(),
          tree_composites()};
}

Error in_node(const Call& call, const std::string& message) {
  std::string text = node_text(*call.node) + ": " + message;
  text[0] = 'O';
  return Error{text};
}

Status check_attributes(const Operator& op, const Node& node) {
  for (const auto& [name, value] : node.attributes) {
    if (op.attributes.find(" " + name + " ") == std::string_view::npos) {
      return Error{"attribute " + quote(name) + " is not supported yet"};
    }
  }
  return Done{};
}

Status check_inputs(const Operator& op, const Call& call) {
  if (call.inputs.size() > op.max_inputs) {
    return Error{"it has " + std::to_string(call.inputs.size()) + " inputs, more than the operator takes"};
  }
  for (std::size_t i = 0; i < op.min_inputs; ++i) {
    if (!call.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
  }
  for (const auto& input : call.inputs) {
    // A branch that is not taken may be of anything.
    if (input && input->typed.type == ElementType::kOther && op.name != "If")
      return Error{"an input has an element type that is not supported"};
  }
  return Done{};
}

Status check_outputs(const Call& call, const std::vector<TypedShape>& outputs) {
  if (call.node->outputs.size() > outputs.size()) {
    return Error{"its output " + std::to_string(outputs.size()) + " is not supported yet"};
  }
  for (const TypedShape& output : outputs) {
    if (output.shape.size() > kMaxRank || !element_count(output.shape)) {
      return Error{"its result of shape " + shape_text(output.shape) + " is too large"};
    }
  }
  return Done{};
}

// Numbers as their type holds them.
void hold_as(ElementType type, std::vector<double>& numbers) {
  if (type == ElementType::kFloat) {
    for (double& number : numbers) number = static_cast<double>(static_cast<float>(number));
  } else if (!is_real(type) && type != ElementType::kBool) {
    for (double& number : numbers) number = wrapped(to_integer(number), type);
  }
}

Result<std::vector<TypedShape>> infer_checked(const Operator& op, const Call& call) {
  VEIL_TRY_STATUS(check_call(op, call));
  if (op.infer == nullptr) return Error{"it must be expanded first: the graph has not been through infer_and_fold"};
  VEIL_TRY(outputs, op.infer(call));
  VEIL_TRY_STATUS(check_outputs(call, outputs));
  return outputs;
}

}  // namespace

const TypedShape& Call::in(std::size_t index) const {
  VEIL_CHECK(has(index));
  return inputs[index]->typed;
}

Result<std::string> Call::text(const std::string& name, const std::string& otherwise) const {
  return attribute<std::string>(*node, name, otherwise);
}

Result<std::vector<double>> Call::reals(const std::string& name) const {
  return attribute<std::vector<double>>(*node, name, {});
}

Result<std::int64_t> Call::integer(const std::string& name, std::int64_t otherwise) const {
  return attribute<std::int64_t>(*node, name, otherwise);
}

Result<double> Call::real(const std::string& name, double otherwise) const {
  return attribute<double>(*node, name, otherwise);
}

Result<std::string> Call::word(const std::string& name, const std::string& otherwise) const {
  return attribute<std::string>(*node, name, otherwise);
}

Result<std::vector<std::int64_t>> Call::integers(const std::string& name) const {
  return attribute<std::vector<std::int64_t>>(*node, name, {});
}

Result<std::vector<std::int64_t>> Call::constant_integers(std::size_t index, std::string_view what) const {
  const std::string name = "its input '" + std::string(what) + "'";
  if (!has(index)) return Error{name + " is missing"};
  const Operand& operand = *inputs[index];
  if (operand.constant == nullptr) {
    return Error{name + " is known only at run time; shapes must not depend on the data"};
  }
  if (is_real(operand.typed.type) || operand.typed.shape.size() > 1) return Error{name + " is no list of integers"};
  std::vector<std::int64_t> values;
  for (const double value : operand.constant->data) values.push_back(to_integer(value));
  return values;
}

Result<AxisList> Call::axes(std::int64_t input_since) const {
  const bool given = opset >= input_since ? has(1) : has_attribute("axes");
  if (!given) return AxisList{};
  VEIL_TRY(values, opset >= input_since ? constant_integers(1, "axes") : integers("axes"));
  return AxisList{true, values};
}

Status check_call(const Operator& op, const Call& call) {
  VEIL_TRY_STATUS(check_attributes(op, *call.node));
  return check_inputs(op, call);
}

const Operator* find_operator(std::string_view name) {
  for (const auto& family : families()) {
    for (const Operator& op : family) {
      if (op.name == name) return &op;
    }
  }
  return nullptr;
}

std::vector<const Operator*> all_operators() {
  std::vector<const Operator*> operators;
  for (const auto& family : families()) {
    for (const Operator& op : family) {
      if (op.name != kPlaceRows) operators.push_back(&op);
    }
  }
  std::sort(operators.begin(), operators.end(), [](const Operator* a, const Operator* b) { return a->name < b->name; });
  return operators;
}

std::string supported_operators() {
  std::vector<std::string> names;
  for (const Operator* op : all_operators()) names.emplace_back(op->name);
  return joined(names);
}

Result<const Operator*> operator_of(const Node& node) {
  if (const Operator* op = find_operator(node.op)) return op;
  return Error{"Operator " + quote(node.op) + " (node " + quote(node.name) +
               ") is not supported yet; supported operators: " + supported_operators() + "."};
}

Result<std::vector<TypedShape>> infer_call(const Operator& op, const Call& call) {
  auto outputs = infer_checked(op, call);
  if (!outputs.ok()) return in_node(call, outputs.error().message + ".");
  return outputs;
}

Status run_call(const Operator& op, const Call& call, const std::vector<TypedShape>& types, const Inputs& inputs,
                const Outputs& outputs) {
  if (const auto status = op.run(call, inputs, outputs); !status.ok()) {
    return in_node(call, status.error().message + ".");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) hold_as(types[i].type, outputs[i]->data);
  return Done{};
}

Call call_of(const Graph& graph, const Node& node) {
  Call call{&node, node.opset != 0 ? node.opset : graph.opset, {}};
  for (const auto& input : node.inputs) {
    if (!input) {
      call.inputs.emplace_back();
      continue;
    }
    const GraphValue& value = graph.values[*input];
    call.inputs.push_back(Operand{{value.type, value.shape}, value.constant ? &*value.constant : nullptr});
  }
  return call;
}

std::int64_t to_integer(double value) {
  constexpr double kTwo63 = 9223372036854775808.0;
  if (std::isnan(value)) return 0;
  if (value >= kTwo63) return std::numeric_limits<std::int64_t>::max();
  if (value <= -kTwo63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

TypeRange range_of(ElementType type) {
  if (type == ElementType::kUint8) return {8, 0, 255};
  if (type == ElementType::kInt8) return {8, -128, 127};
  if (type == ElementType::kBool) return {1, 0, 1};
  using Int32 = std::numeric_limits<std::int32_t>;
  if (type == ElementType::kInt32) return {32, Int32::min(), Int32::max()};
  return {64, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

double wrapped(std::int64_t whole, ElementType type) {
  const TypeRange range = range_of(type);
  if (whole >= range.low && whole <= range.high) return static_cast<double>(whole);
  const std::uint64_t mask = (std::uint64_t{1} << range.bits) - 1;  // not of 64 bits: all of those are in range
  const auto low_bits = static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) & mask);
  return static_cast<double>(low_bits > range.high ? low_bits - static_cast<std::int64_t>(mask) - 1 : low_bits);
}

}  // namespace veil
