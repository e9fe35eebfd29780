#include "circuit/interval.h"

#include <algorithm>

#include "circuit/tables.h"

namespace veil {

namespace {

std::optional<Interval> bounded(const Interval& a) {
  if (a.low < -kIntervalLimit || a.high > kIntervalLimit) return std::nullopt;
  return a;
}

Int128 magnitude(const Interval& a) { return std::max(a.low < 0 ? -a.low : a.low, a.high < 0 ? -a.high : a.high); }

unsigned bit_length(Int128 value) {
  unsigned bits = 0;
  for (; value != 0; value >>= 1) ++bits;
  return bits;
}

std::int64_t summed_elements(const Domain& domain, const std::vector<bool>& used) {
  std::int64_t count = 1;
  for (std::size_t axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
    if (!used[axis]) continue;
    if (count > (std::int64_t{1} << 40)) return count;  // far above any limit already
    count *= domain.extent[axis];
  }
  return count;
}

void mark_axes(const Form& form, std::vector<bool>& used) {
  for (const LinearTerm& term : form) {
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis_term : index.terms) used[axis_term.axis] = true;
    }
  }
}

// Whether some index of the domain falls outside the tensor, where the view reads zero.
bool may_read_outside(const Circuit& circuit, const Domain& domain, const View& view) {
  for (std::size_t d = 0; d < view.index.size(); ++d) {
    Int128 low = view.index[d].offset;
    Int128 high = low;
    for (const AxisTerm& term : view.index[d].terms) {
      const Int128 reach = static_cast<Int128>(term.coefficient) * (domain.extent[term.axis] - 1);
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0 || high >= circuit.tensors[*view.tensor].shape[d]) return true;
  }
  return false;
}

std::optional<Interval> view_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const View& view) {
  if (!view.tensor) return Interval{1, 1};
  std::optional<Interval> range = ranges[*view.tensor];
  if (!range) return std::nullopt;
  if (may_read_outside(circuit, domain, view)) {
    range->low = std::min<Int128>(range->low, 0);
    range->high = std::max<Int128>(range->high, 0);
  }
  return range;
}

std::optional<Interval> times(const std::optional<Interval>& a, Int128 factor) {
  return a ? multiply(*a, Interval{factor, factor}) : std::nullopt;
}

}  // namespace

std::optional<Interval> add(const Interval& a, const Interval& b) {
  return bounded(Interval{a.low + b.low, a.high + b.high});
}

std::optional<Interval> multiply(const Interval& a, const Interval& b) {
  if (bit_length(magnitude(a)) + bit_length(magnitude(b)) > 120) return std::nullopt;
  const auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return bounded(Interval{low, high});
}

std::optional<Interval> form_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const Form& form) {
  std::optional<Interval> sum = Interval{};
  for (const LinearTerm& term : form) {
    const auto scaled_view = times(view_interval(circuit, ranges, domain, term.view), term.coefficient);
    if (!scaled_view || !sum) return std::nullopt;
    sum = add(*sum, *scaled_view);
  }
  return sum;
}

std::optional<Interval> expression_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                            const Expression& expression, std::optional<std::size_t> skip) {
  std::optional<Interval> sum = Interval{};
  const auto include = [&](std::optional<Interval> part, const std::vector<bool>& used) {
    part = times(part, summed_elements(domain, used));
    sum = sum && part ? add(*sum, *part) : std::nullopt;
  };
  for (std::size_t i = 0; i < expression.linear.size(); ++i) {
    if (skip && *skip == i) continue;
    std::vector<bool> used(domain.extent.size(), false);
    mark_axes({expression.linear[i]}, used);
    include(form_interval(circuit, ranges, domain, {expression.linear[i]}), used);
  }
  for (const ProductTerm& product : expression.products) {
    std::vector<bool> used(domain.extent.size(), false);
    mark_axes(product.left, used);
    mark_axes(product.right, used);
    const auto left = form_interval(circuit, ranges, domain, product.left);
    const auto right = form_interval(circuit, ranges, domain, product.right);
    const auto both = left && right ? multiply(*left, *right) : std::nullopt;
    include(times(both, product.coefficient), used);
  }
  return sum;
}

bool covers_tensor(const Circuit& circuit, const Domain& domain, const View& view) {
  if (!view.tensor) return false;
  const Shape& shape = circuit.tensors[*view.tensor].shape;
  std::vector<bool> used(domain.extent.size(), false);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const AxisIndex& index = view.index[d];
    if (index.terms.size() != 1 || index.offset != 0 || index.terms[0].coefficient != 1) return false;
    const AxisId axis = index.terms[0].axis;
    if (axis >= domain.box_rank || used[axis] || domain.extent[axis] != shape[d]) return false;
    used[axis] = true;
  }
  return true;
}

std::size_t occurrences(const Expression& expression, TensorId tensor) {
  std::size_t count = 0;
  const auto count_form = [&](const Form& form) {
    for (const LinearTerm& term : form) count += term.view.tensor == tensor ? 1u : 0u;
  };
  count_form(expression.linear);
  for (const ProductTerm& product : expression.products) {
    count_form(product.left);
    count_form(product.right);
  }
  return count;
}

namespace {

class RangeProver {
 public:
  explicit RangeProver(const Circuit& circuit) : circuit_(circuit), ranges_(circuit.tensors.size()) {
    for (std::size_t id = 0; id < ranges_.size(); ++id) {
      const Tensor& tensor = circuit.tensors[id];
      if (tensor.owner == Owner::kModel || tensor.owner == Owner::kPublic)
        ranges_[id] = Interval{tensor.low, tensor.high};
    }
    for (const Table& table : circuit.tables) {
      columns_.emplace_back();
      for (const auto& column : table_columns(table)) {
        const auto [low, high] = std::minmax_element(column.begin(), column.end());
        columns_.back().push_back(Interval{*low, *high});
      }
    }
  }

  ProvenRanges run() {
    // Each round proves at least one more tensor or tightens one; rounds are bounded by the depth of dependencies.
    for (std::size_t round = 0; round <= circuit_.tensors.size() && step(); ++round) {
    }
    return std::move(ranges_);
  }

 private:
  bool step() {
    changed_ = false;
    for (const Lookup& lookup : circuit_.lookups) {
      for (std::size_t e = 0; e < lookup.entries.size(); ++e) {
        learn(lookup.domain, lookup.entries[e], columns_[lookup.table][e]);
      }
    }
    for (const Identity& identity : circuit_.identities) learn(identity.domain, identity.expression, Interval{});
    return changed_;
  }

  // expression in `value` at every index: each tensor that it covers with coefficient +-1 gains an interval.
  void learn(const Domain& domain, const Expression& expression, const Interval& value) {
    for (std::size_t i = 0; i < expression.linear.size(); ++i) {
      const LinearTerm& term = expression.linear[i];
      if (term.coefficient != 1 && term.coefficient != -1) continue;
      if (!covers_tensor(circuit_, domain, term.view)) continue;
      const TensorId id = *term.view.tensor;
      if (occurrences(expression, id) != 1 || !learns(id)) continue;
      const auto rest = expression_interval(circuit_, ranges_, domain, expression, i);
      if (!rest) continue;
      Interval learned{value.low - rest->high, value.high - rest->low};
      if (term.coefficient == -1) learned = Interval{-learned.high, -learned.low};
      narrow(id, learned);
    }
  }

  bool learns(TensorId id) const {
    const Owner owner = circuit_.tensors[id].owner;
    return owner == Owner::kInput || owner == Owner::kWitness;
  }

  void narrow(TensorId id, const Interval& learned) {
    std::optional<Interval>& range = ranges_[id];
    if (!range) {
      range = learned;
      changed_ = true;
      return;
    }
    if (learned.low > range->low) {
      range->low = learned.low;
      changed_ = true;
    }
    if (learned.high < range->high) {
      range->high = learned.high;
      changed_ = true;
    }
  }

  const Circuit& circuit_;
  ProvenRanges ranges_;
  std::vector<std::vector<Interval>> columns_;
  bool changed_ = false;
};

}  // namespace

ProvenRanges proven_ranges(const Circuit& circuit) { return RangeProver(circuit).run(); }

}  // namespace veil
