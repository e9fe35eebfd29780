#include "ops/lowering.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "circuit/range.h"
#include "circuit/tables.h"
#include "graph/text.h"
#include "ops/claim.h"
#include "ops/ending.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

Meaning input_meaning(const QuantisedGraph& graph, const QuantisedInput& input) {
  const QuantisedValue& value = graph.values[input.value];
  return Meaning{value.name, value.float_order ? "float32 in order" : "", input.labels, value.scale_log2};
}

// Beside an input's tensor, one of bits: 1 where there is no value, whatever the other says there.
TensorId add_missing(Lowerer& lowerer, const QuantisedInput& input, const std::string& name, const Storage& storage) {
  const Domain box = storage_box(storage);
  Meaning meaning = input_meaning(lowerer.graph, input);
  meaning.text += " is missing";
  meaning.unit = "";
  const TensorId id =
      add_tensor(lowerer.circuit, Tensor{name + "/missing", box.extent, 0, 1, Owner::kInput, std::move(meaning)});
  const View view = whole_view(lowerer.circuit, id);
  lowerer.add_filled_range(name + "/missing/range", box, linear_expression({LinearTerm{1, view}}), {0, 1});
  Activation& value = lowerer.activation(input.value);
  value.missing = {LinearTerm{1, view}};
  value.form.push_back({kMissingStep, view});
  return id;
}

// A committed tensor of its declared range, every element of it proven by limbs.
Status lower_input(Lowerer& lowerer, const QuantisedInput& input) {
  Lowering& out = lowerer.lowering;
  const Storage storage = storage_by(cuts_of(input.shape), lowerer.graph.values[input.value].size);
  const Domain box = storage_box(storage);
  const bool may_be_missing = lowerer.graph.values[input.value].may_be_missing;
  const IntegerRange range = may_be_missing ? signed_range(kFloatOrderBits) : out.analysis.ranges[input.value];
  const std::string name = "input_" + std::to_string(out.inputs.size() + 1);
  if (box.extent.size() > kMaxRank)
    return Error{"input " + quoted(lowerer.graph.values[input.value].name) + " needs too many axes"};
  const TensorId id = add_tensor(lowerer.circuit, Tensor{name, box.extent, range.low, range.high, Owner::kInput,
                                                         input_meaning(lowerer.graph, input)});
  const View view = whole_view(lowerer.circuit, id);
  lowerer.add_filled_range(name + "/range", box, linear_expression({LinearTerm{1, view}}), range);
  lowerer.activation(input.value).storage = storage;
  lowerer.activation(input.value).form = {LinearTerm{1, view}};
  out.inputs.push_back(id);
  out.missing.push_back(may_be_missing ? std::optional(add_missing(lowerer, input, name, storage)) : std::nullopt);
  return Done{};
}

Status lower_node(Lowerer& lowerer, std::size_t position) {
  const QuantisedNode& node = lowerer.graph.nodes[position];
  const Analysis& analysis = lowerer.lowering.analysis;
  const Site site{lowerer.graph, node, analysis.ranges, analysis.accumulators, position};
  auto status = std::visit([&](const auto& op) { return lower_op(op, site, lowerer); }, node.op);
  if (!status) return Error{"step " + quoted(node.name) + " (" + node.source + "): " + status.error().message};
  keep_narrow(lowerer, site);
  return Done{};
}

// What lookups and witness cost a prover, in units of 20 ns: a leaf 60, a committed byte 40.
constexpr std::int64_t kLeafCost = 3;
constexpr std::int64_t kByteCost = 2;

std::int64_t limbs_cost(const Circuit& circuit) {
  std::int64_t leaves = 0;
  std::int64_t bytes = 0;
  for (const Lookup& lookup : circuit.lookups) {
    std::int64_t size = 1;
    for (std::size_t axis = 0; axis < lookup.domain.box_rank; ++axis) size *= lookup.domain.extent[axis];
    leaves += size;
  }
  for (const Table& table : circuit.tables) leaves += static_cast<std::int64_t>(table_rows(table));
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.owner != Owner::kWitness) continue;
    const bool is_byte = tensor.high - tensor.low < std::int64_t{1} << kLimbBits;
    bytes += shape_size(tensor.shape) * (is_byte ? 1 : 2);
  }
  return kLeafCost * leaves + kByteCost * bytes;
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

Activation substitute(const Activation& activation, const std::vector<AxisIndex>& axes, Storage storage) {
  const auto moved = [&](const std::optional<View>& view) {
    return view ? std::optional<View>(substitute(*view, axes)) : std::nullopt;
  };
  Activation out{std::move(storage),
                 substitute(activation.form, axes),
                 moved(activation.sign),
                 activation.split,
                 moved(activation.base),
                 moved(activation.slope),
                 substitute(activation.low, axes),
                 substitute(activation.missing, axes)};
  return out;
}

Lowerer::Lowerer(const QuantisedGraph& quantised, Lowering& out, const LimbWidths& limb_widths)
    : graph(quantised),
      lowering(out),
      circuit(out.circuit),
      widths(limb_widths),
      skipped(nodes_without_need(quantised, out.analysis)),
      splits_(quantised.values.size()),
      sign_is_read_(quantised.values.size(), false) {
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (!skipped[i]) note_reader(graph.nodes[i]);
  }
}

void Lowerer::note_reader(const QuantisedNode& node) {
  const auto is = [&](auto kind) { return std::holds_alternative<decltype(kind)>(node.op); };
  const auto* function = std::get_if<FunctionOp>(&node.op);
  if (function != nullptr && function->key_bits + function->low_bits == graph.bits) {
    splits_[node.inputs[0]] = table_of(*function);
  }
  const bool reads_sign = is(ReluOp{}) || is(LeakyReluOp{}) || is(ClipOp{}) || is(StepOp{});
  if (reads_sign || (is(ViewOp{}) && sign_is_read_[node.output])) sign_is_read_[node.inputs[0]] = true;
}

void Lowerer::add_filled_range(const std::string& name, const Domain& domain, const Expression& value,
                               const IntegerRange& range) {
  for (LimbStep& step : add_range_proof(circuit, name, domain, value, range.low, range.high, widths.plain)) {
    add_step([step](const Circuit& at, Trace& trace) { fill_limbs(at, trace, step); });
  }
}

void Lowerer::copy(QuantId id, const Activation& value, const Storage& target) {
  const std::string name = "copy_" + std::to_string(++copies_) + "/" + graph.values[id].name;
  Activation out{target, {LinearTerm{1, add_copy(*this, name, value, target)}}, {}, {}, {}, {}, {}, {}};
  if (!value.missing.empty()) {
    Activation bits{value.storage, value.missing, {}, {}, {}, {}, {}, {}};
    out.missing = {LinearTerm{1, add_copy(*this, name + "/missing", bits, target)}};
  }
  activation(id) = std::move(out);
}

Activation Lowerer::see(QuantId id, const Cuts& cuts) {
  auto cut = refined(activation(id).storage, cuts);
  if (!cut) {
    copy(id, Activation(activation(id)), storage_by({}, graph.values[id].size));
    cut = refined(activation(id).storage, cuts);
  }
  return substitute(activation(id), cut->axes, std::move(cut->storage));
}

std::vector<Activation> Lowerer::see_alike(const std::vector<QuantId>& ids) {
  Cuts cuts;
  for (const QuantId id : ids) {
    Cuts with = cuts_of(activation(id).storage);
    with.insert(cuts.begin(), cuts.end());
    if (fit_together(with)) cuts = std::move(with);
  }
  std::vector<Activation> out;
  for (const QuantId id : ids) out.push_back(see(id, cuts));
  return out;
}

Lowerer::Whole Lowerer::see_whole(QuantId id, const std::vector<std::int64_t>& lengths,
                                  const std::vector<bool>& outside) {
  Whole out{{}, std::vector<std::optional<AxisId>>(lengths.size())};
  std::vector<std::int64_t> strides(lengths.size(), 1);
  for (std::size_t d = lengths.size(); d-- > 1;) strides[d - 1] = strides[d] * lengths[d];
  Storage wanted;
  for (std::size_t d = 0; d < lengths.size(); ++d) {
    if (lengths[d] == 1 && !outside[d]) continue;
    out.axes[d] = static_cast<AxisId>(wanted.size());
    wanted.push_back({lengths[d], strides[d]});
  }
  if (wanted.empty()) wanted.push_back({1, 1});
  Activation value = see(id, cuts_of(lengths));
  const bool reads_zero = std::find(outside.begin(), outside.end(), true) != outside.end();
  if (value.storage != wanted || (reads_zero && !vanishes_outside(circuit, value.form, value.storage))) {
    copy(id, value, wanted);
    value = activation(id);
  }
  out.value = std::move(value);
  return out;
}

View Lowerer::add_model(ModelId id, const Domain& domain, const std::vector<AxisId>& axes) {
  const ModelTensor& tensor = graph.model[id];
  const IntegerRange range = signed_range(static_cast<unsigned>(tensor.bits));
  Shape shape;
  for (const AxisId axis : axes) shape.push_back(domain.extent[axis]);
  if (shape.empty()) shape = {1};
  VEIL_CHECK(shape_size(shape) == tensor.size);
  lowering.model[id] =
      add_tensor(circuit, Tensor{tensor.name, std::move(shape), range.low, range.high, Owner::kModel, std::nullopt});
  if (axes.empty()) return View{lowering.model[id], {AxisIndex{}}};
  return view_by_axes(lowering.model[id], axes);
}

Result<Lowering> lower(const QuantisedGraph& graph, const LimbWidths& widths) {
  Lowering out;
  VEIL_TRY(analysis, analyse(graph));
  out.analysis = std::move(analysis);
  out.activations.resize(graph.values.size());
  out.model.resize(graph.model.size());
  Lowerer lowerer(graph, out, widths);
  for (const QuantisedInput& input : graph.inputs) VEIL_TRY_STATUS(lower_input(lowerer, input));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!lowerer.skipped[i]) VEIL_TRY_STATUS(lower_node(lowerer, i));
  }
  VEIL_TRY_STATUS(lower_output(lowerer));
  return out;
}

// Wide limbs are tried where there are as many lookups as a wide table has rows.
Result<Lowering> lower(const QuantisedGraph& graph) {
  VEIL_TRY(best, lower(graph, LimbWidths{}));
  std::int64_t least = limbs_cost(best.circuit);
  if (least < kLeafCost << kWideLimbBits) return best;
  for (const LimbWidths& widths : {LimbWidths{kWideLimbBits, kLimbBits}, LimbWidths{kWideLimbBits, kWideLimbBits}}) {
    VEIL_TRY(wide, lower(graph, widths));
    const std::int64_t cost = limbs_cost(wide.circuit);
    if (cost >= least) continue;
    best = std::move(wide);
    least = cost;
  }
  return best;
}

}  // namespace veil
