// Matrix products with constant matrices (Gemm, MatMul, everything folded into them).
//
//   acc[a,o,b] = 2^up sum_k W[o,k] x[a,k,b] + 2^bias_shift bias[o],   out = sat(round_shift(acc, shift))
// W and bias are model tensors. W is stored with the axes of o and then those of k, as x has them, so that no reshape
// of x is needed. acc is never committed.
#include "base/check.h"
#include "base/limits.h"
#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

bool has_bias(const Site& site) { return site.node.model.size() == 2; }

// Axes of a value that is outer x middle x inner: which part each storage axis belongs to. Axes of length 1 to none.
struct Parts {
  std::vector<std::size_t> outer, middle, inner;
};

Parts parts_of(const Storage& storage, std::int64_t middle, std::int64_t inner) {
  Parts parts;
  for (std::size_t axis = 0; axis < storage.size(); ++axis) {
    if (storage[axis].length == 1) continue;
    if (storage[axis].stride < inner) {
      parts.inner.push_back(axis);
    } else if (storage[axis].stride < inner * middle) {
      parts.middle.push_back(axis);
    } else {
      parts.outer.push_back(axis);
    }
  }
  return parts;
}

// The constraint's axes: the output's storage axes form the box, the input's axes of k are summed.
struct LinearAxes {
  Domain domain;
  std::vector<AxisIndex> input;  // storage axis of x -> axis of the constraint
  std::vector<AxisId> width;     // of the constraint, along o
  std::vector<AxisId> reduced;   // of the constraint, along k
};

LinearAxes linear_axes(const LinearOp& op, const Storage& in, const Domain& box, const Storage& out) {
  const Parts from = parts_of(in, op.reduced, op.inner);
  const Parts to = parts_of(out, op.width, op.inner);
  VEIL_CHECK(from.outer.size() == to.outer.size() && from.inner.size() == to.inner.size());
  LinearAxes axes{box, std::vector<AxisIndex>(in.size()), {}, {}};
  for (std::size_t i = 0; i < from.outer.size(); ++i)
    axes.input[from.outer[i]] = axis_at(static_cast<AxisId>(to.outer[i]));
  for (std::size_t i = 0; i < from.inner.size(); ++i)
    axes.input[from.inner[i]] = axis_at(static_cast<AxisId>(to.inner[i]));
  for (const std::size_t axis : from.middle) {
    const auto id = static_cast<AxisId>(axes.domain.extent.size());
    axes.domain.extent.push_back(in[axis].length);
    axes.input[axis] = axis_at(id);
    axes.reduced.push_back(id);
  }
  for (const std::size_t axis : to.middle) axes.width.push_back(static_cast<AxisId>(axis));
  return axes;
}

// A model tensor by some of the constraint's axes; a scalar has one axis of length 1, read at 0.
View model_view(Lowerer& lowerer, ModelId id, const Domain& domain, const std::vector<AxisId>& axes) {
  Shape shape;
  for (const AxisId axis : axes) shape.push_back(domain.extent[axis]);
  const TensorId tensor = lowerer.add_model(id, shape);
  if (axes.empty()) return View{tensor, {AxisIndex{}}};
  return view_by_axes(tensor, axes);
}

// out += sum_k W[o,k] x[a,k,b] for one a.
template <class T>
void multiply(const LinearOp& op, const T* weight, const std::int64_t* x, std::int64_t* out) {
  for (std::int64_t o = 0; o < op.width; ++o, out += op.inner) {
    for (std::int64_t k = 0; k < op.reduced; ++k, ++weight) {
      const std::int64_t* row = x + k * op.inner;
      for (std::int64_t b = 0; b < op.inner; ++b) out[b] += *weight * row[b];
    }
  }
}

}  // namespace

Result<NodeFacts> analyse_op(const LinearOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 1, 2));
  const auto in = element_count({op.outer, op.reduced, op.inner});
  const auto out = element_count({op.outer, op.width, op.inner});
  const auto weight = element_count({op.width, op.reduced});
  if (!in || !out || !weight || *in != site.in_size(0) || *out != site.out_size() || *weight != site.model(0).size ||
      (has_bias(site) && site.model(1).size != op.width)) {
    return Error{"its sizes do not fit"};
  }
  const bool plain = op.outer == 1 && op.inner == 1;
  if (!site.in_has_one_scale(0) && !plain) return Error{"a scale for each element needs a plain matrix product"};
  const std::int64_t reference = site.in_has_one_scale(0) ? site.in_scale(0) : 0;
  const std::int64_t accumulator = reference + site.model(0).scale_log2 - op.up_shift;
  VEIL_TRY_STATUS(site.expect_output_scale(accumulator + op.shift));
  if (has_bias(site) && site.model(1).scale_log2 - accumulator != op.bias_shift)
    return Error{"its bias has the wrong scale"};
  const auto summand = shifted_range(product_range(site.model_range(0), site.in_range(0)), op.up_shift);
  auto bound = product_range(summand, IntegerRange{op.reduced, op.reduced});
  if (has_bias(site)) bound = sum_range(bound, shifted_range(site.model_range(1), op.bias_shift));
  return rescaled_facts(site, bound, op.shift);
}

void layout_op(const LinearOp& op, const Site& site, LayoutSolver& solver) {
  solver.link(site.node.inputs[0], op.reduced, site.node.output, op.width, op.inner, false, site.node.source);
}

void evaluate_op(const LinearOp& op, const Site& site, const Execution& execution) {
  std::vector<std::int64_t>& out = execution.out(site);
  out.assign(static_cast<std::size_t>(site.out_size()), 0);
  const std::int64_t* x = execution.in(site, 0).data();
  for (std::int64_t a = 0; a < op.outer; ++a) {
    execution.model(site, 0).view().visit([&](const auto* weight) {
      multiply(op, weight, x + a * op.reduced * op.inner, out.data() + a * op.width * op.inner);
    });
  }
  const IntegerRange full = site.full_range();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t o = i / static_cast<std::size_t>(op.inner) % static_cast<std::size_t>(op.width);
    std::int64_t sum = out[i] * (std::int64_t{1} << op.up_shift);
    if (has_bias(site)) sum += execution.model(site, 1)[o] * (std::int64_t{1} << op.bias_shift);
    out[i] = saturate(round_shift(sum, static_cast<unsigned>(op.shift)), full);
  }
}

Status lower_op(const LinearOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId input = site.node.inputs[0];
  const QuantId output = site.node.output;
  const LinearAxes axes = linear_axes(op, lowerer.storage(input), lowerer.box(output), lowerer.storage(output));
  if (axes.width.size() + axes.reduced.size() > kMaxRank || axes.domain.extent.size() > kMaxAxes) {
    return Error{"its weights need too many axes"};
  }
  std::vector<AxisId> weight_axes = axes.width;
  weight_axes.insert(weight_axes.end(), axes.reduced.begin(), axes.reduced.end());
  const View weight = model_view(lowerer, site.node.model[0], axes.domain, weight_axes);
  const Form x = substitute(lowerer.activation(input).form, axes.input);
  Expression accumulator{{}, {ProductTerm{std::int64_t{1} << op.up_shift, {LinearTerm{1, weight}}, x}}};
  if (has_bias(site)) {
    const View bias = model_view(lowerer, site.node.model[1], axes.domain, axes.width);
    accumulator.linear.push_back({std::int64_t{1} << op.bias_shift, bias});
  }
  lowerer.activation(output) =
      add_rescale(lowerer, Rescale{site.node.name, axes.domain, std::move(accumulator), site.accumulator(), op.shift,
                                   static_cast<unsigned>(site.graph.bits), lowerer.split_for(output)});
  return Done{};
}

}  // namespace veil
