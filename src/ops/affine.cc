// Elementwise constants that did not fold into a matrix product: acc[i] = 2^p factor[i'] x[i] + 2^q addend[i'], with
// factor and addend model tensors over the axes i' along which they vary.
#include "base/check.h"
#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

std::int64_t compact_size(const AffineOp& op) {
  std::int64_t size = 1;
  for (std::size_t i = 0; i < op.lengths.size(); ++i) size *= op.present[i] != 0 ? op.lengths[i] : 1;
  return size;
}

std::size_t compact_index(const AffineOp& op, std::int64_t flat) {
  std::int64_t index = 0;
  std::int64_t stride = 1;
  for (std::size_t i = op.lengths.size(); i-- > 0; flat /= op.lengths[i]) {
    if (op.present[i] == 0) continue;
    index += flat % op.lengths[i] * stride;
    stride *= op.lengths[i];
  }
  return static_cast<std::size_t>(index);
}

// Does the constant vary along the axis of the pattern that holds this stride?
bool is_present(const AffineOp& op, std::int64_t stride) {
  std::int64_t end = 1;
  for (std::size_t i = op.lengths.size(); i-- > 0;) {
    end *= op.lengths[i];
    if (stride < end) return op.present[i] != 0;
  }
  return false;
}

// The model tensor has one axis for each storage axis along which it varies.
View constant_view(const AffineOp& op, Lowerer& lowerer, QuantId value, ModelId id) {
  const Storage& storage = lowerer.storage(value);
  Shape shape;
  std::vector<AxisId> axes;
  for (std::size_t axis = 0; axis < storage.size(); ++axis) {
    if (storage[axis].length == 1 || !is_present(op, storage[axis].stride)) continue;
    shape.push_back(storage[axis].length);
    axes.push_back(static_cast<AxisId>(axis));
  }
  const TensorId tensor = lowerer.add_model(id, shape);
  if (axes.empty()) return View{tensor, {AxisIndex{}}};
  return view_by_axes(tensor, axes);
}

Status check_pattern(const AffineOp& op, const Site& site) {
  const Error error{"its sizes do not fit"};
  if (op.lengths.empty() || op.lengths.size() != op.present.size()) return error;
  for (std::size_t i = 0; i < op.lengths.size(); ++i) {
    if (op.lengths[i] < 1 || op.present[i] < 0 || op.present[i] > 1) return error;
  }
  if (element_count(op.lengths) != site.out_size()) return error;
  for (std::size_t i = 0; i < site.node.model.size(); ++i) {
    if (site.model(i).size != compact_size(op)) return error;
  }
  return Done{};
}

}  // namespace

Result<NodeFacts> analyse_op(const AffineOp& op, const Site& site) {
  if (op.has_factor < 0 || op.has_factor > 1 || op.has_addend < 0 || op.has_addend > 1)
    return Error{"a flag is not 0 or 1"};
  const auto constants = static_cast<std::size_t>(op.has_factor + op.has_addend);
  VEIL_TRY_STATUS(site.expect_counts(1, constants, constants));
  if (constants == 0) return Error{"it has no constants"};
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(check_pattern(op, site));
  const std::int64_t factor_scale = op.has_factor != 0 ? site.model(0).scale_log2 : 0;
  const std::int64_t accumulator = site.in_scale(0) + factor_scale - op.input_shift;
  VEIL_TRY_STATUS(site.expect_output_scale(accumulator + op.shift));
  Result<IntegerRange> bound = site.in_range(0);
  if (op.has_factor != 0) bound = product_range(bound, site.model_range(0));
  bound = shifted_range(bound, op.input_shift);
  if (op.has_addend != 0) {
    const std::size_t addend = constants - 1;
    if (site.model(addend).scale_log2 - accumulator != op.addend_shift) return Error{"its addend has the wrong scale"};
    bound = sum_range(bound, shifted_range(site.model_range(addend), op.addend_shift));
  }
  return rescaled_facts(site, bound, op.shift);
}

void layout_op(const AffineOp& op, const Site& site, LayoutSolver& solver) {
  solver.same(site.node.inputs[0], site.node.output);
  std::int64_t stride = 1;
  for (std::size_t i = op.lengths.size(); i-- > 0;) solver.cut(site.node.output, stride *= op.lengths[i]);
}

void evaluate_op(const AffineOp& op, const Site& site, const Execution& execution) {
  const std::vector<std::int64_t>& x = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t at = compact_index(op, static_cast<std::int64_t>(i));
    std::int64_t sum = x[i] * (std::int64_t{1} << op.input_shift);
    if (op.has_factor != 0) sum *= execution.model(site, 0)[at];
    if (op.has_addend != 0) {
      sum += execution.model(site, static_cast<std::size_t>(op.has_factor))[at] * (std::int64_t{1} << op.addend_shift);
    }
    out[i] = saturate(round_shift(sum, static_cast<unsigned>(op.shift)), site.full_range());
  }
}

Status lower_op(const AffineOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  const Form& x = lowerer.activation(site.node.inputs[0]).form;
  const std::int64_t up = std::int64_t{1} << op.input_shift;
  Expression accumulator;
  if (op.has_factor != 0) {
    const View factor = constant_view(op, lowerer, output, site.node.model[0]);
    accumulator.products.push_back({up, {LinearTerm{1, factor}}, x});
  } else {
    accumulator.linear = scaled(x, up);
  }
  if (op.has_addend != 0) {
    const View addend = constant_view(op, lowerer, output, site.node.model.back());
    accumulator.linear.push_back({std::int64_t{1} << op.addend_shift, addend});
  }
  lowerer.activation(output) =
      add_rescale(lowerer, Rescale{site.node.name, lowerer.box(output), std::move(accumulator), site.accumulator(),
                                   op.shift, static_cast<unsigned>(site.graph.bits), lowerer.split_for(output)});
  return Done{};
}

}  // namespace veil
