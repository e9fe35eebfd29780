// What the builders of plan nodes work with: one function an operator, in the file of its family (plan_*.cc).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/operator.h"
#include "quant/plan.h"

namespace veil {

// A value of the plan with its axes.
struct Shaped {
  PlanId id = 0;
  GraphShape shape;
};

std::int64_t elements(const GraphShape& shape);
// The axes of `to` along which a constant of `shape` varies; neighbours that agree are one axis.
Pattern broadcast_pattern(const GraphShape& shape, const GraphShape& to);

// Labels of an einsum; axes of length 1 get none. Those of the box come first.
class Labels {
 public:
  void add(std::int64_t length, std::initializer_list<std::vector<std::int64_t>*> operands);
  void end_box() { einsum.box_rank = static_cast<std::int64_t>(einsum.lengths.size()); }

  PlanEinsum einsum;
};

// x y, element by element
PlanEinsum elementwise_product(std::int64_t size);

// An index map under construction: axis d of the input reads offset + sum coefficient * output axis, and `fill`
// outside the input.
class ViewMap {
 public:
  explicit ViewMap(const GraphShape& in, double fill = 0)
      : view_{in, {}, std::vector<std::int64_t>(in.size(), 0), {}, fill} {}

  std::size_t add_axis(std::int64_t length) {
    view_.out_lengths.push_back(length);
    return view_.out_lengths.size() - 1;
  }
  void read(std::size_t d, std::size_t out_axis, std::int64_t coefficient = 1);
  void offset(std::size_t d, std::int64_t offset) { view_.offsets[d] += offset; }
  // A new output axis that is axis d as it is.
  void keep(std::size_t d) { read(d, add_axis(view_.in_lengths[d])); }
  PlanView finish() const { return view_; }

 private:
  PlanView view_;
};

class PlanBuilder {
 public:
  explicit PlanBuilder(const Graph& graph);

  Result<Plan> build();

  static const Array* constant(const Call& call, std::size_t index) {
    return call.has(index) ? call.inputs[index]->constant : nullptr;
  }
  // An input; a constant becomes a value.
  Shaped in(const Call& call, std::size_t index);
  static ValueId output(const Call& call) { return call.node->outputs[0]; }
  const GraphValue& out(const Call& call) const { return graph_.values[output(call)]; }
  const GraphShape& out_shape(const Call& call) const { return out(call).shape; }
  bool is_integer(const Call& call) const { return !is_real_or_other(out(call).type); }

  // ---- nodes that make a value in the middle of the operator
  struct Bound {
    std::optional<ValueId> like = {};  // of the graph
    std::optional<double> largest = {};
    bool is_integer = false;
  };
  Shaped add(const Call& call, GraphShape shape, std::vector<PlanId> inputs, PlanOp op, Bound bound);
  Bound like_input(const Call& call, std::size_t index) const;
  Shaped reshaped(Shaped value, GraphShape shape) const { return {value.id, std::move(shape)}; }
  // The value repeated to this shape, by numpy's rules; itself where there is nothing to repeat.
  Shaped broadcast(const Call& call, const Shaped& value, const GraphShape& to);
  // The first two inputs, repeated to the output's shape.
  std::vector<PlanId> both_broadcast(const Call& call);
  Shaped view(const Call& call, const Shaped& value, const ViewMap& map);
  Shaped permuted(const Call& call, const Shaped& value, const std::vector<std::size_t>& order);
  // Places of one axis, known in advance, in the order given.
  Shaped pick(const Call& call, const Shaped& x, std::size_t axis, const std::vector<std::int64_t>& places,
              Bound bound);
  // The largest (or least) along an axis, which is left out.
  Shaped extremum(const Call& call, Shaped value, std::size_t axis, bool minimum);
  Shaped constant_value(const Call& call, const Array& array, bool is_integer);

  // ---- the operator's result
  void finish(const Call& call, const Shaped& value, std::size_t index = 0);
  void emit(const Call& call, std::vector<PlanId> inputs, PlanOp op);

  bool never_negative(PlanId id) const;
  // Is it cut to whole bounds after a Round, as quantisations are? Then it is whole already.
  bool is_quantised(PlanId id) const;
  // That this operator, a softmax, reads the value.
  void mark_logits(const Call& call, PlanId id);
  bool is_output(const Call& call) const { return graph_.outputs[0] == output(call); }
  // Does anything read this result of an operator that has several?
  bool is_read(const Call& call, std::size_t index) const;

 private:
  const PlanNode* producer(PlanId id) const;
  static bool is_real_or_other(ElementType type);
  Status add_node(const Call& call);
  Result<PlanId> output_id();
  PlanId add_value(PlanValue value);

  const Array& constant_of(ValueId id) const;
  Call call_of_plan(const Node& node) const;

  const Graph& graph_;
  std::map<ValueId, Array> masks_;          // constants of the graph whose lowest numbers are bounded
  std::vector<std::optional<PlanId>> ids_;  // by ValueId; none: a constant
  std::optional<Error> error_;              // the first value that is too large
  Plan plan_;
};

struct PlanRule {
  std::string_view name;  // of the ONNX operator
  Status (*build)(PlanBuilder& plan, const Call& call);
};

// The families.
std::span<const PlanRule> product_rules();
std::span<const PlanRule> arithmetic_rules();
std::span<const PlanRule> logic_rules();
std::span<const PlanRule> activation_rules();
std::span<const PlanRule> view_rules();
std::span<const PlanRule> window_rules();
std::span<const PlanRule> reduction_rules();
std::span<const PlanRule> index_rules();
std::span<const PlanRule> tree_rules();
std::span<const PlanRule> order_rules();
std::span<const PlanRule> quotient_rules();

// Whole numbers raised to powers that are data.
Status power_by_data(PlanBuilder& plan, const Call& call);
// Div of whole numbers.
Status divide_whole(PlanBuilder& plan, const Call& call);
// [places.., length]: 1 where the place is j, or j - length. A place outside gives a row of zeros.
Shaped one_hot_rows(PlanBuilder& plan, const Call& call, const Shaped& places, std::int64_t length);
// [values.., count]: 1 where the whole number is j, for j from 0 on.
Shaped equal_to_counted(PlanBuilder& plan, const Call& call, const Shaped& values, std::int64_t count);

// Gather where the places are data.
Status gather_by_data(PlanBuilder& plan, const Call& call);

}  // namespace veil
