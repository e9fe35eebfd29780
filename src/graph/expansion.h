// Composite operators: an operator that says how it is written with others, and needs no infer and no run.
// infer_and_fold visits a node in topological order, so the shapes of its inputs and its constants are known; every
// node that its expansion adds is visited at once (inferred, folded, expanded again), so the same holds for all values
// in between.
#pragma once

#include <string>
#include <vector>

#include "graph/operator.h"

namespace veil {

using Integers = std::vector<std::int64_t>;
using Attributes = std::map<std::string, Attribute>;

// Where an expansion puts what it adds: the pass that runs it. Both are bounded over a whole graph.
class NodeSink {
 public:
  virtual Result<ValueId> new_value(GraphValue value) = 0;
  virtual Status visit(Node node) = 0;
  virtual void forward(ValueId result, ValueId source) = 0;  // readers of `result` read `source`
  virtual Status spend(std::int64_t steps) = 0;  // of what the whole graph may take; half a sentence when it is used up
  virtual ValueId source(ValueId result) const = 0;                      // what readers of `result` read
  virtual void refuse(ValueId result, const std::string& sentence) = 0;  // an error once `result` is needed

 protected:
  ~NodeSink() = default;
};

// One node being written as others. The first error stays and ends the expansion: afterwards nothing is added, and
// every value reads as a single number.
class Expansion {
 public:
  Expansion(const Graph& graph, const Node& node, NodeSink& sink);

  // Shapes and attributes. Its constants must not be kept over an addition: read them through constant().
  const Call& call() const { return call_; }
  bool has(std::size_t index) const { return call_.has(index); }
  ValueId input(std::size_t index) const;
  bool wants(std::size_t output) const { return output < node_->outputs.size(); }
  std::size_t output_count() const { return node_->outputs.size(); }

  GraphShape shape(ValueId value) const;
  ElementType type(ValueId value) const { return graph_->values[value].type; }
  const Array* constant(ValueId value) const;  // none: known only at run time. Valid until something is added

  // Adds a node of the forms of kExpandedOpset and gives its result.
  ValueId add(const std::string& op, std::vector<std::optional<ValueId>> inputs, Attributes attributes = {});
  std::vector<ValueId> add_many(const std::string& op, std::vector<std::optional<ValueId>> inputs,
                                std::size_t output_count, Attributes attributes = {}, std::int64_t opset = 0);
  // A node of a body, in its own form; its inputs are given in their places.
  std::vector<ValueId> repeat(const Node& inner, std::int64_t opset, std::vector<std::optional<ValueId>> inputs);
  ValueId constant(Array array, ElementType type);
  ValueId integers(const Integers& list);
  ValueId number(double value, ElementType type);
  ValueId number_like(double value, ValueId other) { return number(value, type(other)); }

  // Common nodes.
  ValueId binary(const std::string& op, ValueId a, double b) { return add(op, {a, number_like(b, a)}); }
  ValueId reshape(ValueId x, const GraphShape& shape);
  ValueId expand_to(ValueId x, const GraphShape& shape);
  ValueId transpose(ValueId x, const Integers& order);
  ValueId slice(ValueId x, std::size_t axis, std::int64_t begin, std::int64_t end);
  ValueId gather(ValueId x, std::size_t axis, const Integers& indices);
  ValueId concat(const std::vector<ValueId>& parts, std::size_t axis);
  ValueId reduce(const std::string& op, ValueId x, const Integers& axes, bool keep = true);
  ValueId cast(ValueId x, ElementType to);
  // A core operator's node as it is: in this form it needs no others.
  Status keep();
  // A list of one number a place of `axis`, in a shape that broadcasts along that axis of `rank`.
  ValueId along_axis(ValueId list, std::size_t axis, std::size_t rank);

  void give(std::size_t output, ValueId value);
  void fail(const std::string& half_sentence);
  bool failed() const { return !status_.ok(); }
  Status spend(std::size_t steps) { return sink_->spend(static_cast<std::int64_t>(steps)); }
  // Whether a constant of so many numbers may be made; fails the expansion if not.
  bool may_hold(const GraphShape& shape);
  // After the operator's expand: its error. Outputs that nothing gave are refused.
  Status finish(const Status& expanded);

 private:
  ValueId new_value(const std::string& name, ElementType type, GraphShape shape, std::optional<Array> constant);
  std::vector<ValueId> visit(Node node, std::size_t output_count);
  void refresh();
  void fail_with(const Error& error);

  const Graph* graph_;
  const Node* node_;
  NodeSink* sink_;
  Call call_;
  const GraphValue* seen_values_;  // where the values lay when call_ was made
  std::size_t first_own_value_;
  std::vector<bool> given_;
  std::size_t next_number_ = 0;
  Status status_ = Done{};
};

inline constexpr std::int64_t kExpandedOpset = 22;

// Core operators that are kept in some forms only.
Status expand_softmax(Expansion& expansion);  // vectors of one axis
Status expand_gather_elements(Expansion& expansion);
Status expand_gather_nd(Expansion& expansion);
Status expand_scatter_elements(Expansion& expansion);
Status expand_scatter_nd(Expansion& expansion);
Status expand_batch_normalization(Expansion& expansion);
Status expand_prelu(Expansion& expansion);
Status expand_power(Expansion& expansion);

std::int64_t onnx_code(ElementType type);  // the inverse of element_type_from_onnx

}  // namespace veil
