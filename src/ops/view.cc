// Operators that make no new integers: joins, other scales, the two classes of a binary classifier.
#include <algorithm>

#include "base/check.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

// Length of an input along the axis of the join.
std::int64_t joined_length(const ConcatOp& op, const Site& site, std::size_t index) {
  return site.in_size(index) / (op.outer * op.inner);
}

// Storage axis that starts at `stride` and has this length; of length 1 there may be one beside a longer one.
std::size_t axis_of(const Storage& storage, std::int64_t stride, std::int64_t length) {
  for (std::size_t axis = 0; axis < storage.size(); ++axis) {
    if (storage[axis] == StorageAxis{length, stride}) return axis;
  }
  VEIL_CHECK(false);
  return 0;
}

bool reads_axis(const View& view, AxisId axis) {
  for (const AxisIndex& index : view.index) {
    for (const AxisTerm& term : index.terms) {
      if (term.axis == axis) return true;
    }
  }
  return false;
}

// Is the form zero wherever it is moved out of its range along this axis? Not a constant, nor what does not read the
// axis.
bool vanishes_outside(const Form& form, std::size_t axis) {
  return std::all_of(form.begin(), form.end(),
                     [&](const LinearTerm& term) { return reads_axis(term.view, static_cast<AxisId>(axis)); });
}

// One scale everywhere, or a scale for each element of a plain join.
bool scales_follow(const ConcatOp& op, const Site& site) {
  const std::vector<std::int32_t>& out = site.graph.values[site.node.output].scale_log2;
  if (out.size() != 1 && (op.outer != 1 || op.inner != 1)) return false;
  std::size_t place = 0;
  for (const QuantId input : site.node.inputs) {
    const QuantisedValue& value = site.graph.values[input];
    const std::size_t count = out.size() == 1 ? value.scale_log2.size() : static_cast<std::size_t>(value.size);
    for (std::size_t k = 0; k < count; ++k, ++place) {
      if (value.scale_log2[value.scale_log2.size() == 1 ? 0 : k] != out[out.size() == 1 ? 0 : place]) return false;
    }
  }
  return true;
}

// Where an input of a join is seen in the output: its axis of the join shifted, the other axes in order.
std::vector<AxisIndex> axes_in_join(const Storage& in, std::size_t in_axis, const Storage& out, std::size_t out_axis,
                                    std::int64_t start) {
  std::vector<AxisIndex> axes(in.size());
  axes[in_axis] = axis_at(static_cast<AxisId>(out_axis), -start);
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    if (axis == in_axis || in[axis].length == 1) continue;
    while (next == out_axis || out[next].length == 1) ++next;
    VEIL_CHECK(out[next].length == in[axis].length);
    axes[axis] = axis_at(static_cast<AxisId>(next++));
  }
  return axes;
}

}  // namespace

Result<NodeFacts> analyse_op(const ConcatOp& op, const Site& site) {
  if (site.node.inputs.size() < 2 || !site.node.model.empty()) return Error{"it joins fewer than two values"};
  if (op.outer < 1 || op.inner < 1 || op.outer > site.out_size() || op.inner > site.out_size())
    return Error{"its sizes do not fit"};
  const std::int64_t unit = op.outer * op.inner;
  std::int64_t size = 0;
  NodeFacts facts{{0, 0}, site.in_range(0)};
  for (std::size_t i = 0; i < site.node.inputs.size(); ++i) {
    const QuantisedValue& value = site.graph.values[site.node.inputs[i]];
    if (value.size % unit != 0) return Error{"its sizes do not fit"};
    size += value.size;
    facts.output.low = std::min(facts.output.low, site.in_range(i).low);
    facts.output.high = std::max(facts.output.high, site.in_range(i).high);
  }
  if (size != site.out_size()) return Error{"its sizes do not fit"};
  if (!scales_follow(op, site)) return Error{"its output's scale does not follow from its inputs'"};
  return facts;
}

void layout_op(const ConcatOp& op, const Site& site, LayoutSolver& solver) {
  const std::int64_t total = site.out_size() / (op.outer * op.inner);
  for (std::size_t i = 0; i < site.node.inputs.size(); ++i) {
    const std::int64_t length = joined_length(op, site, i);
    solver.link(site.node.inputs[i], length, site.node.output, total, op.inner, true, site.node.source);
    if (length == 1) solver.unit(site.node.inputs[i], op.inner);
  }
}

void evaluate_op(const ConcatOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.clear();
  for (std::int64_t a = 0; a < op.outer; ++a) {
    for (std::size_t i = 0; i < site.node.inputs.size(); ++i) {
      const std::vector<std::int64_t>& x = execution.in(site, i);
      const std::int64_t slice = joined_length(op, site, i) * op.inner;
      out.insert(out.end(), x.begin() + a * slice, x.begin() + (a + 1) * slice);
    }
  }
}

// Every input is zero outside its own places, so that the join is their sum.
Status lower_op(const ConcatOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId output = site.node.output;
  const Storage& out = lowerer.storage(output);
  const std::int64_t total = site.out_size() / (op.outer * op.inner);
  const std::size_t out_axis = axis_of(out, op.inner, total);
  Form joined;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < site.node.inputs.size(); ++i) {
    const QuantId input = site.node.inputs[i];
    const Storage& in = lowerer.storage(input);
    const std::int64_t length = joined_length(op, site, i);
    Form form = lowerer.activation(input).form;
    const std::size_t in_axis = axis_of(in, op.inner, length);
    if (!vanishes_outside(form, in_axis)) {
      const std::string name = site.node.name + "/in" + std::to_string(i);
      form = {LinearTerm{1, add_copy(lowerer, name, lowerer.box(input), form)}};
    }
    const Form moved = substitute(form, axes_in_join(in, in_axis, out, out_axis, start));
    joined.insert(joined.end(), moved.begin(), moved.end());
    start += length;
  }
  lowerer.activation(output).form = std::move(joined);
  return Done{};
}

Result<NodeFacts> analyse_op(const ScaleOp&, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  const auto& in = site.graph.values[site.node.inputs[0]].scale_log2;
  const auto& out = site.graph.values[site.node.output].scale_log2;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in.size() != out.size() || out[i] - in[i] != out[0] - in[0]) return Error{"it changes scales unevenly"};
  }
  return NodeFacts{site.in_range(0), site.in_range(0)};
}

void layout_op(const ScaleOp&, const Site& site, LayoutSolver& solver) {
  solver.same(site.node.inputs[0], site.node.output);
}

void evaluate_op(const ScaleOp&, const Site& site, const Execution& execution) {
  execution.out(site) = execution.in(site, 0);
}

Status lower_op(const ScaleOp&, const Site& site, Lowerer& lowerer) {
  lowerer.activation(site.node.output) = lowerer.activation(site.node.inputs[0]);
  return Done{};
}

Result<NodeFacts> analyse_op(const PairOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_one_scale());
  if (site.in_size(0) != 1 || site.out_size() != 2 || site.graph.output != site.node.output) {
    return Error{"it must make the two elements of the output"};
  }
  VEIL_TRY_STATUS(site.expect_output_scale(site.in_scale(0)));
  if (site.in_scale(0) > 0 || site.in_scale(0) < -40 || op.one != std::int64_t{1} << -site.in_scale(0)) {
    return Error{"its unit is not 1"};
  }
  const IntegerRange in = site.in_range(0);
  return NodeFacts{in, {std::min(in.low, op.one - in.high), std::max(in.high, op.one - in.low)}};
}

void layout_op(const PairOp&, const Site&, LayoutSolver&) {}

void evaluate_op(const PairOp& op, const Site& site, const Execution& execution) {
  const std::int64_t x = execution.in(site, 0)[0];
  execution.out(site) = {op.one - x, x};
}

// Both elements are affine in the one value; the output (ops/claim.cc) reads them from there.
Status lower_op(const PairOp&, const Site&, Lowerer&) { return Done{}; }

}  // namespace veil
