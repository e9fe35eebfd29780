// Decisions of trees where a row is: here[r, p, t] tells the place p that row r has reached in tree t by a 1. What it
// reads there is selected first, then compared, so that only nodes on a path have limbs and lookups:
//
//   feature[r, n, t, f] = sum_p here[r, p, t] y[p, n, t, f]                                            committed
//   [sum_f feature[r, n, t, f] x[r, f] + sum_p here[r, p, t] z[p, n, t] < 0]                           as threshold.cc
//
// Both sums over p fold the nodes once for all rows. `feature` is a row of zeros with one 1, and costs next to nothing.
#include <array>
#include <cstdlib>

#include "base/limits.h"
#include "graph/shape.h"
#include "ops/family.h"
#include "ops/gadgets.h"
#include "ops/threshold.h"

namespace veil {

namespace {

enum Label : std::size_t { kRow, kComparison, kTree, kFeature, kPlace };
using Labels = std::vector<Label>;

std::array<std::int64_t, 5> lengths_of(const PathThresholdOp& op) {
  return {op.rows, op.comparisons, op.trees, op.features, op.places};
}

// A constraint's axes by label; labels of length 1 have none.
class LabelAxes {
 public:
  LabelAxes(const PathThresholdOp& op, const Labels& box, const Labels& summed) : lengths_(lengths_of(op)) {
    for (const Label label : box) add(label);
    if (domain.extent.empty()) domain.extent.push_back(1);
    domain.box_rank = static_cast<std::uint32_t>(domain.extent.size());
    for (const Label label : summed) add(label);
  }

  std::vector<AxisId> of(const Labels& labels) const {
    std::vector<AxisId> out;
    for (const Label label : labels) {
      if (axes_[label]) out.push_back(*axes_[label]);
    }
    return out;
  }

  // A value with exactly one axis for each of these labels that is longer than 1.
  Form read(const Lowerer::Whole& whole, const Labels& labels) const {
    std::vector<AxisIndex> moved(whole.value.storage.size());
    for (std::size_t d = 0; d < labels.size(); ++d) {
      if (whole.axes[d]) moved[*whole.axes[d]] = axis_at(*axes_[labels[d]]);
    }
    return substitute(whole.value.form, moved);
  }

  View read(TensorId tensor, const Labels& labels) const {
    const std::vector<AxisId> axes = of(labels);
    return axes.empty() ? View{tensor, {AxisIndex{}}} : view_by_axes(tensor, axes);
  }

  // The box of a value that is flat by these labels, row-major.
  Storage storage() const {
    Storage out;
    std::int64_t stride = 1;
    for (std::size_t axis = domain.box_rank; axis-- > 0;) {
      out.insert(out.begin(), {domain.extent[axis], stride});
      stride *= domain.extent[axis];
    }
    return out;
  }

  Domain domain;

 private:
  void add(Label label) {
    if (lengths_[label] == 1) return;
    axes_[label] = static_cast<AxisId>(domain.extent.size());
    domain.extent.push_back(lengths_[label]);
  }

  std::array<std::int64_t, 5> lengths_;
  std::array<std::optional<AxisId>, 5> axes_{};
};

// The same integers without the circuit. `here` is nearly all zeros: nodes that no row reaches are not read.
struct Nodes {
  const PathThresholdOp& op;
  const std::vector<std::int64_t>&x, &here;
  IntegerView selection, addend;

  // visit(times, row, place in [row, comparison, tree], node in [place, comparison, tree])
  template <class Visit>
  void for_each(const Visit& visit) const {
    const auto [rows, comparisons, trees, features, places] = lengths_of(op);
    for (std::int64_t i = 0; i < rows * places * trees; ++i) {
      const std::int64_t times = here[static_cast<std::size_t>(i)];
      if (times == 0) continue;
      const std::int64_t r = i / (places * trees), p = i / trees % places, t = i % trees;
      for (std::int64_t n = 0; n < comparisons; ++n) {
        visit(times, static_cast<std::size_t>(r), static_cast<std::size_t>((r * comparisons + n) * trees + t),
              static_cast<std::size_t>((p * comparisons + n) * trees + t));
      }
    }
  }

  std::vector<std::int64_t> differences() const {
    const auto features = static_cast<std::size_t>(op.features);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(op.rows * op.comparisons * op.trees), 0);
    for_each([&](std::int64_t times, std::size_t row, std::size_t at, std::size_t node) {
      std::int64_t sum = addend[node];
      for (std::size_t f = 0; f < features; ++f) sum += selection[node * features + f] * x[row * features + f];
      sums[at] += times * sum;
    });
    return sums;
  }

  std::vector<std::int64_t> selected() const {
    const auto features = static_cast<std::size_t>(op.features);
    std::vector<std::int64_t> out(static_cast<std::size_t>(op.rows * op.comparisons * op.trees) * features, 0);
    for_each([&](std::int64_t times, std::size_t, std::size_t at, std::size_t node) {
      for (std::size_t f = 0; f < features; ++f) out[at * features + f] += times * selection[node * features + f];
    });
    return out;
  }
};

// A row's values as the nodes read them, from a trace.
struct Reads {
  PathThresholdOp op;
  Activation x, here;
  TensorId selection, addend;

  template <class Use>
  std::vector<std::int64_t> run(const Circuit& circuit, const Trace& trace, const Use& use) const {
    const auto values = [&](const Activation& value) {
      return evaluate_box(circuit, trace, storage_box(value.storage), linear_expression(value.form)).narrowed();
    };
    const std::vector<std::int64_t> features = values(x), places = values(here);
    return use(Nodes{op, features, places, trace.tensor(selection), trace.tensor(addend)});
  }
};

Lowerer::Whole whole(Lowerer& lowerer, QuantId id, const std::vector<std::int64_t>& lengths) {
  return lowerer.see_whole(id, lengths, std::vector<bool>(lengths.size(), false));
}

// At the ends of all ranges, whatever the model is.
Result<IntegerRange> sum_bound(const PathThresholdOp& op, const Site& site) {
  Result<IntegerRange> node = product_range(site.in_range(0), site.model_range(0));
  node = sum_range(product_range(node, IntegerRange{op.features, op.features}), site.model_range(1));
  return product_range(product_range(node, site.in_range(1)), IntegerRange{op.places, op.places});
}

}  // namespace

Result<NodeFacts> analyse_op(const PathThresholdOp& op, const Site& site) {
  constexpr unsigned kMostBits = 54;
  VEIL_TRY_STATUS(site.expect_counts(2, 2, 2));
  VEIL_TRY_STATUS(site.expect_output_scale(0));
  const Error error{"its sizes do not fit"};
  for (const std::int64_t length : lengths_of(op)) {
    if (length < 1 || length > kMaxTensorSize) return error;
  }
  const auto nodes = element_count({op.places, op.comparisons, op.trees});
  const auto selected = element_count({op.rows, op.comparisons, op.trees, op.features});
  if (!nodes || !selected || !element_count({op.places, op.comparisons, op.trees, op.features})) {
    return Error{"its sums are too large"};
  }
  if (!element_count({op.rows, op.comparisons, op.trees, op.features, op.places})) {
    return Error{"its sums are too large"};
  }
  if (element_count({op.rows, op.features}) != site.in_size(0)) return error;
  if (element_count({op.rows, op.places, op.trees}) != site.in_size(1)) return error;
  if (op.rows * op.comparisons * op.trees != site.out_size()) return error;
  if (*nodes * op.features != site.model(0).size || *nodes != site.model(1).size) return error;
  if (!site.in_has_one_scale(1) || site.in_scale(1) != 0) return Error{"its places are no whole numbers"};
  VEIL_TRY(sum, sum_bound(op, site));
  if (!signed_range(kMostBits).contains(sum)) return Error{"its sums are too large"};
  return NodeFacts{sum, {0, 1}};
}

void evaluate_op(const PathThresholdOp& op, const Site& site, const Execution& execution) {
  Nodes nodes{op, execution.in(site, 0), execution.in(site, 1), execution.model(site, 0).view(),
              execution.model(site, 1).view()};
  std::vector<std::int64_t> sums = nodes.differences();
  for (std::int64_t& sum : sums) sum = sum < 0 ? 1 : 0;
  execution.out(site) = std::move(sums);
}

Status lower_op(const PathThresholdOp& op, const Site& site, Lowerer& lowerer) {
  const std::string& name = site.node.name;
  const Lowerer::Whole x = whole(lowerer, site.node.inputs[0], {op.rows, op.features});
  const Lowerer::Whole here = whole(lowerer, site.node.inputs[1], {op.rows, op.places, op.trees});
  const LabelAxes select(op, {kRow, kComparison, kTree, kFeature}, {kPlace});
  const View y =
      lowerer.add_model(site.node.model[0], select.domain, select.of({kPlace, kComparison, kTree, kFeature}));
  const Expression selected{{}, {ProductTerm{1, {LinearTerm{1, y}}, select.read(here, {kRow, kPlace, kTree})}}};
  const IntegerRange bound = declared_range(lowerer.circuit, select.domain, selected);
  const TensorId feature = commit(lowerer.circuit, name + ".feature", select.domain, bound.low, bound.high);
  const Expression feature_value = linear_expression({LinearTerm{1, whole_view(lowerer.circuit, feature)}});
  lowerer.circuit.identities.push_back(Identity{name + ".feature", select.domain, feature_value - selected});

  const LabelAxes compare(op, {kRow, kComparison, kTree}, {kFeature, kPlace});
  const View z = lowerer.add_model(site.node.model[1], compare.domain, compare.of({kPlace, kComparison, kTree}));
  const View read = compare.read(feature, {kRow, kComparison, kTree, kFeature});
  const Expression difference{{},
                              {ProductTerm{1, {LinearTerm{1, read}}, compare.read(x, {kRow, kFeature})},
                               ProductTerm{1, {LinearTerm{1, z}}, compare.read(here, {kRow, kPlace, kTree})}}};
  const IntegerRange range = difference_range(site.in_range(0), site.model(1));
  const Reads reads{op, x.value, here.value, *y.tensor, *z.tensor};
  lowerer.add_step([reads, feature](const Circuit& circuit, Trace& trace) {
    trace.values[feature] = reads.run(circuit, trace, [](const Nodes& nodes) { return nodes.selected(); });
  });
  const View sign = add_difference_sign(
      lowerer, name, compare.domain, difference, range, [reads](const Circuit& circuit, const Trace& trace) {
        return reads.run(circuit, trace, [](const Nodes& nodes) { return nodes.differences(); });
      });
  lowerer.activation(site.node.output) = Activation{compare.storage(), {LinearTerm{1, sign}}, {}, {}, {}, {}, {}, {}};
  return Done{};
}

}  // namespace veil
