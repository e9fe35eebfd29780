#include "claim/claims.h"

#include <algorithm>

#include "base/check.h"
#include "claim/weighted_sum_of_rows.h"
#include "field/arrays.h"
#include "poly/eq.h"

namespace veil {

std::size_t axes_bits(const Domain& domain, std::span<const AxisId> axes) {
  std::size_t bits = 0;
  for (const AxisId axis : axes) bits += log2_ceil(static_cast<std::size_t>(domain.extent[axis]));
  return bits;
}

void assign_eq_weights(AxisWeights& weights, const Domain& domain, std::span<const AxisId> axes, EqWeights& eq) {
  std::size_t at = eq.point().coordinates.size() - axes_bits(domain, axes);
  for (const AxisId axis : axes) {
    const auto length = static_cast<std::size_t>(domain.extent[axis]);
    const std::size_t bits = log2_ceil(length);
    weights[axis] = eq.at(at, bits, length);
    at += bits;
  }
}

std::vector<AxisId> box_axes(const Domain& domain) {
  std::vector<AxisId> axes(domain.box_rank);
  for (AxisId axis = 0; axis < domain.box_rank; ++axis) axes[axis] = axis;
  return axes;
}

AxisWeights box_weights(const Domain& domain, EqWeights& eq) {
  AxisWeights weights(domain.extent.size());
  assign_eq_weights(weights, domain, box_axes(domain), eq);
  return weights;
}

std::vector<AxisId> used_axes(const Form& form) {
  std::vector<AxisId> axes;
  for (const LinearTerm& term : form) {
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis_term : index.terms) {
        if (std::find(axes.begin(), axes.end(), axis_term.axis) == axes.end()) axes.push_back(axis_term.axis);
      }
    }
  }
  return axes;
}

namespace {

bool is_plain(const AxisIndex& index, std::size_t length, const AxisWeights& scope) {
  return index.terms.size() == 1 && index.terms[0].coefficient == 1 && index.offset == 0 &&
         scope[index.terms[0].axis].values.size() == length;
}

// The weights that an index map pulls back to one tensor axis: w[h] = sum over axis values that read h.
Weight window_weight(const AxisIndex& index, std::size_t length, const AxisWeights& scope) {
  Weight out;
  std::vector<Fr> sums(length);
  out.key = "w" + std::to_string(length) + "." + std::to_string(index.offset);
  for (const AxisTerm& term : index.terms) {
    out.key += "(" + std::to_string(term.coefficient) + "*" + scope[term.axis].key + ")";
  }
  std::vector<std::pair<std::int64_t, Fr>> reads{{index.offset, Fr::one()}};
  for (const AxisTerm& term : index.terms) {
    std::vector<std::pair<std::int64_t, Fr>> next;
    const std::vector<Fr>& values = scope[term.axis].values;
    next.reserve(reads.size() * values.size());
    for (const auto& [position, weight] : reads) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        next.emplace_back(position + term.coefficient * static_cast<std::int64_t>(i), weight * values[i]);
      }
    }
    reads = std::move(next);
  }
  for (const auto& [position, weight] : reads) {
    if (position >= 0 && position < static_cast<std::int64_t>(length)) {
      sums[static_cast<std::size_t>(position)] += weight;
    }
  }
  out.values = std::move(sums);
  return out;
}

}  // namespace

ViewWeights view_weights(const Circuit& circuit, const View& view, const AxisWeights& scope) {
  ViewWeights out{Fr::one(), {}};
  std::vector<bool> used(scope.size(), false);
  for (std::size_t d = 0; d < view.index.size(); ++d) {
    const auto length = static_cast<std::size_t>(circuit.tensors[*view.tensor].shape[d]);
    const AxisIndex& index = view.index[d];
    for (const AxisTerm& term : index.terms) used[term.axis] = true;
    out.weights.push_back(is_plain(index, length, scope) ? scope[index.terms[0].axis]
                                                         : window_weight(index, length, scope));
  }
  for (std::size_t axis = 0; axis < scope.size(); ++axis) {
    if (!used[axis] && !scope[axis].values.empty()) out.factor *= scope[axis].total();
  }
  return out;
}

// The last axis first.
Fr weighted_sum(std::vector<Fr> values, std::span<const Weight> weights) {
  for (std::size_t d = weights.size(); d-- > 0;) {
    const std::vector<Fr>& axis = weights[d].values;
    std::vector<Fr> next;
    next.reserve(values.size() / axis.size());
    for (std::size_t i = 0; i < values.size(); i += axis.size()) {
      next.push_back(inner_product(axis, std::span<const Fr>(values).subspan(i, axis.size())));
    }
    values = std::move(next);
  }
  return values[0];
}

// One axis is summed on integers, the longer of the first and the last: a reduction is paid for each that is left.
Fr weighted_sum(const IntegerView& values, std::span<const Weight> weights) {
  if (weights.empty()) return Fr::from_int(values[0]);
  const std::vector<Fr>& first = weights.front().values;
  const std::vector<Fr>& last = weights.back().values;
  VEIL_CHECK(!first.empty() && !last.empty() && values.size() % first.size() == 0 && values.size() % last.size() == 0);
  const bool by_first = first.size() > last.size();
  const std::vector<Fr>& axis = by_first ? first : last;
  std::vector<Fr> rest(values.size() / axis.size());
  const auto stride = static_cast<std::ptrdiff_t>(by_first ? rest.size() : axis.size());
  weighted_sum_of_rows(
      axis, {values.data(), values.width(), axis.size(), rest.size(), by_first ? stride : 1, by_first ? 1 : stride},
      rest);
  return weighted_sum(std::move(rest), by_first ? weights.subspan(1) : weights.first(weights.size() - 1));
}

Functional functional_of_view(const Circuit& circuit, const PublicValues& public_values, const View& view,
                              const AxisWeights& scope) {
  ViewWeights weights = view_weights(circuit, view, scope);
  if (!view.tensor) return {weights.factor, {}};
  if (circuit.tensors[*view.tensor].owner == Owner::kPublic) {
    return {weights.factor * weighted_sum(public_values[*view.tensor], weights.weights), {}};
  }
  return {Fr::zero(), {{*view.tensor, std::move(weights.weights), weights.factor}}};
}

Functional functional_of_form(const Circuit& circuit, const PublicValues& public_values, const Form& form,
                              const AxisWeights& scope) {
  Functional out;
  for (const LinearTerm& term : form) {
    out.add(functional_of_view(circuit, public_values, term.view, scope), Fr::from_int(term.coefficient));
  }
  return out;
}

Functional functional_of_linear(const Circuit& circuit, const PublicValues& public_values, const Form& form,
                                const Domain& domain, const AxisWeights& box) {
  Functional out;
  for (const LinearTerm& term : form) {
    AxisWeights scope = box;
    for (const AxisId axis : used_axes({term})) {
      if (scope[axis].values.empty()) scope[axis] = ones_weight(static_cast<std::size_t>(domain.extent[axis]));
    }
    out.add(functional_of_view(circuit, public_values, term.view, scope), Fr::from_int(term.coefficient));
  }
  return out;
}

}  // namespace veil
