#include "ops/lowering.h"

#include "base/check.h"
#include "base/limits.h"
#include "circuit/range.h"
#include "graph/text.h"
#include "ops/claim.h"
#include "ops/ending.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

Shape storage_shape(const Storage& storage) {
  Shape shape;
  for (const StorageAxis& axis : storage) shape.push_back(axis.length);
  return shape;
}

Meaning input_meaning(const QuantisedGraph& graph, const QuantisedInput& input) {
  const QuantisedValue& value = graph.values[input.value];
  return Meaning{value.name, "", input.labels, value.scale_log2};
}

// A committed tensor of its declared range, every element of it proven by limbs.
Status lower_input(Lowerer& lowerer, const QuantisedInput& input) {
  Lowering& out = lowerer.lowering;
  const Domain box = lowerer.box(input.value);
  const IntegerRange range = out.analysis.ranges[input.value];
  const std::string name = "input_" + std::to_string(out.inputs.size() + 1);
  if (box.extent.size() > kMaxRank)
    return Error{"input " + quoted(lowerer.graph.values[input.value].name) + " needs too many axes"};
  const TensorId id = add_tensor(lowerer.circuit, Tensor{name, box.extent, range.low, range.high, Owner::kInput,
                                                         input_meaning(lowerer.graph, input)});
  const View view = whole_view(lowerer.circuit, id);
  const Expression value = linear_expression({LinearTerm{1, view}});
  for (LimbStep& step : add_range_proof(lowerer.circuit, name + "/range", box, value, range.low, range.high)) {
    lowerer.add_step([step](const Circuit& circuit, Trace& trace) { fill_limbs(circuit, trace, step); });
  }
  lowerer.activation(input.value).form = {LinearTerm{1, view}};
  out.inputs.push_back(id);
  return Done{};
}

Status lower_node(Lowerer& lowerer, std::size_t position) {
  const QuantisedNode& node = lowerer.graph.nodes[position];
  const Analysis& analysis = lowerer.lowering.analysis;
  const Site site{lowerer.graph, node, analysis.ranges, analysis.accumulators, position};
  auto status = lowerer.storage(node.output).size() > kMaxRank
                    ? Status(Error{"its output needs too many axes"})
                    : std::visit([&](const auto& op) { return lower_op(op, site, lowerer); }, node.op);
  if (!status) return Error{"step " + quoted(node.name) + " (" + node.source + "): " + status.error().message};
  return Done{};
}

}  // namespace

AxisIndex axis_at(AxisId axis, std::int64_t offset) { return AxisIndex{{AxisTerm{axis, 1}}, offset}; }

View substitute(const View& view, const std::vector<AxisIndex>& axes) {
  View out{view.tensor, {}};
  for (const AxisIndex& index : view.index) {
    AxisIndex moved{{}, index.offset};
    for (const AxisTerm& term : index.terms) {
      const AxisIndex& to = axes[term.axis];
      moved.offset += term.coefficient * to.offset;
      for (const AxisTerm& axis : to.terms) moved.terms.push_back({axis.axis, term.coefficient * axis.coefficient});
    }
    out.index.push_back(std::move(moved));
  }
  return out;
}

Form substitute(const Form& form, const std::vector<AxisIndex>& axes) {
  Form out;
  for (const LinearTerm& term : form) out.push_back({term.coefficient, substitute(term.view, axes)});
  return out;
}

Lowerer::Lowerer(const QuantisedGraph& quantised, Lowering& out)
    : graph(quantised),
      lowering(out),
      circuit(out.circuit),
      skipped(nodes_without_need(quantised, out.analysis)),
      splits_(quantised.values.size()) {
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const auto* op = std::get_if<FunctionOp>(&graph.nodes[i].op);
    if (op == nullptr || skipped[i] || op->key_bits + op->low_bits != graph.bits) continue;
    splits_[graph.nodes[i].inputs[0]] = PieceParameters{op->function,         op->key_bits,          op->low_bits,
                                                        op->input_scale_log2, op->output_scale_log2, op->slope_shift};
  }
}

Domain Lowerer::box(QuantId id) const {
  const Shape shape = storage_shape(storage(id));
  return Domain{shape, static_cast<std::uint32_t>(shape.size())};
}

TensorId Lowerer::add_model(ModelId id, Shape shape) {
  const ModelTensor& tensor = graph.model[id];
  const IntegerRange range = signed_range(static_cast<unsigned>(tensor.bits));
  if (shape.empty()) shape = {1};
  VEIL_CHECK(shape_size(shape) == tensor.size);
  lowering.model[id] =
      add_tensor(circuit, Tensor{tensor.name, std::move(shape), range.low, range.high, Owner::kModel, std::nullopt});
  return lowering.model[id];
}

Result<Lowering> lower(const QuantisedGraph& graph) {
  Lowering out;
  VEIL_TRY(analysis, analyse(graph));
  out.analysis = std::move(analysis);
  VEIL_TRY(layout, choose_layout(graph));
  out.layout = std::move(layout);
  out.activations.resize(graph.values.size());
  out.model.resize(graph.model.size());
  Lowerer lowerer(graph, out);
  for (const QuantisedInput& input : graph.inputs) VEIL_TRY_STATUS(lower_input(lowerer, input));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!lowerer.skipped[i]) VEIL_TRY_STATUS(lower_node(lowerer, i));
  }
  VEIL_TRY_STATUS(lower_output(lowerer));
  return out;
}

}  // namespace veil
