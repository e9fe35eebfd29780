// Operators that make no new integers: constants, views, joins, other scales, the two classes of a binary classifier.
#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "quant/view_scales.h"

namespace veil {

namespace {

// Length of an input along the axis of the join.
std::int64_t joined_length(const ConcatOp& op, const Site& site, std::size_t index) {
  return site.in_size(index) / (op.outer * op.inner);
}

// One scale everywhere, or a scale for each element of a plain join of rows.
bool scales_follow(const ConcatOp& op, const Site& site) {
  const std::vector<std::int32_t>& out = site.graph.values[site.node.output].scale_log2;
  if (out.size() != 1 && (op.outer != site.graph.batch || op.inner != 1)) return false;
  std::size_t place = 0;
  for (const QuantId input : site.node.inputs) {
    const QuantisedValue& value = site.graph.values[input];
    const auto count = out.size() == 1 ? value.scale_log2.size() : static_cast<std::size_t>(value.size / op.outer);
    for (std::size_t k = 0; k < count; ++k, ++place) {
      if (value.scale_log2[k % value.scale_log2.size()] != out[out.size() == 1 ? 0 : place]) return false;
    }
  }
  return true;
}

// ---- views

struct IndexMap {
  std::int64_t offset = 0;
  struct Term {
    std::size_t axis;  // of the output
    std::int64_t coefficient;
  };
  std::vector<Term> terms;
};

std::vector<IndexMap> index_maps(const ViewOp& op) {
  std::vector<IndexMap> maps(op.in_lengths.size());
  for (std::size_t d = 0; d < maps.size(); ++d) maps[d].offset = op.offsets[d];
  for (std::size_t i = 0; i < op.terms.size(); i += 3) {
    maps[static_cast<std::size_t>(op.terms[i])].terms.push_back(
        {static_cast<std::size_t>(op.terms[i + 1]), op.terms[i + 2]});
  }
  return maps;
}

// The positions that a map reads, over all indices of the output.
IntegerRange reach(const ViewOp& op, const IndexMap& map) {
  IntegerRange range{map.offset, map.offset};
  for (const IndexMap::Term& term : map.terms) {
    const std::int64_t last = term.coefficient * (op.out_lengths[term.axis] - 1);
    (last < 0 ? range.low : range.high) += last;
  }
  return range;
}

bool leaves(const ViewOp& op, std::size_t d, const IndexMap& map) {
  const IntegerRange range = reach(op, map);
  return range.low < 0 || range.high >= op.in_lengths[d];
}

// The whole axis as it is.
bool keeps_axis(const ViewOp& op, std::size_t d, const IndexMap& map) {
  return map.terms.size() == 1 && map.offset == 0 && map.terms[0].coefficient == 1 &&
         op.out_lengths[map.terms[0].axis] == op.in_lengths[d];
}

Status check_view(const ViewOp& op) {
  constexpr std::int64_t kMaxStep = std::int64_t{1} << 28;
  const Error error{"its index map is not possible"};
  if (op.in_lengths.size() > kMaxAxes || op.out_lengths.size() > kMaxAxes || op.terms.size() % 3 != 0) return error;
  if (op.offsets.size() != op.in_lengths.size()) return error;
  const auto in_axes = static_cast<std::int64_t>(op.in_lengths.size());
  const auto out_axes = static_cast<std::int64_t>(op.out_lengths.size());
  std::vector<bool> used(op.out_lengths.size(), false);
  for (std::size_t i = 0; i < op.terms.size(); i += 3) {
    const std::int64_t coefficient = op.terms[i + 2];
    if (op.terms[i] < 0 || op.terms[i] >= in_axes || op.terms[i + 1] < 0 || op.terms[i + 1] >= out_axes) return error;
    const auto axis = static_cast<std::size_t>(op.terms[i + 1]);
    if (used[axis] || coefficient == 0 || coefficient > kMaxStep || coefficient < -kMaxStep) return error;
    used[axis] = true;
  }
  for (const std::int64_t offset : op.offsets) {
    if (offset > kMaxStep || offset < -kMaxStep) return error;
  }
  return Done{};
}

// How the input's axes are read from the output's, which are cut wherever an axis that is kept is cut.
struct ViewPlan {
  Storage storage;               // of the output
  std::vector<AxisIndex> reads;  // by storage axis of the input
};

// Each storage axis of the input belongs to one of its axes d; the pieces of d, slowest first.
ViewPlan plan_view(const ViewOp& op, const std::vector<IndexMap>& maps,
                   const std::vector<std::vector<std::size_t>>& pieces, const Storage& input) {
  ViewPlan plan{{}, std::vector<AxisIndex>(input.size())};
  std::vector<std::optional<std::size_t>> kept(op.out_lengths.size());  // by output axis: the input's
  for (std::size_t d = 0; d < maps.size(); ++d) {
    if (keeps_axis(op, d, maps[d])) kept[maps[d].terms[0].axis] = d;
  }
  std::vector<AxisId> first(op.out_lengths.size(), 0);  // storage axis of an output axis that is not cut
  const std::vector<std::int64_t> out_strides = strides_of(op.out_lengths);
  const std::vector<std::int64_t> in_strides = strides_of(op.in_lengths);
  for (std::size_t axis = 0; axis < op.out_lengths.size(); ++axis) {
    first[axis] = static_cast<AxisId>(plan.storage.size());
    if (op.out_lengths[axis] == 1) continue;
    if (!kept[axis]) {
      plan.storage.push_back({op.out_lengths[axis], out_strides[axis]});
      continue;
    }
    for (const std::size_t piece : pieces[*kept[axis]]) {
      plan.reads[piece] = axis_at(static_cast<AxisId>(plan.storage.size()));
      plan.storage.push_back({input[piece].length, input[piece].stride / in_strides[*kept[axis]] * out_strides[axis]});
    }
  }
  if (plan.storage.empty()) plan.storage.push_back({1, 1});
  for (std::size_t d = 0; d < maps.size(); ++d) {
    if (keeps_axis(op, d, maps[d]) && op.in_lengths[d] > 1) continue;
    if (maps[d].terms.empty() && !leaves(op, d, maps[d])) {  // one position, in digits
      for (const std::size_t piece : pieces[d]) {
        plan.reads[piece].offset = maps[d].offset * in_strides[d] / input[piece].stride % input[piece].length;
      }
      continue;
    }
    if (pieces[d].empty()) continue;
    AxisIndex& read = plan.reads[pieces[d][0]];
    read.offset = maps[d].offset;
    for (const IndexMap::Term& term : maps[d].terms) {
      if (op.out_lengths[term.axis] > 1) read.terms.push_back({first[term.axis], term.coefficient});
    }
  }
  return plan;
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

// Every input is zero outside its own places, so that the join is their sum. An input keeps the cuts of its outer and
// inner parts where all others have them too.
Status lower_op(const ConcatOp& op, const Site& site, Lowerer& lowerer) {
  const std::int64_t total = site.out_size() / (op.outer * op.inner);
  Form joined, missing;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < site.node.inputs.size(); ++i) {
    const std::int64_t length = joined_length(op, site, i);
    const std::vector<std::int64_t> lengths{op.outer, length, op.inner};
    const Lowerer::Whole part = lowerer.see_whole(site.node.inputs[i], lengths, {false, true, false});
    std::vector<AxisIndex> moved(part.value.storage.size());
    AxisId next = 0;
    const auto place = [&](std::size_t d, std::int64_t whole, std::int64_t offset) {
      if (part.axes[d]) moved[*part.axes[d]] = axis_at(next, offset);
      next += whole > 1 ? 1 : 0;
    };
    place(0, op.outer, 0);
    place(1, total, -start);
    place(2, op.inner, 0);
    const Form form = substitute(part.value.form, moved);
    joined.insert(joined.end(), form.begin(), form.end());
    const Form bits = substitute(part.value.missing, moved);
    missing.insert(missing.end(), bits.begin(), bits.end());
    start += length;
  }
  Activation& out = lowerer.activation(site.node.output);
  out.storage = storage_by(cuts_of(std::vector<std::int64_t>{op.outer, total, op.inner}), site.out_size());
  out.form = std::move(joined);
  out.missing = std::move(missing);
  return Done{};
}

Result<NodeFacts> analyse_op(const ConstantOp&, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(0, 1, 1));
  if (site.model(0).size != site.out_size()) return Error{"its sizes do not fit"};
  VEIL_TRY_STATUS(site.expect_output_scale(site.model(0).scale_log2));
  return NodeFacts{site.model_range(0), site.model_range(0)};
}

void evaluate_op(const ConstantOp&, const Site& site, const Execution& execution) {
  execution.out(site) = execution.model(site, 0).to_vector();
}

Status lower_op(const ConstantOp&, const Site& site, Lowerer& lowerer) {
  Activation& out = lowerer.activation(site.node.output);
  out.storage = storage_by({}, site.out_size());
  const Domain box = storage_box(out.storage);
  out.form = {LinearTerm{1, lowerer.add_model(site.node.model[0], box, {0})}};
  return Done{};
}

Result<NodeFacts> analyse_op(const ViewOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(check_view(op));
  if (element_count(op.in_lengths) != site.in_size(0) || element_count(op.out_lengths) != site.out_size()) {
    return Error{"its sizes do not fit"};
  }
  const std::vector<std::int32_t>& scales = site.graph.values[site.node.inputs[0]].scale_log2;
  const auto expected = scales.size() == 1 ? scales : viewed_scales(op, site.graph.batch, scales);
  if (!expected || *expected != site.graph.values[site.node.output].scale_log2) {
    return Error{"its output's scales do not follow from its input's"};
  }
  if (!site.full_range().contains(op.fill)) return Error{"what it fills in is out of bounds"};
  IntegerRange range = site.in_range(0);
  const std::vector<IndexMap> maps = index_maps(op);
  for (std::size_t d = 0; d < maps.size(); ++d) {
    if (leaves(op, d, maps[d])) range = {std::min(range.low, op.fill), std::max(range.high, op.fill)};
  }
  return NodeFacts{range, range};
}

void evaluate_op(const ViewOp& op, const Site& site, const Execution& execution) {
  const std::vector<std::int64_t>& x = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.assign(static_cast<std::size_t>(site.out_size()), op.fill);
  const std::vector<IndexMap> maps = index_maps(op);
  const std::vector<std::int64_t> strides = strides_of(op.in_lengths);
  std::vector<std::int64_t> index(op.out_lengths.size(), 0);
  for (std::int64_t& value : out) {
    std::int64_t place = 0;
    bool inside = true;
    for (std::size_t d = 0; d < maps.size(); ++d) {
      std::int64_t position = maps[d].offset;
      for (const IndexMap::Term& term : maps[d].terms) position += term.coefficient * index[term.axis];
      inside = inside && position >= 0 && position < op.in_lengths[d];
      place += position * strides[d];
    }
    if (inside) value = x[static_cast<std::size_t>(place)];
    for (std::size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < op.out_lengths[axis]) break;
      index[axis] = 0;
    }
  }
}

// Costs no tensor, unless the input is cut across an axis that is moved, or is none that reads zero outside.
Status lower_op(const ViewOp& op, const Site& site, Lowerer& lowerer) {
  const QuantId input = site.node.inputs[0];
  const std::vector<IndexMap> maps = index_maps(op);
  std::vector<bool> outside(maps.size());
  bool moves = false;
  Activation value = lowerer.see(input, cuts_of(op.in_lengths));
  const std::vector<std::int64_t> strides = strides_of(op.in_lengths);
  const auto pieces_of = [&](const Storage& storage) {
    std::vector<std::vector<std::size_t>> pieces(maps.size());
    for (std::size_t axis = 0; axis < storage.size(); ++axis) {
      for (std::size_t d = 0; d < maps.size(); ++d) {
        const std::int64_t end = strides[d] * op.in_lengths[d];
        const bool inside = storage[axis].stride >= strides[d] && storage[axis].stride < end;
        if (storage[axis].length > 1 && inside) pieces[d].push_back(axis);
      }
    }
    return pieces;
  };
  std::vector<std::vector<std::size_t>> pieces = pieces_of(value.storage);
  for (std::size_t d = 0; d < maps.size(); ++d) {
    outside[d] = leaves(op, d, maps[d]);
    const bool by_digits = keeps_axis(op, d, maps[d]) || (maps[d].terms.empty() && !outside[d]);
    moves = moves || outside[d] || (pieces[d].size() > 1 && !by_digits);
  }
  if (moves) {
    Lowerer::Whole whole = lowerer.see_whole(input, op.in_lengths, outside);
    value = std::move(whole.value);
    for (std::size_t d = 0; d < maps.size(); ++d) {
      pieces[d].clear();
      if (whole.axes[d]) pieces[d].push_back(*whole.axes[d]);
    }
  }
  const bool fills = op.fill != 0 && std::find(outside.begin(), outside.end(), true) != outside.end();
  if (fills) {  // x - fill is a tensor that reads zero outside
    value.form.push_back({-op.fill, one_view()});
    value.form = {LinearTerm{1, add_copy(lowerer, site.node.name + "/above", value, value.storage)}};
    value.sign.reset();
  }
  ViewPlan plan = plan_view(op, maps, pieces, value.storage);
  value.split.reset();  // a table's columns do not read zero outside
  value.base.reset();
  value.slope.reset();
  value.low.clear();
  if (plan.storage.size() > kMaxAxes) return Error{"its output needs too many axes"};
  Activation& out = lowerer.activation(site.node.output);
  out = substitute(value, plan.reads, std::move(plan.storage));
  if (fills) out.form.push_back({op.fill, one_view()});
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

void evaluate_op(const PairOp& op, const Site& site, const Execution& execution) {
  const std::int64_t x = execution.in(site, 0)[0];
  execution.out(site) = {op.one - x, x};
}

// Both elements are affine in the one value; the output (ops/claim.cc) reads them from there.
Status lower_op(const PairOp&, const Site&, Lowerer&) { return Done{}; }

}  // namespace veil
