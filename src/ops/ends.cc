// Both ends of what may be missing. An input is x + 2^32 m, m = 1 where there is no value, so that both halves are
// forms:
//   out[r, f] = x[r, f] + 2^32 m[r, f],   out[r, F + f] = x[r, f] - 2^32 m[r, f]
// x lies within 32 signed bits: whatever it is where m = 1, every threshold is below the first and above the second.
#include <algorithm>

#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

// Terms of one view added up, so that the ranges that follow from them are no wider than they are.
Form lower_end(const Form& upper, const Form& missing) {
  Form out = upper;
  for (const LinearTerm& bit : missing) {
    const auto found =
        std::find_if(out.begin(), out.end(), [&](const LinearTerm& term) { return term.view == bit.view; });
    if (found == out.end()) {
      out.push_back({-2 * kMissingStep * bit.coefficient, bit.view});
    } else {
      found->coefficient -= 2 * kMissingStep * bit.coefficient;
    }
  }
  return out;
}

}  // namespace

Result<NodeFacts> analyse_op(const EndsOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_one_scale());
  VEIL_TRY_STATUS(site.expect_output_scale(0));
  const Error error{"its sizes do not fit"};
  if (op.rows < 1 || op.features < 1 || element_count({op.rows, op.features}) != site.in_size(0)) return error;
  if (element_count({op.rows, 2, op.features}) != site.out_size()) return error;
  const IntegerRange in = site.in_range(0);
  return NodeFacts{in, {std::min(in.low, kMissingStep / 2 - 2 * kMissingStep), in.high}};
}

void evaluate_op(const EndsOp& op, const Site& site, const Execution& execution) {
  const std::vector<std::int64_t>& x = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.assign(2 * x.size(), 0);
  const auto features = static_cast<std::size_t>(op.features);
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::int64_t* row = &out[i / features * 2 * features];
    row[i % features] = x[i];
    row[features + i % features] = is_missing(x[i]) ? x[i] - 2 * kMissingStep : x[i];
  }
}

Status lower_op(const EndsOp& op, const Site& site, Lowerer& lowerer) {
  const std::vector<std::int64_t> lengths{op.rows, op.features};
  const Lowerer::Whole whole = lowerer.see_whole(site.node.inputs[0], lengths, {false, true});
  if (whole.value.missing.empty()) return Error{"it reads what cannot be missing"};
  const auto moved = [&](const Form& form, std::int64_t offset) {
    std::vector<AxisIndex> axes(whole.value.storage.size());
    AxisId next = 0;
    if (whole.axes[0]) axes[*whole.axes[0]] = axis_at(next++);
    axes[*whole.axes[1]] = axis_at(next, offset);
    return substitute(form, axes);
  };
  Form form = moved(whole.value.form, 0);
  const Form lower = moved(lower_end(whole.value.form, whole.value.missing), -op.features);
  form.insert(form.end(), lower.begin(), lower.end());
  Activation& out = lowerer.activation(site.node.output);
  const std::vector<std::int64_t> both{op.rows, 2 * op.features};
  out.storage = storage_by(cuts_of(both), site.out_size());
  out.form = std::move(form);
  return Done{};
}

}  // namespace veil
