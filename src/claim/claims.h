// Claims: an append-only list of  <w, tensor> = value  that all arguments reduce to (protocol section 3).
//
// Soundness: nothing here is checked; every listed claim is still owed and is discharged by the opening. An identical
// claim (same tensor, same symbolic weights) is asked for once and its value shared.
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

// One coordinate block an axis, in the order given, most significant bit first, from the END of `point`.
void assign_eq_weights(AxisWeights& weights, const Domain& domain, std::span<const AxisId> axes,
                       const NamedPoint& point);
AxisWeights box_weights(const Domain& domain, const NamedPoint& point);
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

using PublicValues = std::vector<std::vector<std::int64_t>>;  // by TensorId; empty for committed tensors

struct ClaimQuestion {
  TensorId tensor;
  const std::vector<Weight>& weights;
};

template <class Value>
struct TensorClaim {
  TensorId tensor;
  std::vector<Weight> weights;
  Value value;
};

template <class Checker>
class Claims {
 public:
  using Value = typename Checker::Value;

  Claims(Checker& checker, const Circuit& circuit, const PublicValues& public_values)
      : checker_(checker), circuit_(circuit), public_(public_values) {}

  // The value of a committed tensor under weights: received as a message, once.
  Value of_tensor(TensorId tensor, std::vector<Weight> weights, const std::string& label) {
    std::string key = std::to_string(tensor);
    for (const Weight& weight : weights) key += "," + weight.key;
    const auto found = seen_.find(key);
    if (found != seen_.end()) return list_[found->second].value;
    const std::string message = "claim/" + circuit_.tensors[tensor].name + "/" + label;
    const Value value = checker_.receive(message, ClaimQuestion{tensor, weights});
    seen_.emplace(std::move(key), list_.size());
    list_.push_back(TensorClaim<Value>{tensor, std::move(weights), value});
    return value;
  }

  Value of_view(const View& view, const AxisWeights& scope, const std::string& label) {
    ViewWeights weights = view_weights(circuit_, view, scope);
    if (!view.tensor) return checker_.constant(weights.factor);
    if (circuit_.tensors[*view.tensor].owner == Owner::kPublic) {
      return checker_.constant(weights.factor * weighted_sum(public_[*view.tensor], weights.weights));
    }
    return of_tensor(*view.tensor, std::move(weights.weights), label) * weights.factor;
  }

  Value of_form(const Form& form, const AxisWeights& scope, const std::string& label) {
    Value sum = checker_.constant(Fr::zero());
    for (const LinearTerm& term : form) sum = sum + of_view(term.view, scope, label) * Fr::from_int(term.coefficient);
    return sum;
  }

  // The linear part of an expression under weights on its box; axes of a view outside the box are summed.
  Value of_linear(const Form& form, const Domain& domain, const AxisWeights& box, const std::string& label) {
    Value sum = checker_.constant(Fr::zero());
    for (const LinearTerm& term : form) {
      AxisWeights scope = box;
      for (const AxisId axis : used_axes({term})) {
        if (scope[axis].values.empty()) scope[axis] = ones_weight(static_cast<std::size_t>(domain.extent[axis]));
      }
      sum = sum + of_view(term.view, scope, label) * Fr::from_int(term.coefficient);
    }
    return sum;
  }

  const std::vector<TensorClaim<Value>>& list() const { return list_; }

 private:
  Checker& checker_;
  const Circuit& circuit_;
  const PublicValues& public_;
  std::map<std::string, std::size_t> seen_;
  std::vector<TensorClaim<Value>> list_;
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
