#include "ops/claim.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/limits.h"
#include "circuit/range.h"
#include "graph/text.h"
#include "ops/claim_parts.h"
#include "ops/claim_rows.h"
#include "ops/ending.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

const Domain kOneElement{{1}, 1};

class OutputLowering {
 public:
  explicit OutputLowering(Lowerer& lowerer)
      : lowerer_(lowerer),
        graph_(lowerer.graph),
        analysis_(lowerer.lowering.analysis),
        names_(output_names(graph_)),
        scale_(graph_.values[graph_.output].scale_log2[0]),
        ending_(ending_of(graph_, analysis_.claim)) {}

  Status run() {
    if (analysis_.claim.terms.empty()) return reveal();
    VEIL_TRY_STATUS(check_not_decided());
    for (const ClaimTerm& term : analysis_.claim.terms) {
      const auto* row = std::get_if<RowTerm>(&term);
      VEIL_TRY_STATUS(row != nullptr ? prove(*row) : lower_rows_claim(lowerer_, ending_, term));
    }
    VEIL_TRY(text, claim_text(analysis_.claim, names_, scale_));
    lowerer_.circuit.claim = std::move(text);
    return Done{};
  }

 private:
  const IntegerRange& range(QuantId id) const { return analysis_.ranges[id]; }

  // One element of a value, as a form of a constraint with a single element.
  Form element(QuantId id, std::int64_t index) const {
    std::vector<AxisIndex> axes;
    for (const StorageAxis& axis : lowerer_.activation(id).storage)
      axes.push_back(AxisIndex{{}, index / axis.stride % axis.length});
    return substitute(lowerer_.activation(id).form, axes);
  }

  // The two classes of a PairOp are no value of the circuit.
  Storage storage_of(QuantId id) const {
    const Storage& storage = lowerer_.activation(id).storage;
    return storage.empty() ? storage_by({}, graph_.values[id].size) : storage;
  }

  // ---- reveal
  Status reveal() {
    const QuantId id = graph_.output;
    // A public tensor has at most kMaxRank axes.
    if (lowerer_.activation(id).storage.size() > kMaxRank) lowerer_.see_whole(id, {graph_.values[id].size}, {false});
    const Domain box = storage_box(storage_of(id));
    // The range that the limbs prove, not a narrower one that only the operators know: a public tensor's range counts
    // as proven, and must not narrow that of the limbs it equals.
    const Form& form = lowerer_.activation(id).form;
    const IntegerRange shown_range = form.empty() ? range(id) : declared_range(lowerer_.circuit, form);
    const Tensor tensor{"output",         box.extent,     shown_range.low,
                        shown_range.high, Owner::kPublic, Meaning{names_.name, "", names_.labels, {scale_}}};
    const TensorId shown = add_tensor(lowerer_.circuit, tensor);
    lowerer_.lowering.output = shown;
    if (lowerer_.softmax) {
      reveal_softmax(shown);
    } else if (const auto* node = producer(graph_, id); node != nullptr && std::holds_alternative<PairOp>(node->op)) {
      const Form value = element(node->inputs[0], 0);
      reveal_by(kOneElement, View{shown, {AxisIndex{{}, 0}}},
                minus(constant_form(std::get<PairOp>(node->op).one), value), "output_0");
      reveal_by(kOneElement, View{shown, {AxisIndex{{}, 1}}}, value, "output_1");
    } else {
      reveal_by(box, whole_view(lowerer_.circuit, shown), form, "output");
    }
    return Done{};
  }

  // public - form = 0; the public values are appended in the order of the calls.
  void reveal_by(const Domain& domain, const View& view, const Form& form, const std::string& name) {
    const Expression value = linear_expression(form);
    lowerer_.circuit.identities.push_back(Identity{name, domain, linear_expression({LinearTerm{1, view}}) - value});
    lowerer_.add_step([shown = *view.tensor, domain, value](const Circuit& circuit, Trace& trace) {
      const std::vector<std::int64_t> shown_now = evaluate_box(circuit, trace, domain, value).narrowed();
      trace.values[shown].insert(trace.values[shown].end(), shown_now.begin(), shown_now.end());
    });
  }

  // 0 <= 2^(P+1) e_j + S - 2 S p_j < 2 S pins the public p_j.
  void reveal_softmax(TensorId shown) {
    const SoftmaxParts& parts = *lowerer_.softmax;
    const std::int64_t unit = std::int64_t{2} << parts.op.probability_bits;
    const Form sum{LinearTerm{1, parts.sum}};
    const View p = whole_view(lowerer_.circuit, shown);
    const Form dividend = minus(scaled(parts.exponential, unit), scaled(sum, -1));
    lowerer_.add_step([shown, box = parts.box, dividend, sum](const Circuit& circuit, Trace& trace) {
      const auto above = evaluate_form(circuit, trace, box, dividend);
      const auto below = evaluate_form(circuit, trace, box, sum);
      for (std::size_t j = 0; j < above.size(); ++j) {
        trace.values[shown].push_back(static_cast<std::int64_t>(above[j] / (2 * below[j])));
      }
    });
    const Expression remainder{dividend, {ProductTerm{-2, sum, {LinearTerm{1, p}}}}};
    const Expression rest = linear_expression(minus(scaled(sum, 2), constant_form(1))) - remainder;
    prove_at_least(lowerer_, "output/remainder", parts.box, remainder, 0, 2 * parts.largest_sum);
    prove_at_least(lowerer_, "output/rest", parts.box, rest, 0, 2 * parts.largest_sum);
  }

  // ---- claims
  Error undecided(const Threshold& threshold, const char* verdict) const {
    const IntegerRange& whole = range(graph_.output);
    const std::string part = names_.name + "[" + std::to_string(threshold.element) + "] " +
                             std::string(comparison_text(threshold.comparison)) + " " + decimal_text(threshold.value);
    return Error{"the claim's part " + quoted(part) + " is " + verdict +
                 " whatever the input is: the model's output lies between " +
                 std::to_string(real_value(whole.low, scale_)) + " and " +
                 std::to_string(real_value(whole.high, scale_))};
  }

  // Each threshold must cut the output's range, and together they must leave something of it.
  Status check_not_decided() const {
    std::map<std::int64_t, IntegerRange> left;
    for (const ClaimTerm& term : analysis_.claim.terms) {
      const auto* row = std::get_if<RowTerm>(&term);
      const auto* threshold = row == nullptr ? nullptr : std::get_if<Threshold>(row);
      if (threshold == nullptr) continue;
      const IntegerRange whole = range(graph_.output);
      VEIL_TRY(bound, integer_bound(*threshold, scale_));
      if (bound.at_least ? bound.bound <= whole.low : bound.bound >= whole.high) return undecided(*threshold, "true");
      IntegerRange& rest = left.try_emplace(threshold->element, whole).first->second;
      if (bound.at_least) rest.low = std::max(rest.low, bound.bound);
      if (!bound.at_least) rest.high = std::min(rest.high, bound.bound);
      if (rest.low > rest.high) return undecided(*threshold, "false");
    }
    return Done{};
  }

  Status prove(const RowTerm& term) {
    if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) {
      return ending_.pair != nullptr ? prove(before_pair(*ending_.pair, *argmax)) : prove(*argmax);
    }
    const auto& threshold = std::get<Threshold>(term);
    VEIL_TRY(bound, integer_bound(threshold, scale_));
    Requirement requirement{graph_.output, threshold.element, bound};
    if (lowerer_.softmax) return prove_of_softmax(requirement);
    if (ending_.pair != nullptr) requirement = before_pair(*ending_.pair, requirement);
    return prove(requirement);
  }

  Status prove(Requirement requirement) {
    if (ending_.function != nullptr) requirement = before_function(*ending_.function, requirement);
    const IntegerRange& whole = range(requirement.value);
    const Expression form = linear_expression(element(requirement.value, requirement.element));
    const std::int64_t bound = requirement.bound.bound;
    if (requirement.bound.at_least ? bound <= whole.low || bound > whole.high
                                   : bound >= whole.high || bound < whole.low) {
      return Error{"the claim is true or false whatever the input is: the model cannot reach its bound"};
    }
    if (requirement.bound.at_least) {
      prove_claim(lowerer_, "at_least", kOneElement, form, bound, whole.high);
    } else {
      prove_claim(lowerer_, "at_most", kOneElement, scaled(form, -1), -bound, -whole.low);
    }
    return Done{};
  }

  // p_j >= b <=> 2^(P+1) e_j - (2 b - 1) S >= 0;  p_j <= b <=> (2 b + 1) S - 2^(P+1) e_j - 1 >= 0.
  Status prove_of_softmax(const Requirement& requirement) {
    const SoftmaxParts& parts = *lowerer_.softmax;
    const std::int64_t unit = std::int64_t{2} << parts.op.probability_bits;
    const Form exponential = scaled(substitute(parts.exponential, {AxisIndex{{}, requirement.element}}), unit);
    const std::int64_t factor = 2 * requirement.bound.bound + (requirement.bound.at_least ? -1 : 1);
    const Form sum{LinearTerm{factor, parts.sum}};
    if (requirement.bound.at_least) {
      prove_claim(lowerer_, "at_least", kOneElement, linear_expression(minus(exponential, sum)), 0,
                  unit << parts.op.exp_bits);
    } else {
      prove_claim(lowerer_, "at_most", kOneElement, linear_expression(minus(sum, exponential)), 1,
                  factor * parts.largest_sum);
    }
    return Done{};
  }

  // The argmax of a softmax is that of its logits.
  QuantId argmax_value() const {
    const QuantisedNode* node = producer(graph_, graph_.output);
    return lowerer_.softmax ? node->inputs[0] : graph_.output;
  }

  Status prove(const ArgmaxIs& argmax) {
    const QuantId id = argmax_value();
    const std::int64_t size = graph_.values[id].size;
    const std::int64_t most = range(id).high - range(id).low;
    if (lowerer_.activation(id).storage.size() > 1) lowerer_.see_whole(id, {size}, {false});
    const Form winner = element(id, argmax.index);
    const auto from = [&](std::int64_t first) {
      return linear_expression(minus(winner, substitute(lowerer_.activation(id).form, {axis_at(0, first)})));
    };
    const std::int64_t after = size - argmax.index - 1;
    if (argmax.index > 0) prove_claim(lowerer_, "argmax_before", Domain{{argmax.index}, 1}, from(0), 1, most);
    if (after > 0) prove_claim(lowerer_, "argmax_after", Domain{{after}, 1}, from(argmax.index + 1), 0, most);
    return Done{};
  }

  Lowerer& lowerer_;
  const QuantisedGraph& graph_;
  const Analysis& analysis_;
  OutputNames names_;
  std::int32_t scale_;
  Ending ending_;
};

}  // namespace

Status lower_output(Lowerer& lowerer) { return OutputLowering(lowerer).run(); }

bool claim_holds(const Lowering& lowering, const Trace& trace) {
  for (const ClaimPart& part : lowering.claim) {
    for (const Int128 value : evaluate_expression(lowering.circuit, trace, part.domain, part.value)) {
      if (value < 0) return false;
    }
  }
  return true;
}

std::vector<std::int64_t> activation_values(const Lowering& lowering, const Trace& trace, QuantId id) {
  const Activation& value = lowering.activations[id];
  return evaluate_form(lowering.circuit, trace, storage_box(value.storage), value.form).narrowed();
}

}  // namespace veil
