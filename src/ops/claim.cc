#include "ops/claim.h"

#include <map>

#include "base/check.h"
#include "circuit/range.h"
#include "graph/text.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

// One element of the output, or a run of them along axis 0 of a constraint, as a form.
class Output {
 public:
  explicit Output(Lowerer& lowerer) : lowerer_(lowerer) {
    for (const QuantisedNode& node : lowerer.graph.nodes) {
      const auto* pair = std::get_if<PairOp>(&node.op);
      if (pair != nullptr && node.output == lowerer.graph.output) pair_ = {node.inputs[0], pair->one};
    }
  }

  std::int64_t size() const { return lowerer_.graph.values[lowerer_.graph.output].size; }
  bool is_pair() const { return pair_.has_value(); }

  Form element(std::int64_t index) const {
    if (!pair_) return at(lowerer_.graph.output, index);
    const Form value = at(pair_->value, 0);
    if (index == 1) return value;
    Form rest = constant_form(pair_->one);
    const Form negated = scaled(value, -1);
    rest.insert(rest.end(), negated.begin(), negated.end());
    return rest;
  }

  // Elements first, first + 1, ... along axis 0, where the output has one axis.
  bool has_one_axis() const { return !pair_ && lowerer_.storage(lowerer_.graph.output).size() == 1; }
  Form from(std::int64_t first) const {
    return substitute(lowerer_.activation(lowerer_.graph.output).form, {axis_at(0, first)});
  }

 private:
  struct Pair {
    QuantId value;
    std::int64_t one;
  };

  Form at(QuantId id, std::int64_t index) const {
    std::vector<AxisIndex> axes;
    for (const StorageAxis& axis : lowerer_.storage(id)) axes.push_back(AxisIndex{{}, index / axis.stride % axis.length});
    return substitute(lowerer_.activation(id).form, axes);
  }

  Lowerer& lowerer_;
  std::optional<Pair> pair_;
};

const Domain kOneElement{{1}, 1};

Form difference(Form a, const Form& b) {
  const Form negated = scaled(b, -1);
  a.insert(a.end(), negated.begin(), negated.end());
  return a;
}

class OutputLowering {
 public:
  explicit OutputLowering(Lowerer& lowerer)
      : lowerer_(lowerer),
        output_(lowerer),
        names_(output_names(lowerer.graph)),
        range_(lowerer.lowering.analysis.ranges[lowerer.graph.output]),
        scale_(lowerer.graph.values[lowerer.graph.output].scale_log2[0]) {}

  Status run() {
    const std::optional<Claim>& claim = lowerer_.lowering.analysis.claim;
    if (!claim) {
      reveal();
      return Done{};
    }
    for (const ClaimTerm& term : claim->terms) {
      if (const auto* threshold = std::get_if<Threshold>(&term)) VEIL_TRY_STATUS(prove(*threshold));
      if (const auto* argmax = std::get_if<ArgmaxIs>(&term)) prove(*argmax);
    }
    VEIL_TRY(text, claim_text(*claim, names_, scale_));
    lowerer_.circuit.claim = std::move(text);
    return Done{};
  }

 private:
  void reveal() {
    const QuantId id = lowerer_.graph.output;
    const Domain box = lowerer_.box(id);
    Tensor tensor{"output", box.extent, range_.low, range_.high, Owner::kPublic,
                  Meaning{names_.name, "", names_.labels, {scale_}}};
    const TensorId shown = add_tensor(lowerer_.circuit, std::move(tensor));
    lowerer_.lowering.output = shown;
    if (!output_.is_pair()) {
      reveal_by(shown, box, whole_view(lowerer_.circuit, shown), lowerer_.activation(id).form, "output");
      return;
    }
    for (std::int64_t i = 0; i < 2; ++i) {
      const View view{shown, {AxisIndex{{}, i}}};
      reveal_by(shown, kOneElement, view, output_.element(i), "output_" + std::to_string(i));
    }
  }

  // public - form = 0; the trace's public values are appended in the order of the calls.
  void reveal_by(TensorId shown, const Domain& domain, const View& view, const Form& form, const std::string& name) {
    const Expression value = linear_expression(form);
    lowerer_.circuit.identities.push_back(Identity{name, domain, linear_expression({LinearTerm{1, view}}) - value});
    lowerer_.add_step([shown, domain, value](const Circuit& circuit, Trace& trace) {
      for (const Int128 element : evaluate_expression(circuit, trace, domain, value)) {
        trace.values[shown].push_back(static_cast<std::int64_t>(element));
      }
    });
  }

  // form in [low, low + 2^k), 2^k > most - low: whatever a form within its range is, this says form >= low.
  void prove_at_least(const std::string& what, const Domain& domain, const Form& form, std::int64_t low,
                      std::int64_t most) {
    std::int64_t span = 2;
    while (span <= most - low) span *= 2;
    const std::string name = "claim_" + std::to_string(++count_) + "/" + what;
    const auto steps =
        add_range_proof(lowerer_.circuit, name, domain, linear_expression(form), low, low + span - 1);
    lowerer_.lowering.claim.push_back({domain, linear_expression(form) - constant_expression(low)});
    for (const LimbStep& step : steps) {
      lowerer_.add_step([step](const Circuit& circuit, Trace& trace) { fill_limbs(circuit, trace, step); });
    }
  }

  Error undecided(const Threshold& threshold, const char* verdict) const {
    return Error{"the claim's part " + quoted(names_.name + "[" + std::to_string(threshold.element) + "] " +
                 std::string(comparison_text(threshold.comparison)) + " " + decimal_text(threshold.value)) + " is " + verdict +
                 " whatever the input is: the model's output lies within " + std::to_string(real_value(range_.low, scale_)) +
                 " and " + std::to_string(real_value(range_.high, scale_))};
  }

  Status prove(const Threshold& threshold) {
    VEIL_TRY(bound, integer_bound(threshold, scale_));
    IntegerRange& left = left_.try_emplace(threshold.element, range_).first->second;
    if (bound.at_least ? bound.bound <= range_.low : bound.bound >= range_.high) return undecided(threshold, "true");
    (bound.at_least ? left.low : left.high) =
        bound.at_least ? std::max(left.low, bound.bound) : std::min(left.high, bound.bound);
    if (left.low > left.high) return undecided(threshold, "false");
    const Form element = output_.element(threshold.element);
    if (bound.at_least) {
      prove_at_least("at_least", kOneElement, element, bound.bound, range_.high);
    } else {
      prove_at_least("at_most", kOneElement, scaled(element, -1), -bound.bound, -range_.low);
    }
    return Done{};
  }

  void prove(const ArgmaxIs& argmax) {
    const std::int64_t most = range_.high - range_.low;
    const Form winner = output_.element(argmax.index);
    const std::int64_t after = output_.size() - argmax.index - 1;
    if (!output_.has_one_axis()) {
      for (std::int64_t j = 0; j < output_.size(); ++j) {
        if (j == argmax.index) continue;
        prove_at_least("argmax", kOneElement, difference(winner, output_.element(j)), j < argmax.index ? 1 : 0, most);
      }
      return;
    }
    if (argmax.index > 0) {
      prove_at_least("argmax_before", Domain{{argmax.index}, 1}, difference(winner, output_.from(0)), 1, most);
    }
    if (after > 0) {
      prove_at_least("argmax_after", Domain{{after}, 1}, difference(winner, output_.from(argmax.index + 1)), 0, most);
    }
  }

  Lowerer& lowerer_;
  Output output_;
  OutputNames names_;
  IntegerRange range_;
  std::int32_t scale_;
  std::map<std::int64_t, IntegerRange> left_;  // what the thresholds so far leave of an element's range
  int count_ = 0;
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
  Shape shape;
  for (const StorageAxis& axis : lowering.layout.storage[id]) shape.push_back(axis.length);
  const Domain box{shape, static_cast<std::uint32_t>(shape.size())};
  std::vector<std::int64_t> out;
  for (const Int128 value :
       evaluate_expression(lowering.circuit, trace, box, linear_expression(lowering.activations[id].form))) {
    out.push_back(static_cast<std::int64_t>(value));
  }
  return out;
}

}  // namespace veil
