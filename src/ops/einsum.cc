// Sums of products over labelled axes: matrix products, convolutions of windows, elementwise products, means, and all
// constants folded into them.
//
//   acc[box] = 2^up sum_rest x[..] y[..] + 2^bias_shift bias[..],   out = sat(round_shift(acc, shift))
// acc is never committed. y and bias are model tensors, stored by the same axes as x, so that no reshape of x is
// needed; or y is an activation.
#include "ops/einsum.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "ops/integer_product.h"

namespace veil {

namespace {

std::size_t bias_index(const EinsumOp& op) { return static_cast<std::size_t>(op.has_weight); }

std::vector<std::int64_t> lengths_of(const EinsumOp& op, const std::vector<std::int64_t>& labels) {
  std::vector<std::int64_t> lengths;
  for (const std::int64_t label : labels) lengths.push_back(op.lengths[static_cast<std::size_t>(label)]);
  return lengths;
}

bool labels_are_distinct(const EinsumOp& op, const std::vector<std::int64_t>& labels, std::int64_t limit) {
  std::vector<bool> seen(op.lengths.size(), false);
  for (const std::int64_t label : labels) {
    if (label < 0 || label >= limit || seen[static_cast<std::size_t>(label)]) return false;
    seen[static_cast<std::size_t>(label)] = true;
  }
  return true;
}

bool contains(const std::vector<std::int64_t>& labels, std::size_t label) {
  return std::find(labels.begin(), labels.end(), static_cast<std::int64_t>(label)) != labels.end();
}

// The elements that one output element sums over.
std::int64_t summands(const EinsumOp& op) {
  std::int64_t count = 1;
  for (std::size_t label = static_cast<std::size_t>(op.box_rank); label < op.lengths.size(); ++label) {
    count *= op.lengths[label];
  }
  return count;
}

Status check_labels(const EinsumOp& op, const Site& site, bool two_factors) {
  const Error error{"its sizes do not fit"};
  const auto labels = static_cast<std::int64_t>(op.lengths.size());
  if (op.lengths.size() > kMaxAxes || op.box_rank < 0 || op.box_rank > labels) return error;
  if (!element_count(op.lengths)) return Error{"its sums are too large"};
  if (!labels_are_distinct(op, op.x_axes, labels) || !labels_are_distinct(op, op.y_axes, labels) ||
      !labels_are_distinct(op, op.bias_axes, op.box_rank)) {
    return error;
  }
  for (std::size_t label = static_cast<std::size_t>(op.box_rank); label < op.lengths.size(); ++label) {
    if (!contains(op.x_axes, label) && !contains(op.y_axes, label)) return error;
  }
  if (!two_factors && !op.y_axes.empty()) return error;
  const auto size_of_axes = [&](const std::vector<std::int64_t>& axes) { return element_count(lengths_of(op, axes)); };
  if (size_of_axes(op.x_axes) != site.in_size(0)) return error;
  if (two_factors && size_of_axes(op.y_axes) != (op.has_weight != 0 ? site.model(0).size : site.in_size(1))) {
    return error;
  }
  if (op.has_bias != 0 && size_of_axes(op.bias_axes) != site.model(bias_index(op)).size) return error;
  const std::vector<std::int64_t> box(op.lengths.begin(), op.lengths.begin() + op.box_rank);
  if (element_count(box) != site.out_size()) return error;
  return Done{};
}

// A scale for each element of a row of x needs a weight for each; the rows of a batch are x's first axis.
Status check_scales(const EinsumOp& op, const Site& site) {
  for (std::size_t i = 1; i < site.node.inputs.size(); ++i) {
    if (!site.in_has_one_scale(i))
      return Error{"it has a scale for each element, which only a matrix product can take"};
  }
  if (site.in_has_one_scale(0)) return Done{};
  const Error error{"a scale for each element needs a plain matrix product"};
  const std::size_t first = site.graph.batch > 1 ? 1 : 0;
  const bool by_rows =
      first == 0 || (!op.x_axes.empty() && op.lengths[static_cast<std::size_t>(op.x_axes[0])] == site.graph.batch);
  if (!by_rows || op.has_weight == 0) return error;
  for (std::size_t i = first; i < op.x_axes.size(); ++i) {
    if (!contains(op.y_axes, static_cast<std::size_t>(op.x_axes[i]))) return error;
  }
  return Done{};
}

// ---- lowering

// An operand's axes as cuts of its labels: relative to each label's own stride.
using LabelCuts = std::vector<Cuts>;  // by label

std::vector<std::int64_t> strides_of(const EinsumOp& op, const std::vector<std::int64_t>& labels) {
  std::vector<std::int64_t> strides(labels.size(), 1);
  for (std::size_t i = labels.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * op.lengths[static_cast<std::size_t>(labels[i])];
  }
  return strides;
}

void add_label_cuts(const EinsumOp& op, const std::vector<std::int64_t>& labels, const Storage& storage,
                    LabelCuts& cuts) {
  const std::vector<std::int64_t> strides = strides_of(op, labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    for (const std::int64_t cut : cuts_of(storage)) {
      if (cut > strides[i] && cut < strides[i] * op.lengths[label]) cuts[label].insert(cut / strides[i]);
    }
  }
}

bool all_fit(const LabelCuts& cuts, const EinsumOp& op) {
  for (std::size_t label = 0; label < cuts.size(); ++label) {
    Cuts with_end = cuts[label];
    with_end.insert(op.lengths[label]);
    if (!fit_together(with_end)) return false;
  }
  return true;
}

Cuts absolute_cuts(const EinsumOp& op, const std::vector<std::int64_t>& labels, const LabelCuts& cuts) {
  const std::vector<std::int64_t> strides = strides_of(op, labels);
  Cuts out = cuts_of(lengths_of(op, labels));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (const std::int64_t cut : cuts[static_cast<std::size_t>(labels[i])]) out.insert(cut * strides[i]);
  }
  return out;
}

// The constraint's axes: those of each label, the box first.
struct EinsumAxes {
  Domain domain;
  Storage box;
  std::vector<std::vector<AxisId>> of_label;
};

EinsumAxes einsum_axes(const EinsumOp& op, const LabelCuts& cuts, std::int64_t out_size) {
  EinsumAxes axes;
  axes.of_label.resize(op.lengths.size());
  std::int64_t stride = out_size;
  for (std::size_t label = 0; label < op.lengths.size(); ++label) {
    const bool in_box = label < static_cast<std::size_t>(op.box_rank);
    if (in_box) stride /= op.lengths[label];
    for (const StorageAxis& axis : storage_by(cuts[label], op.lengths[label])) {
      if (axis.length == 1) continue;
      axes.of_label[label].push_back(static_cast<AxisId>(axes.domain.extent.size()));
      axes.domain.extent.push_back(axis.length);
      if (in_box) axes.box.push_back({axis.length, stride * axis.stride});
    }
    if (label + 1 == static_cast<std::size_t>(op.box_rank) && axes.box.empty()) {
      axes.box.push_back({1, 1});
      axes.domain.extent.push_back(1);
    }
  }
  if (axes.box.empty()) {  // nothing but sums: an axis of length 1 in front
    axes.box.push_back({1, 1});
    axes.domain.extent.insert(axes.domain.extent.begin(), 1);
    for (std::vector<AxisId>& list : axes.of_label) {
      for (AxisId& axis : list) ++axis;
    }
  }
  axes.domain.box_rank = static_cast<std::uint32_t>(axes.box.size());
  return axes;
}

std::vector<AxisId> axes_of(const EinsumAxes& axes, const std::vector<std::int64_t>& labels) {
  std::vector<AxisId> out;
  for (const std::int64_t label : labels) {
    const std::vector<AxisId>& list = axes.of_label[static_cast<std::size_t>(label)];
    out.insert(out.end(), list.begin(), list.end());
  }
  return out;
}

// An activation by the constraint's axes: cut like its labels, axis after axis.
Form operand(Lowerer& lowerer, QuantId id, const EinsumOp& op, const std::vector<std::int64_t>& labels,
             const LabelCuts& cuts, const EinsumAxes& axes) {
  const Activation value = lowerer.see(id, absolute_cuts(op, labels, cuts));
  const std::vector<AxisId> ids = axes_of(axes, labels);
  std::vector<AxisIndex> moved(value.storage.size());
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < value.storage.size(); ++axis) {
    if (value.storage[axis].length > 1) moved[axis] = axis_at(ids[next++]);
  }
  VEIL_CHECK(next == ids.size());
  return substitute(value.form, moved);
}

// How many summed elements stand behind one of a form that does not have all summed axes (constants, repeated values):
// a constraint sums over the axes that occur.
std::int64_t repetitions(const Domain& domain, const std::vector<AxisId>& used) {
  std::int64_t count = 1;
  for (AxisId axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
    if (std::find(used.begin(), used.end(), axis) == used.end()) count *= domain.extent[axis];
  }
  return count;
}

std::vector<AxisId> axes_read(const Form& form) {
  std::vector<AxisId> axes;
  for (const LinearTerm& term : form) {
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis : index.terms) axes.push_back(axis.axis);
    }
  }
  return axes;
}

void add_product(Expression& sum, const Domain& domain, std::int64_t coefficient, Form left, Form right) {
  std::vector<AxisId> used = axes_read(left);
  const std::vector<AxisId> more = axes_read(right);
  used.insert(used.end(), more.begin(), more.end());
  sum.products.push_back({coefficient * repetitions(domain, used), std::move(left), std::move(right)});
}

void add_linear(Expression& sum, const Domain& domain, std::int64_t coefficient, const Form& form) {
  for (const LinearTerm& term : form) {
    sum.linear.push_back({term.coefficient * coefficient * repetitions(domain, axes_read({term})), term.view});
  }
}

}  // namespace

Result<NodeFacts> analyse_op(const EinsumOp& op, const Site& site) {
  if (op.has_weight < 0 || op.has_weight > 1 || op.has_bias < 0 || op.has_bias > 1) {
    return Error{"a flag is not 0 or 1"};
  }
  VEIL_TRY_STATUS(site.expect_flags());
  const auto constants = static_cast<std::size_t>(op.has_weight + op.has_bias);
  const bool two_factors = op.has_weight != 0 || site.node.inputs.size() == 2;
  VEIL_TRY_STATUS(site.expect_counts(two_factors && op.has_weight == 0 ? 2 : 1, constants, constants));
  VEIL_TRY_STATUS(check_labels(op, site, two_factors));
  VEIL_TRY_STATUS(check_scales(op, site));
  std::int64_t accumulator = (site.in_has_one_scale(0) ? site.in_scale(0) : 0) - op.up_shift;
  if (two_factors) accumulator += op.has_weight != 0 ? site.model(0).scale_log2 : site.in_scale(1);
  VEIL_TRY_STATUS(site.expect_output_scale(accumulator + op.shift));
  Result<IntegerRange> bound = site.in_range(0);
  if (two_factors) bound = product_range(bound, op.has_weight != 0 ? site.model_range(0) : site.in_range(1));
  bound = product_range(shifted_range(bound, op.up_shift), IntegerRange{summands(op), summands(op)});
  if (op.has_bias != 0) {
    const ModelTensor& bias = site.model(bias_index(op));
    if (bias.scale_log2 - accumulator != op.bias_shift) return Error{"its bias has the wrong scale"};
    bound = sum_range(bound, shifted_range(site.model_range(bias_index(op)), op.bias_shift));
  }
  return rescaled_facts(site, bound, op.shift);
}

void evaluate_op(const EinsumOp& op, const Site& site, const Execution& execution) {
  LabelledProduct product{op.lengths, static_cast<std::size_t>(op.box_rank), op.x_axes, op.y_axes};
  std::vector<std::int64_t>& out = execution.out(site);
  const IntegerView x = execution.in(site, 0);
  static const std::vector<std::int64_t> kOne{1};
  IntegerView y = kOne;
  if (op.has_weight != 0) y = execution.model(site, 0).view();
  if (op.has_weight == 0 && site.node.inputs.size() == 2) y = execution.in(site, 1);
  out = sum_products(product, x, y);
  const std::vector<std::int64_t> places =
      label_places(op.lengths, static_cast<std::size_t>(op.box_rank), op.bias_axes);
  const IntegerRange full = site.full_range();
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int64_t sum = out[i] * (std::int64_t{1} << op.up_shift);
    if (op.has_bias != 0) {
      sum += execution.model(site, bias_index(op))[static_cast<std::size_t>(places[i])] *
             (std::int64_t{1} << op.bias_shift);
    }
    out[i] = saturate(round_shift(sum, static_cast<unsigned>(op.shift)), full);
  }
}

Result<Accumulated> accumulate(const EinsumOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId x = site.node.inputs[0];
  const bool two_activations = site.node.inputs.size() == 2;
  LabelCuts cuts(op.lengths.size());
  add_label_cuts(op, op.x_axes, lowerer.see(x, cuts_of(lengths_of(op, op.x_axes))).storage, cuts);
  if (two_activations) {
    const LabelCuts first = cuts;
    const std::vector<std::int64_t> lengths = lengths_of(op, op.y_axes);
    add_label_cuts(op, op.y_axes, lowerer.see(site.node.inputs[1], cuts_of(lengths)).storage, cuts);
    if (!all_fit(cuts, op)) {  // they are cut differently: the second is laid out anew
      cuts = first;
      lowerer.see_whole(site.node.inputs[1], lengths, std::vector<bool>(lengths.size(), false));
    }
  }
  const EinsumAxes axes = einsum_axes(op, cuts, site.out_size());
  const auto too_many = [&](const std::vector<std::int64_t>& labels) {
    return axes_of(axes, labels).size() > kMaxRank;
  };
  if (axes.domain.extent.size() > kMaxAxes || axes.box.size() > kMaxRank ||
      (op.has_weight != 0 && too_many(op.y_axes))) {
    return Error{"it needs too many axes"};
  }
  const Form left = operand(lowerer, x, op, op.x_axes, cuts, axes);
  const std::int64_t up = std::int64_t{1} << op.up_shift;
  Expression accumulator;
  if (op.has_weight != 0) {
    const View weight = lowerer.add_model(site.node.model[0], axes.domain, axes_of(axes, op.y_axes));
    add_product(accumulator, axes.domain, up, {LinearTerm{1, weight}}, left);
  } else if (two_activations) {
    add_product(accumulator, axes.domain, up, operand(lowerer, site.node.inputs[1], op, op.y_axes, cuts, axes), left);
  } else {
    add_linear(accumulator, axes.domain, up, left);
  }
  if (op.has_bias != 0) {
    const View bias = lowerer.add_model(site.node.model[bias_index(op)], axes.domain, axes_of(axes, op.bias_axes));
    accumulator.linear.push_back({std::int64_t{1} << op.bias_shift, bias});
  }
  return Accumulated{axes.domain, axes.box, std::move(accumulator)};
}

Status lower_op(const EinsumOp& op, const Site& site, Lowerer& lowerer) {
  VEIL_TRY(sum, accumulate(op, site, lowerer));
  lower_accumulator(lowerer, site, sum.domain, sum.box, std::move(sum.expression), op.shift);
  return Done{};
}

}  // namespace veil
