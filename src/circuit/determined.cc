#include "circuit/determined.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/limits.h"
#include "circuit/tables.h"

namespace veil {

namespace {

Int128 absolute(Int128 value) { return value < 0 ? -value : value; }

struct Digit {
  TensorId tensor;
  Int128 coefficient;
  const View* view = nullptr;
};

// The elements that a view reads over the box, each at least once: the whole tensor, or one index of one axis.
struct Slice {
  std::optional<std::size_t> axis;
  std::int64_t index = 0;
};

std::optional<Slice> slice_of(const Circuit& circuit, const Domain& domain, const View& view) {
  const Shape& shape = circuit.tensors[*view.tensor].shape;
  Slice slice;
  std::vector<bool> used(domain.extent.size(), false);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const AxisIndex& index = view.index[d];
    if (index.terms.empty() && !slice.axis && index.offset >= 0 && index.offset < shape[d]) {
      slice = Slice{d, index.offset};
    } else if (!covers_axis(domain, index, shape[d], used)) {
      return std::nullopt;
    }
  }
  return slice;
}

// What stands in one constraint: sum of forms, views with equal text added up. A constant is a view without tensor.
class TermSum {
 public:
  void add(const Form& form, Int128 factor) {
    for (const LinearTerm& term : form) at(term.view) += factor * term.coefficient;
  }
  // The constant that is left when every tensor cancels.
  std::optional<Int128> constant() const {
    Int128 out = 0;
    for (const auto& [view, coefficient] : terms_) {
      if (!view->tensor) {
        out = coefficient;
      } else if (coefficient != 0) {
        return std::nullopt;
      }
    }
    return out;
  }

 private:
  Int128& at(const View& view) {
    for (auto& [known, coefficient] : terms_) {
      if (*known == view) return coefficient;
    }
    return terms_.emplace_back(&view, 0).second;
  }

  std::vector<std::pair<const View*, Int128>> terms_;
};

class Solver {
 public:
  Solver(const Circuit& circuit, const ProvenRanges& ranges)
      : circuit_(circuit),
        ranges_(ranges),
        known_(circuit.tensors.size(), false),
        identity_open_(circuit.identities.size(), true),
        lookup_open_(circuit.lookups.size(), true) {
    for (std::size_t id = 0; id < known_.size(); ++id) {
      const Owner owner = circuit.tensors[id].owner;
      known_[id] = owner == Owner::kModel || owner == Owner::kInput;
    }
    for (const Identity& identity : circuit.identities) index_clamp(identity);
    for (const Lookup& lookup : circuit.lookups) {
      index_sign(lookup);
      index_division(lookup);
    }
  }

  std::vector<bool> run() {
    while (work_ <= kMaxValidatorWork && step()) {
    }
    return std::move(known_);
  }

 private:
  // ---- where the patterns may be; a tensor's first place of each kind counts
  void index_clamp(const Identity& identity) {
    const Expression& expression = identity.expression;
    if (!expression.linear.empty() || expression.products.size() != 1) return;
    for (const LinearTerm& term : expression.products[0].left) {
      if (term.view.tensor) clamps_.emplace(*term.view.tensor, &identity);
    }
  }

  void index_sign(const Lookup& lookup) {
    if (circuit_.tables[lookup.table].kind != TableKind::kSigned) return;
    if (const View* key = single_view(lookup.entries[0])) signs_.emplace(*key->tensor, &lookup);
  }

  void index_division(const Lookup& lookup) {
    const Expression& expression = lookup.entries[0];
    if (circuit_.tables[lookup.table].kind != TableKind::kUnsigned) return;  // its keys begin at 0
    if (expression.products.size() != 1 || expression.products[0].right.size() != 1) return;
    const auto& quotient = expression.products[0].right[0].view.tensor;
    if (quotient && !known_[*quotient]) divisions_[*quotient].push_back(&lookup);
  }

  // The view of an expression that is a tensor and nothing else.
  static const View* single_view(const Expression& expression) {
    const bool single = expression.products.empty() && expression.linear.size() == 1 &&
                        expression.linear[0].coefficient == 1 && expression.linear[0].view.tensor;
    return single ? &expression.linear[0].view : nullptr;
  }

  // ---- the fixed point
  enum class Outcome { kKnown, kSolved, kOpen };  // nothing was unknown; all of it was solved; neither

  bool step() {
    changed_ = false;
    for (std::size_t i = 0; i < circuit_.identities.size(); ++i) {
      const Identity& identity = circuit_.identities[i];
      if (identity_open_[i]) identity_open_[i] = solve(identity.domain, identity.expression, 1) != Outcome::kKnown;
    }
    for (std::size_t i = 0; i < circuit_.lookups.size(); ++i) {
      if (lookup_open_[i]) lookup_open_[i] = solve_lookup(circuit_.lookups[i]) != Outcome::kKnown;
    }
    for (const auto& [quotient, lookups] : divisions_) solve_division(quotient, lookups);
    return changed_;
  }

  Outcome solve_lookup(const Lookup& lookup) {
    const auto rows = static_cast<Int128>(table_rows(circuit_.tables[lookup.table]));
    Outcome outcome = solve(lookup.domain, lookup.entries[0], rows);
    if (outcome != Outcome::kKnown) return outcome;
    for (std::size_t e = 1; e < lookup.entries.size(); ++e) {
      if (solve(lookup.domain, lookup.entries[e], 1) != Outcome::kKnown) outcome = Outcome::kOpen;
    }
    return outcome;
  }

  void mark(TensorId id) {
    if (!known_[id]) changed_ = true;
    known_[id] = true;
  }

  void mark(const Domain& domain, const Digit& digit) {
    const Slice slice = *slice_of(circuit_, domain, *digit.view);
    if (!slice.axis) return mark(digit.tensor);
    std::set<std::int64_t>& seen = slices_[{digit.tensor, *slice.axis}];
    if (seen.insert(slice.index).second) changed_ = true;
    const std::int64_t length = circuit_.tensors[digit.tensor].shape[*slice.axis];
    if (static_cast<std::int64_t>(seen.size()) == length) mark(digit.tensor);
  }

  bool all_known(const Form& form) const {
    return std::all_of(form.begin(), form.end(),
                       [&](const LinearTerm& term) { return !term.view.tensor || known_[*term.view.tensor]; });
  }

  // The unknown tensors of an expression as digits; nothing when one is in a product, twice, not covered or unranged.
  std::optional<std::vector<Digit>> unknowns(const Domain& domain, const Expression& expression) const {
    for (const ProductTerm& product : expression.products) {
      if (!all_known(product.left) || !all_known(product.right)) return std::nullopt;
    }
    std::vector<Digit> digits;
    std::set<TensorId> seen;
    for (const LinearTerm& term : expression.linear) {
      if (!term.view.tensor || known_[*term.view.tensor]) continue;
      const TensorId id = *term.view.tensor;
      if (!seen.insert(id).second || !ranges_[id] || term.coefficient == 0) return std::nullopt;
      if (!slice_of(circuit_, domain, term.view)) return std::nullopt;
      digits.push_back({id, term.coefficient, &term.view});
    }
    return digits;
  }

  // Digits in a mixed radix above `reach` values already taken below: the number of values that all reach, or nothing.
  std::optional<Int128> radix(std::vector<Digit> digits, Int128 reach) const {
    std::sort(digits.begin(), digits.end(),
              [](const Digit& a, const Digit& b) { return absolute(a.coefficient) < absolute(b.coefficient); });
    for (const Digit& digit : digits) {
      if (absolute(digit.coefficient) < reach) return std::nullopt;
      const auto span =
          multiply(Interval{0, ranges_[digit.tensor]->span() - 1}, Interval{0, absolute(digit.coefficient)});
      if (!span || span->high > kIntervalLimit / 2) return std::nullopt;
      reach += span->high;
    }
    return reach;
  }

  Outcome solve(const Domain& domain, const Expression& expression, Int128 reach) {
    work_ += expression_size(expression);
    if (work_ > kMaxValidatorWork) return Outcome::kOpen;
    const auto digits = unknowns(domain, expression);
    if (!digits) return Outcome::kOpen;
    if (digits->empty()) return Outcome::kKnown;
    if (radix(*digits, reach)) {
      for (const Digit& digit : *digits) mark(domain, digit);
      return Outcome::kSolved;
    }
    for (const Digit& digit : *digits) {
      const auto clamp = clamps_.find(digit.tensor);
      if (clamp == clamps_.end()) continue;
      // A short equation may name a clamp of thousands of terms, and many equations the same one.
      work_ += kClampWork * expression_size(clamp->second->expression);
      return work_ <= kMaxValidatorWork ? solve_clamp(domain, *digits, *clamp->second, reach) : Outcome::kOpen;
    }
    return Outcome::kOpen;
  }

  // ---- clamp: e (z - max + (max - min) s) = 0, s = [e < 0]
  static constexpr std::size_t kClampWork = 8;  // its terms go into several maps
  struct Clamp {
    std::map<TensorId, Int128> excess;  // e = sum c e_j
    std::map<TensorId, Int128> value;   // z = sum c z_j
    TensorId sign = 0;
    Int128 sign_coefficient = 0;
    Int128 constant = 0;
    std::map<TensorId, const View*> views;  // of all of them
  };

  static bool add_terms(const Form& form, std::map<TensorId, Int128>& terms, Int128& constant, Clamp& clamp) {
    for (const LinearTerm& term : form) {
      if (!term.view.tensor) {
        constant += term.coefficient;
      } else if (!clamp.views.emplace(*term.view.tensor, &term.view).second) {
        return false;
      } else {
        terms.emplace(*term.view.tensor, term.coefficient);
      }
    }
    return true;
  }

  std::optional<Clamp> read_clamp(const Domain& domain, const std::vector<Digit>& digits,
                                  const Identity& identity) const {
    if (identity.domain != domain.box_only()) return std::nullopt;
    const ProductTerm& product = identity.expression.products[0];
    Clamp clamp;
    Int128 excess_constant = 0;
    std::map<TensorId, Int128> right;
    if (product.coefficient == 0 || !add_terms(product.left, clamp.excess, excess_constant, clamp) ||
        excess_constant != 0 || !add_terms(product.right, right, clamp.constant, clamp)) {
      return std::nullopt;
    }
    std::set<TensorId> digit_tensors;
    for (const Digit& digit : digits) digit_tensors.insert(digit.tensor);
    std::size_t signs = 0;
    for (const auto& [id, coefficient] : right) {
      if (digit_tensors.count(id) != 0) {
        clamp.value.emplace(id, coefficient);
      } else {
        clamp.sign = id;
        clamp.sign_coefficient = coefficient;
        ++signs;
      }
    }
    if (signs != 1 || clamp.value.empty() || clamp.excess.empty()) return std::nullopt;
    return clamp;
  }

  // The argument holds index by index: equation, clamp and sign read a tensor by one view, which covers it.
  bool aligned(const Domain& domain, const std::vector<Digit>& digits, const Clamp& clamp) const {
    for (const auto& [id, view] : clamp.views) {
      if (!covers_tensor(circuit_, domain, *view)) return false;
    }
    return std::all_of(digits.begin(), digits.end(), [&](const Digit& digit) {
      const auto found = clamp.views.find(digit.tensor);
      return found == clamp.views.end() || *found->second == *digit.view;
    });
  }

  std::optional<Interval> sum_interval(const std::map<TensorId, Int128>& terms) const {
    std::optional<Interval> sum = Interval{};
    for (const auto& [id, coefficient] : terms) {
      if (!ranges_[id]) return std::nullopt;
      const auto part = multiply(*ranges_[id], Interval{coefficient, coefficient});
      sum = sum && part ? add(*sum, *part) : std::nullopt;
      if (!sum) return std::nullopt;
    }
    return sum;
  }

  static std::vector<Digit> as_digits(const std::map<TensorId, Int128>& terms) {
    std::vector<Digit> digits;
    for (const auto& [id, coefficient] : terms) digits.push_back({id, coefficient});
    return digits;
  }

  // s = [e < 0]: a signed lookup ties s to e's top limb, and the limbs below are non-negative and reach less than it.
  bool sign_of_excess(const Domain& domain, const Clamp& clamp) const {
    const auto top = std::max_element(clamp.excess.begin(), clamp.excess.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
    if (top->second <= 0) return false;
    std::map<TensorId, Int128> lower = clamp.excess;
    lower.erase(top->first);
    const auto below = sum_interval(lower);
    if (!below || below->low < 0 || below->high >= top->second) return false;
    const auto found = signs_.find(top->first);
    if (found == signs_.end() || found->second->domain.box_only() != domain.box_only()) return false;
    const View* key = single_view(found->second->entries[0]);
    const View* sign = single_view(found->second->entries[1]);
    return sign != nullptr && *key == *clamp.views.at(top->first) && *sign == *clamp.views.at(clamp.sign);
  }

  // The equation's digits: z and e under one coefficient f, all others below |f|.
  bool same_coefficient(const std::vector<Digit>& digits, const Clamp& clamp, Int128 reach) const {
    std::optional<Int128> factor;
    std::vector<Digit> others;
    std::size_t matched = 0;
    for (const Digit& digit : digits) {
      const auto in_value = clamp.value.find(digit.tensor);
      const auto in_excess = clamp.excess.find(digit.tensor);
      if (in_value == clamp.value.end() && in_excess == clamp.excess.end()) {
        others.push_back(digit);
        continue;
      }
      const Int128 unit = in_value != clamp.value.end() ? in_value->second : in_excess->second;
      if (unit == 0 || digit.coefficient % unit != 0) return false;
      const Int128 mine = digit.coefficient / unit;
      if (factor && *factor != mine) return false;
      factor = mine;
      ++matched;
    }
    if (!factor || matched != clamp.value.size() + clamp.excess.size()) return false;
    const auto below = radix(std::move(others), reach);
    return below && *below <= absolute(*factor);
  }

  Outcome solve_clamp(const Domain& domain, const std::vector<Digit>& digits, const Identity& identity, Int128 reach) {
    const auto clamp = read_clamp(domain, digits, identity);
    if (!clamp || !aligned(identity.domain, digits, *clamp)) return Outcome::kOpen;
    if (!same_coefficient(digits, *clamp, reach)) return Outcome::kOpen;
    // e > 0 makes z + e > max, e < 0 makes z + e < min, and e = 0 leaves it in [min, max] as no other z is possible: a
    // sum has one solution. (What is proven of z may be narrower: an equation without rounding bounds it as well.)
    const Int128 max = -clamp->constant;
    const Int128 min = max - clamp->sign_coefficient;
    const auto value = sum_interval(clamp->value);
    if (!value || value->low < min || value->high > max) return Outcome::kOpen;
    if (!radix(as_digits(clamp->value), 1) || !radix(as_digits(clamp->excess), 1)) return Outcome::kOpen;
    if (!sign_of_excess(domain, *clamp)) return Outcome::kOpen;
    for (const Digit& digit : digits) mark(domain, digit);
    mark(clamp->sign);
    return Outcome::kSolved;
  }

  // ---- quotient: X - K q >= a, Y + K q >= b, X + Y = K - d, a + b + d > 0. Of two solutions q < q' the first sum
  // would fall by K at least, which is more than a + b leave of X + Y. K is positive, as X + Y >= a + b.
  static constexpr std::size_t kMostTerms = 64;  // of an entry
  struct Division {
    const Lookup* lookup;
    Form known;              // X or Y
    Int128 bound = 0;        // a or b: what is left of the entry is not below it
    Int128 coefficient = 0;  // of the product divisor * q
    const Form* divisor = nullptr;
  };

  std::optional<Division> read_division(TensorId quotient, const Lookup& lookup) const {
    const Expression& expression = lookup.entries[0];
    const ProductTerm& product = expression.products[0];
    const LinearTerm& factor = product.right[0];
    if (lookup.domain.box_rank != lookup.domain.extent.size() || expression_size(expression) > kMostTerms ||
        !covers_tensor(circuit_, lookup.domain, factor.view) || !all_known(product.left)) {
      return std::nullopt;
    }
    Division out{&lookup, {}, 0, static_cast<Int128>(product.coefficient) * factor.coefficient, &product.left};
    // Times a coefficient of the divisor and added up, it has to stay within 128 bits. (No rule on wrapping says so:
    // the divisor's terms may stand before tensors that are always zero.)
    if (absolute(out.coefficient) > kMaxCoefficient) return std::nullopt;
    for (const LinearTerm& term : expression.linear) {
      if (!term.view.tensor || known_[*term.view.tensor]) {
        out.known.push_back(term);
        continue;
      }
      const auto limb = term_interval(circuit_, ranges_, lookup.domain, term);
      if (*term.view.tensor == quotient || !limb) return std::nullopt;
      out.bound -= limb->high;
    }
    return out;
  }

  // `minus` holds X - K q, `plus` holds Y + K q.
  static bool divides(const Division& minus, const Division& plus) {
    if (minus.coefficient != -plus.coefficient || *minus.divisor != *plus.divisor) return false;
    if (minus.lookup->domain != plus.lookup->domain) return false;
    const auto& factors = {&minus, &plus};
    const View& view = minus.lookup->entries[0].products[0].right[0].view;
    for (const Division* each : factors) {
      if (each->lookup->entries[0].products[0].right[0].view != view) return false;
    }
    TermSum sum;  // X + Y - K = -d
    sum.add(minus.known, 1);
    sum.add(plus.known, 1);
    sum.add(*minus.divisor, minus.coefficient);
    const auto constant = sum.constant();
    return constant && minus.bound + plus.bound - *constant > 0;
  }

  void solve_division(TensorId quotient, const std::vector<const Lookup*>& lookups) {
    ++work_;
    if (known_[quotient] || lookups.size() != 2 || work_ > kMaxValidatorWork) return;
    // Sums of views are compared view by view.
    const std::size_t places = expression_size(lookups[0]->entries[0]) + expression_size(lookups[1]->entries[0]);
    work_ += places * std::min(places, 2 * kMostTerms);
    const auto first = read_division(quotient, *lookups[0]);
    const auto second = read_division(quotient, *lookups[1]);
    if (first && second && (divides(*first, *second) || divides(*second, *first))) mark(quotient);
  }

  const Circuit& circuit_;
  const ProvenRanges& ranges_;
  std::vector<bool> known_;
  std::vector<bool> identity_open_;  // something in it is not known
  std::vector<bool> lookup_open_;
  std::map<TensorId, const Identity*> clamps_;                                 // by a limb of the excess
  std::map<TensorId, const Lookup*> signs_;                                    // by the looked-up limb
  std::map<TensorId, std::vector<const Lookup*>> divisions_;                   // by the quotient
  std::map<std::pair<TensorId, std::size_t>, std::set<std::int64_t>> slices_;  // known ones, by tensor and axis
  std::size_t work_ = 0;
  bool changed_ = false;
};

}  // namespace

std::vector<bool> determined_tensors(const Circuit& circuit, const ProvenRanges& ranges) {
  return Solver(circuit, ranges).run();
}

}  // namespace veil
