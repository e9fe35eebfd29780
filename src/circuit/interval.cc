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

void mark_axes(const View& view, std::vector<bool>& used) {
  for (const AxisIndex& index : view.index) {
    for (const AxisTerm& axis_term : index.terms) used[axis_term.axis] = true;
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

std::optional<Interval> add(const std::optional<Interval>& a, const std::optional<Interval>& b) {
  return a && b ? veil::add(*a, *b) : std::nullopt;
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

std::optional<Interval> term_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const LinearTerm& term) {
  return times(view_interval(circuit, ranges, domain, term.view), term.coefficient);
}

std::optional<Interval> form_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const Form& form) {
  std::optional<Interval> sum = Interval{};
  for (const LinearTerm& term : form) {
    sum = add(sum, term_interval(circuit, ranges, domain, term));
    if (!sum) return std::nullopt;
  }
  return sum;
}

namespace {

// The linear terms, then the products, each summed over the axes that it has outside the box.
std::vector<std::optional<Interval>> part_intervals(const Circuit& circuit, const ProvenRanges& ranges,
                                                    const Domain& domain, const Expression& expression) {
  std::vector<std::optional<Interval>> parts;
  std::vector<bool> used;
  for (const LinearTerm& term : expression.linear) {
    used.assign(domain.extent.size(), false);
    mark_axes(term.view, used);
    parts.push_back(times(term_interval(circuit, ranges, domain, term), summed_elements(domain, used)));
  }
  for (const ProductTerm& product : expression.products) {
    used.assign(domain.extent.size(), false);
    for (const LinearTerm& term : product.left) mark_axes(term.view, used);
    for (const LinearTerm& term : product.right) mark_axes(term.view, used);
    const auto left = form_interval(circuit, ranges, domain, product.left);
    const auto right = form_interval(circuit, ranges, domain, product.right);
    const auto both = left && right ? multiply(*left, *right) : std::nullopt;
    parts.push_back(times(times(both, product.coefficient), summed_elements(domain, used)));
  }
  return parts;
}

}  // namespace

std::optional<Interval> expression_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                            const Expression& expression) {
  std::optional<Interval> sum = Interval{};
  for (const auto& part : part_intervals(circuit, ranges, domain, expression)) sum = add(sum, part);
  return sum;
}

// One axis of the box, or several as digits of a mixed radix: sorted by coefficient, each is as large as the number of
// values that the ones below it have together, and all of them together have as many as the axis.
bool covers_axis(const Domain& domain, const AxisIndex& index, std::int64_t length, std::vector<bool>& used) {
  if (index.terms.empty() || index.offset != 0) return false;
  std::vector<AxisTerm> digits = index.terms;
  std::sort(digits.begin(), digits.end(),
            [](const AxisTerm& a, const AxisTerm& b) { return a.coefficient < b.coefficient; });
  Int128 values = 1;
  for (const AxisTerm& digit : digits) {
    if (digit.axis >= domain.box_rank || used[digit.axis] || digit.coefficient != values) return false;
    used[digit.axis] = true;
    values *= domain.extent[digit.axis];
    if (values > length) return false;
  }
  return values == length;
}

bool covers_tensor(const Circuit& circuit, const Domain& domain, const View& view) {
  if (!view.tensor) return false;
  const Shape& shape = circuit.tensors[*view.tensor].shape;
  std::vector<bool> used(domain.extent.size(), false);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!covers_axis(domain, view.index[d], shape[d], used)) return false;
  }
  return true;
}

std::size_t expression_size(const Expression& expression) {
  std::size_t size = expression.linear.size() + 1;
  for (const ProductTerm& product : expression.products) size += product.left.size() + product.right.size() + 1;
  return size;
}

namespace {

class RangeProver {
 public:
  explicit RangeProver(const Circuit& circuit)
      : circuit_(circuit),
        ranges_(circuit.tensors.size()),
        occurrences_(circuit.tensors.size(), 0),
        narrowed_(circuit.tensors.size(), 0) {
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
    while (work_ <= kMaxValidatorWork && step()) {
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

  // expression in `value` at every index: each tensor that it covers with coefficient +-1, and that stands nowhere else
  // in it, gains an interval.
  void learn(const Domain& domain, const Expression& expression, const Interval& value) {
    work_ += expression_size(expression);
    if (work_ > kMaxValidatorWork) return;
    const std::size_t terms = expression.linear.size();
    const auto parts = part_intervals(circuit_, ranges_, domain, expression);
    std::vector<std::optional<Interval>> after(parts.size() + 1, Interval{});  // the sum of the parts from here on
    for (std::size_t i = parts.size(); i-- > 0;) after[i] = add(after[i + 1], parts[i]);
    if (!after[terms]) return;
    count_occurrences(expression, 1);
    std::optional<Interval> before = Interval{};
    for (std::size_t i = 0; i < terms && before; before = add(before, parts[i]), ++i) {
      const auto rest = add(before, after[i + 1]);
      if (rest && is_learned_from(domain, expression.linear[i])) learn_term(expression.linear[i], value, *rest);
    }
    count_occurrences(expression, -1);
  }

  bool is_learned_from(const Domain& domain, const LinearTerm& term) const {
    if (term.coefficient != 1 && term.coefficient != -1) return false;
    if (!covers_tensor(circuit_, domain, term.view)) return false;
    return occurrences_[*term.view.tensor] == 1 && learns(*term.view.tensor);
  }

  // +-tensor + rest in value
  void learn_term(const LinearTerm& term, const Interval& value, const Interval& rest) {
    Interval learned{value.low - rest.high, value.high - rest.low};
    if (term.coefficient == -1) learned = Interval{-learned.high, -learned.low};
    narrow(*term.view.tensor, learned);
  }

  void count_occurrences(const Expression& expression, int step) {
    const auto count_form = [&](const Form& form) {
      for (const LinearTerm& term : form) {
        if (term.view.tensor) occurrences_[*term.view.tensor] += step;
      }
    };
    count_form(expression.linear);
    for (const ProductTerm& product : expression.products) {
      count_form(product.left);
      count_form(product.right);
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
    const bool is_narrower = learned.low > range->low || learned.high < range->high;
    if (!is_narrower || ++narrowed_[id] > kMostNarrowings) return;
    range = Interval{std::max(range->low, learned.low), std::min(range->high, learned.high)};
    changed_ = true;
  }

  static constexpr int kMostNarrowings = 16;

  const Circuit& circuit_;
  ProvenRanges ranges_;
  std::vector<std::vector<Interval>> columns_;
  std::vector<int> occurrences_;  // of each tensor in the expression at hand
  std::vector<int> narrowed_;     // how often each range was: two equations may take turns for ever
  std::size_t work_ = 0;
  bool changed_ = false;
};

}  // namespace

ProvenRanges proven_ranges(const Circuit& circuit) { return RangeProver(circuit).run(); }

}  // namespace veil
