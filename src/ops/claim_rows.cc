#include "ops/claim_rows.h"

#include <algorithm>

#include "ops/claim_parts.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

// Comparisons of one term of a predicate: at each index of the box, whose first axis is the row, one of them holds
// where the form is not negative.
struct Comparisons {
  Domain box;
  Form form;
  std::int64_t most = 0;  // of the form
};

class RowsLowering {
 public:
  RowsLowering(Lowerer& lowerer, const Ending& ending)
      : lowerer_(lowerer),
        graph_(lowerer.graph),
        analysis_(lowerer.lowering.analysis),
        ending_(ending),
        scale_(graph_.values[graph_.output].scale_log2[0]),
        rows_(graph_.batch) {}

  Status prove(const RowTerm&) const { return Error{"a claim about one row has no batch"}; }

  Status prove(const AllRows& all) {
    VEIL_TRY(comparisons, comparisons_of(all.predicate));
    for (const Comparisons& each : comparisons) {
      prove_claim(lowerer_, "all", each.box, linear_expression(each.form), 0, each.most);
    }
    return Done{};
  }

  Status prove(const RowCount& count) {
    VEIL_TRY(comparisons, comparisons_of(count.predicate));
    const IntegerBound bound = integer_bound(count);
    if (bound.at_least ? bound.bound <= 0 : bound.bound >= rows_) return decided("true");
    if (bound.at_least ? bound.bound > rows_ : bound.bound < 0) return decided("false");
    prove_bound("count", {LinearTerm{1, holds(comparisons)}}, bound, {0, rows_});
    return Done{};
  }

  Status prove(const RowTotal& total) {
    VEIL_TRY(bound, integer_bound(total, scale_, rows_));
    const IntegerRange one = analysis_.ranges[graph_.output];
    const IntegerRange range{one.low * rows_, one.high * rows_};
    if (bound.at_least ? bound.bound <= range.low : bound.bound >= range.high) return decided("true");
    if (bound.at_least ? bound.bound > range.high : bound.bound < range.low) return decided("false");
    prove_bound(total.mean ? "mean" : "sum", element(graph_.output, total.element), bound, range);
    return Done{};
  }

 private:
  Error decided(const char* verdict) const {
    return Error{std::string("a part of the claim is ") + verdict + " whatever the input is"};
  }

  // The output's form by row (axis 0) and element (`place`).
  Form row_form(QuantId id, const AxisIndex& place) {
    const std::int64_t size = graph_.values[id].size / rows_;
    const Lowerer::Whole whole = lowerer_.see_whole(id, {rows_, size}, {false, false});
    std::vector<AxisIndex> axes{axis_at(*whole.axes[0])};
    if (whole.axes[1]) axes.push_back(place);
    return substitute(whole.value.form, axes);
  }
  Form element(QuantId id, std::int64_t index) { return row_form(id, AxisIndex{{}, index}); }

  // What is summed over the rows, compared with a bound on the sum: [0] is a box of one, [1] the rows.
  void prove_bound(const std::string& what, const Form& by_row, const IntegerBound& bound, const IntegerRange& range) {
    // A term that does not vary with the row, such as a constant, is summed by its factor alone.
    Form value;
    for (const LinearTerm& term : by_row) {
      const bool varies = std::any_of(term.view.index.begin(), term.view.index.end(),
                                      [](const AxisIndex& index) { return !index.terms.empty(); });
      const std::int64_t sign = bound.at_least ? 1 : -1;
      value.push_back({sign * term.coefficient * (varies ? 1 : rows_), substitute(term.view, {axis_at(1)})});
    }
    const Domain sum{{1, rows_}, 1};
    if (bound.at_least) {
      prove_claim(lowerer_, what, sum, linear_expression(value), bound.bound, range.high);
    } else {
      prove_claim(lowerer_, what, sum, linear_expression(value), -bound.bound, -range.low);
    }
  }

  Result<std::vector<Comparisons>> comparisons_of(const RowPredicate& predicate) {
    std::vector<Comparisons> out;
    for (const RowTerm& term : predicate) {
      if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
        add_argmax(argmax->index, out);
        continue;
      }
      VEIL_TRY(each, threshold(std::get<Threshold>(term)));
      out.push_back(std::move(each));
    }
    return out;
  }

  Result<Comparisons> threshold(const Threshold& threshold) {
    VEIL_TRY(bound, integer_bound(threshold, scale_));
    Requirement requirement{graph_.output, threshold.element, bound};
    if (ending_.function != nullptr) requirement = before_function(*ending_.function, requirement);
    const IntegerRange& whole = analysis_.ranges[requirement.value];
    const std::int64_t least = requirement.bound.bound;
    const bool at_least = requirement.bound.at_least;
    if (at_least ? least <= whole.low : least >= whole.high) return decided("true");
    if (at_least ? least > whole.high : least < whole.low) return decided("false");
    const Form form = element(requirement.value, requirement.element);
    const Domain box{{rows_}, 1};
    if (at_least) return Comparisons{box, minus(form, constant_form(least)), whole.high - least};
    return Comparisons{box, minus(constant_form(least), form), least - whole.low};
  }

  // Of the classes before the winner, which it must exceed, and of those after it.
  void add_argmax(std::int64_t winner, std::vector<Comparisons>& out) {
    const QuantId id = graph_.output;
    const std::int64_t size = graph_.values[id].size / rows_;
    const IntegerRange& range = analysis_.ranges[id];
    const Form best = element(id, winner);
    const auto add = [&](std::int64_t first, std::int64_t count, std::int64_t excess) {
      if (count == 0) return;
      const Form others = row_form(id, axis_at(1, first));
      out.push_back({Domain{{rows_, count}, 2}, minus(minus(best, others), constant_form(excess)),
                     range.high - range.low - excess});
    };
    add(0, winner, 1);
    add(winner + 1, size - winner - 1, 0);
  }

  // 1 for each row of which all comparisons hold.
  View holds(const std::vector<Comparisons>& comparisons) {
    Form sum;
    std::int64_t count = 0;
    for (const Comparisons& each : comparisons) {
      // [form >= 0] = [-1 - form < 0]
      const View bit = add_sign(lowerer_, name("comparison"), each.box, minus(constant_form(-1), each.form));
      const std::int64_t in_a_row = each.box.box_size() / rows_;
      count += in_a_row;
      sum.push_back(LinearTerm{1, in_a_row == 1 ? first_of(bit) : number_in_row(bit, each.box)});
    }
    if (count == 1) return sum[0].view;
    return add_sign(lowerer_, name("holds"), Domain{{rows_}, 1}, minus(constant_form(count - 1), sum));
  }

  // A view by row and an axis of length 1, by row alone.
  static View first_of(View bit) {
    if (bit.index.size() > 1) bit = substitute(bit, {axis_at(0), AxisIndex{}});
    return bit;
  }
  View number_in_row(const View& bit, const Domain& box) {
    const Domain by_row{box.extent, 1};
    return add_exact(lowerer_, name("number"), by_row, linear_expression({LinearTerm{1, bit}}));
  }

  std::string name(const std::string& what) {
    return "claim/rows_" + std::to_string(lowerer_.circuit.tensors.size()) + "/" + what;
  }

  Lowerer& lowerer_;
  const QuantisedGraph& graph_;
  const Analysis& analysis_;
  const Ending& ending_;
  std::int32_t scale_;
  std::int64_t rows_;
};

}  // namespace

Status lower_rows_claim(Lowerer& lowerer, const Ending& ending, const ClaimTerm& term) {
  if (lowerer.softmax || ending.pair != nullptr) return Error{"the output has no rows"};
  RowsLowering rows(lowerer, ending);
  return std::visit([&](const auto& each) { return rows.prove(each); }, term);
}

}  // namespace veil
