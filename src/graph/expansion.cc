#include "graph/expansion.h"

#include <algorithm>

#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::int64_t kMaxMadeConstant = std::int64_t{1} << 24;

// Messages about the new nodes name the node of the file and its operator.
std::string origin_of(const Node& node) { return node.opset == 0 ? node.name + " (" + node.op + ")" : node.name; }

}  // namespace

std::int64_t onnx_code(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return 1;
    case ElementType::kUint8:
      return 2;
    case ElementType::kInt8:
      return 3;
    case ElementType::kInt32:
      return 6;
    case ElementType::kInt64:
      return 7;
    case ElementType::kBool:
      return 9;
    case ElementType::kDouble:
      return 11;
    case ElementType::kOther:
      break;
  }
  return 0;
}

Expansion::Expansion(const Graph& graph, const Node& node, NodeSink& sink)
    : graph_(&graph),
      node_(&node),
      sink_(&sink),
      call_(call_of(graph, node)),
      seen_values_(graph.values.data()),
      first_own_value_(graph.values.size()),
      given_(node.outputs.size(), false) {}

// Values move when there are more of them.
void Expansion::refresh() {
  if (graph_->values.data() == seen_values_) return;
  call_ = call_of(*graph_, *node_);
  seen_values_ = graph_->values.data();
}

ValueId Expansion::input(std::size_t index) const {
  VEIL_CHECK(has(index));
  return *node_->inputs[index];
}

GraphShape Expansion::shape(ValueId value) const { return failed() ? GraphShape{} : graph_->values[value].shape; }

const Array* Expansion::constant(ValueId value) const {
  const auto& constant = graph_->values[value].constant;
  return constant && !failed() ? &*constant : nullptr;
}

void Expansion::fail_with(const Error& error) {
  if (!failed()) status_ = error;
}

void Expansion::fail(const std::string& half_sentence) {
  std::string text = node_text(*node_) + ": " + half_sentence + ".";
  text[0] = 'O';
  fail_with(Error{text});
}

bool Expansion::may_hold(const GraphShape& shape) {
  const auto count = element_count(shape);
  if (!count || *count > kMaxMadeConstant) fail("it needs a constant of shape " + shape_text(shape) + ", too large");
  return !failed();
}

ValueId Expansion::new_value(const std::string& name, ElementType type, GraphShape shape,
                             std::optional<Array> constant) {
  if (failed()) return node_->outputs[0];
  const std::string full_name = node_->name + "." + name + "." + std::to_string(next_number_++);
  const auto id = sink_->new_value({full_name, type, std::move(shape), std::move(constant), {}});
  refresh();
  if (id.ok()) return *id;
  fail(id.error().message);
  return node_->outputs[0];
}

std::vector<ValueId> Expansion::add_many(const std::string& op, std::vector<std::optional<ValueId>> inputs,
                                         std::size_t output_count, Attributes attributes, std::int64_t opset) {
  Node node{op, origin_of(*node_), std::move(inputs), {}, std::move(attributes), opset == 0 ? kExpandedOpset : opset};
  while (!node.inputs.empty() && !node.inputs.back()) node.inputs.pop_back();
  return visit(std::move(node), output_count);
}

std::vector<ValueId> Expansion::repeat(const Node& inner, std::int64_t opset,
                                       std::vector<std::optional<ValueId>> inputs) {
  Node node = inner;
  node.name = node_->name + "/" + inner.name;
  node.opset = inner.opset != 0 ? inner.opset : opset;
  node.inputs = std::move(inputs);
  node.outputs.clear();
  std::vector<ValueId> outputs = visit(std::move(node), inner.outputs.size());
  for (ValueId& id : outputs) id = sink_->source(id);
  return outputs;
}

std::vector<ValueId> Expansion::visit(Node node, std::size_t output_count) {
  for (std::size_t i = 0; i < output_count; ++i) {
    node.outputs.push_back(new_value(node.op, ElementType::kOther, {}, {}));
  }
  std::vector<ValueId> outputs = node.outputs;
  if (failed()) return outputs;
  if (const Status visited = sink_->visit(std::move(node)); !visited.ok()) fail_with(visited.error());
  refresh();
  return outputs;
}

ValueId Expansion::add(const std::string& op, std::vector<std::optional<ValueId>> inputs, Attributes attributes) {
  return add_many(op, std::move(inputs), 1, std::move(attributes))[0];
}

ValueId Expansion::constant(Array array, ElementType type) {
  if (type == ElementType::kFloat) {
    for (double& value : array.data) value = static_cast<double>(static_cast<float>(value));
  }
  GraphShape shape = array.shape;
  return new_value("constant", type, std::move(shape), std::move(array));
}

ValueId Expansion::integers(const Integers& list) {
  return constant({{std::ssize(list)}, {list.begin(), list.end()}}, ElementType::kInt64);
}

ValueId Expansion::number(double value, ElementType type) { return constant({{}, {value}}, type); }

ValueId Expansion::reshape(ValueId x, const GraphShape& to) {
  if (shape(x) == to) return x;
  return add("Reshape", {x, integers(to)});
}

ValueId Expansion::expand_to(ValueId x, const GraphShape& to) {
  if (shape(x) == to) return x;
  return add("Expand", {x, integers(to)});
}

ValueId Expansion::transpose(ValueId x, const Integers& order) {
  if (std::is_sorted(order.begin(), order.end())) return x;
  return add("Transpose", {x}, {{"perm", order}});
}

ValueId Expansion::slice(ValueId x, std::size_t axis, std::int64_t begin, std::int64_t end) {
  return add("Slice", {x, integers({begin}), integers({end}), integers({static_cast<std::int64_t>(axis)})});
}

ValueId Expansion::gather(ValueId x, std::size_t axis, const Integers& indices) {
  return add("Gather", {x, integers(indices)}, {{"axis", static_cast<std::int64_t>(axis)}});
}

ValueId Expansion::concat(const std::vector<ValueId>& parts, std::size_t axis) {
  if (parts.size() == 1) return parts[0];
  return add("Concat", {parts.begin(), parts.end()}, {{"axis", static_cast<std::int64_t>(axis)}});
}

ValueId Expansion::reduce(const std::string& op, ValueId x, const Integers& axes, bool keep) {
  if (axes.empty()) return x;
  return add(op, {x, integers(axes)}, {{"keepdims", static_cast<std::int64_t>(keep)}});
}

ValueId Expansion::cast(ValueId x, ElementType to) {
  if (type(x) == to) return x;
  return add("Cast", {x}, {{"to", onnx_code(to)}});
}

Status Expansion::keep() {
  const std::vector<ValueId> kept = add_many(node_->op, node_->inputs, node_->outputs.size(), node_->attributes);
  for (std::size_t i = 0; i < kept.size(); ++i) give(i, kept[i]);
  return Done{};
}

ValueId Expansion::along_axis(ValueId list, std::size_t axis, std::size_t rank) {
  GraphShape to(rank, 1);
  if (axis < rank) to[axis] = element_count(shape(list)).value_or(1);
  return reshape(list, to);
}

void Expansion::give(std::size_t output, ValueId value) {
  if (failed() || !wants(output)) return;
  given_[output] = true;
  if (const std::string& defect = graph_->values[value].defect; !defect.empty()) {
    return sink_->refuse(node_->outputs[output], std::string(defect));
  }
  // A new value is known by the name of the output; an input keeps its own.
  sink_->forward(node_->outputs[output], value);
}

Status Expansion::finish(const Status& expanded) {
  if (!failed() && !expanded.ok()) fail(expanded.error().message);
  for (std::size_t i = 0; i < given_.size() && !failed(); ++i) {
    if (given_[i]) continue;
    // An error only where somebody needs it: a label, say, in front of the scores.
    std::string text = node_text(*node_) + ": its output " + std::to_string(i) + " is not supported yet.";
    text[0] = 'O';
    sink_->refuse(node_->outputs[i], text);
  }
  return status_;
}

}  // namespace veil
