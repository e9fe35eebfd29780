// Claims: an append-only list of  sum_i factor_i <w_i, tensor_i> = value  that all arguments reduce to (protocol
// section 3).
//
// A linear check of a text is such a claim as it stands: its value is an affine form in messages that are there
// already, and nothing is sent for it. Only a factor of a product has to be a message. Soundness: nothing here is
// checked; every listed claim is still owed and is discharged by the opening. The value of one tensor under equal
// symbolic weights is asked for once and shared.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/integer_array.h"
#include "circuit/circuit.h"
#include "commit/weight.h"

namespace veil {

// Weights by axis of a constraint; an axis without weights (size 0) is not part of the sum at hand.
using AxisWeights = std::vector<Weight>;

// One coordinate block an axis, in the order given, most significant bit first, from the END of the point of `eq`.
void assign_eq_weights(AxisWeights& weights, const Domain& domain, std::span<const AxisId> axes, EqWeights& eq);
AxisWeights box_weights(const Domain& domain, EqWeights& eq);
std::size_t axes_bits(const Domain& domain, std::span<const AxisId> axes);
std::vector<AxisId> box_axes(const Domain& domain);
// The axes that a form's views use, each once, in order of first use.
std::vector<AxisId> used_axes(const Form& form);

// A view under weights on constraint axes: a public factor (axes of the sum that the view lacks: broadcast) and one
// Weight for each axis of the tensor.
struct ViewWeights {
  Fr factor;
  std::vector<Weight> weights;
};
ViewWeights view_weights(const Circuit& circuit, const View& view, const AxisWeights& scope);

// sum_index prod weights * values
Fr weighted_sum(const IntegerView& values, std::span<const Weight> weights);
Fr weighted_sum(std::vector<Fr> values, std::span<const Weight> weights);

using PublicValues = std::vector<std::vector<std::int64_t>>;  // by TensorId; empty for committed tensors

// factor * <weights, tensor>
struct FunctionalPart {
  TensorId tensor;
  std::vector<Weight> weights;
  Fr factor;
};

// constant + sum of the parts: a public linear functional of the committed tensors.
struct Functional {
  Fr constant;
  std::vector<FunctionalPart> parts;

  void add(const Functional& other, const Fr& scale) {
    constant += other.constant * scale;
    for (const FunctionalPart& part : other.parts) parts.push_back({part.tensor, part.weights, part.factor * scale});
  }
};

Functional functional_of_view(const Circuit& circuit, const PublicValues& public_values, const View& view,
                              const AxisWeights& scope);
Functional functional_of_form(const Circuit& circuit, const PublicValues& public_values, const Form& form,
                              const AxisWeights& scope);
// The linear part of an expression under weights on its box; axes of a view outside the box are summed.
Functional functional_of_linear(const Circuit& circuit, const PublicValues& public_values, const Form& form,
                                const Domain& domain, const AxisWeights& box);

// The wanted value: the sum of the parts.
struct ClaimQuestion {
  std::span<const FunctionalPart> parts;
};

// The sum of the parts is owed to be the value.
template <class Value>
struct LinearClaim {
  std::vector<FunctionalPart> parts;
  Value value;
};

template <class Checker>
class Claims {
 public:
  using Value = typename Checker::Value;

  Claims(Checker& checker, const Circuit& circuit, const PublicValues& public_values)
      : checker_(checker), circuit_(circuit), public_(public_values) {}

  Functional of_form(const Form& form, const AxisWeights& scope) const {
    return functional_of_form(circuit_, public_, form, scope);
  }
  Functional of_linear(const Form& form, const Domain& domain, const AxisWeights& box) const {
    return functional_of_linear(circuit_, public_, form, domain, box);
  }

  // functional = value is owed. One without committed parts is checked here, under `name`.
  void owe(Functional functional, const Value& value, const std::string& name) {
    const Value rest = value - checker_.constant(functional.constant);
    if (functional.parts.empty()) {
      checker_.require_equal(rest, checker_.constant(Fr::zero()), name);
    } else {
      list_.push_back({std::move(functional.parts), rest});
    }
  }

  // The value of a functional as a message, "claim/" + label; the claim is listed.
  Value receive(Functional functional, const std::string& label) {
    const Value constant = checker_.constant(functional.constant);
    if (functional.parts.empty()) return constant;
    if (functional.parts.size() == 1) return constant + receive_shared(std::move(functional.parts[0]), label);
    const Value value = checker_.receive("claim/" + label, ClaimQuestion{functional.parts});
    list_.push_back({std::move(functional.parts), value});
    return constant + value;
  }

  const std::vector<LinearClaim<Value>>& list() const { return list_; }

 private:
  // One tensor: received without its factor, so that others can share it.
  Value receive_shared(FunctionalPart part, const std::string& label) {
    const Fr factor = std::exchange(part.factor, Fr::one());
    std::string key = std::to_string(part.tensor);
    for (const Weight& weight : part.weights) key += "," + weight.key;
    const auto [position, added] = seen_.emplace(std::move(key), list_.size());
    if (added) {
      const Value value = checker_.receive("claim/" + label, ClaimQuestion{{&part, 1}});
      list_.push_back({{std::move(part)}, value});
    }
    return list_[position->second].value * factor;
  }

  Checker& checker_;
  const Circuit& circuit_;
  const PublicValues& public_;
  std::map<std::string, std::size_t> seen_;  // claims of one tensor that were received
  std::vector<LinearClaim<Value>> list_;
};

// An expression that owes a value at weights on its box: an identity (owing zero) or a virtual lookup entry.
template <class Value>
struct ExpressionClaim {
  std::string name;
  const Expression* expression;
  const Domain* domain;
  AxisWeights box;
  std::vector<Fr> point;  // the coordinates that the box weights were made from, box axes in order
  Value value;
};

}  // namespace veil
