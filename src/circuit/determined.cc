#include "circuit/determined.h"

#include <algorithm>
#include <map>
#include <set>

#include "circuit/tables.h"

namespace veil {

namespace {

struct Digit {
  TensorId tensor;
  Int128 coefficient;
};

Int128 absolute(Int128 value) { return value < 0 ? -value : value; }

class Solver {
 public:
  Solver(const Circuit& circuit, const ProvenRanges& ranges)
      : circuit_(circuit), ranges_(ranges), known_(circuit.tensors.size(), false) {
    for (std::size_t id = 0; id < known_.size(); ++id) known_[id] = circuit.tensors[id].owner != Owner::kWitness;
  }

  std::vector<bool> run() {
    for (std::size_t round = 0; round <= circuit_.tensors.size() && step(); ++round) {
    }
    return std::move(known_);
  }

 private:
  bool step() {
    changed_ = false;
    for (const Identity& identity : circuit_.identities) solve(identity.domain, identity.expression, 1);
    for (const Lookup& lookup : circuit_.lookups) {
      const auto rows = static_cast<Int128>(table_rows(circuit_.tables[lookup.table]));
      solve(lookup.domain, lookup.entries[0], rows);
      if (!unknowns(lookup.domain, lookup.entries[0]) || !unknowns(lookup.domain, lookup.entries[0])->empty()) continue;
      for (std::size_t e = 1; e < lookup.entries.size(); ++e) solve(lookup.domain, lookup.entries[e], 1);
    }
    return changed_;
  }

  void mark(TensorId id) {
    if (!known_[id]) changed_ = true;
    known_[id] = true;
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
    for (const LinearTerm& term : expression.linear) {
      if (!term.view.tensor || known_[*term.view.tensor]) continue;
      const TensorId id = *term.view.tensor;
      if (occurrences(expression, id) != 1 || !covers_tensor(circuit_, domain, term.view) || !ranges_[id] ||
          term.coefficient == 0) {
        return std::nullopt;
      }
      digits.push_back({id, term.coefficient});
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

  void solve(const Domain& domain, const Expression& expression, Int128 reach) {
    const auto digits = unknowns(domain, expression);
    if (!digits || digits->empty()) return;
    if (radix(*digits, reach)) {
      for (const Digit& digit : *digits) mark(digit.tensor);
      return;
    }
    for (const Identity& clamp : circuit_.identities) solve_clamp(domain, *digits, clamp, reach);
  }

  // ---- clamp: e (z - max + (max - min) s) = 0, s = [e < 0]
  struct Clamp {
    std::map<TensorId, Int128> excess;  // e = sum c e_j
    std::map<TensorId, Int128> value;   // z = sum c z_j
    TensorId sign = 0;
    Int128 sign_coefficient = 0;
    Int128 constant = 0;
  };

  static bool add_terms(const Form& form, std::map<TensorId, Int128>& terms, Int128& constant) {
    for (const LinearTerm& term : form) {
      if (!term.view.tensor) {
        constant += term.coefficient;
      } else if (!terms.emplace(*term.view.tensor, term.coefficient).second) {
        return false;
      }
    }
    return true;
  }

  std::optional<Clamp> read_clamp(const Domain& domain, const std::vector<Digit>& digits,
                                  const Identity& identity) const {
    const Expression& expression = identity.expression;
    if (identity.domain != domain.box_only() || !expression.linear.empty() || expression.products.size() != 1) {
      return std::nullopt;
    }
    const ProductTerm& product = expression.products[0];
    for (const Form* form : {&product.left, &product.right}) {
      for (const LinearTerm& term : *form) {
        if (term.view.tensor && !covers_tensor(circuit_, identity.domain, term.view)) return std::nullopt;
      }
    }
    Clamp clamp;
    Int128 excess_constant = 0;
    std::map<TensorId, Int128> right;
    if (product.coefficient == 0 || !add_terms(product.left, clamp.excess, excess_constant) || excess_constant != 0 ||
        !add_terms(product.right, right, clamp.constant)) {
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
    return std::any_of(circuit_.lookups.begin(), circuit_.lookups.end(), [&](const Lookup& lookup) {
      return circuit_.tables[lookup.table].kind == TableKind::kSigned &&
             lookup.domain.box_only() == domain.box_only() && is_tensor(lookup, 0, top->first) &&
             is_tensor(lookup, 1, clamp.sign);
    });
  }

  bool is_tensor(const Lookup& lookup, std::size_t entry, TensorId tensor) const {
    const Expression& expression = lookup.entries[entry];
    return expression.products.empty() && expression.linear.size() == 1 && expression.linear[0].coefficient == 1 &&
           expression.linear[0].view.tensor == tensor &&
           covers_tensor(circuit_, lookup.domain, expression.linear[0].view);
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

  void solve_clamp(const Domain& domain, const std::vector<Digit>& digits, const Identity& identity, Int128 reach) {
    const auto clamp = read_clamp(domain, digits, identity);
    if (!clamp || !same_coefficient(digits, *clamp, reach)) return;
    const auto value = sum_interval(clamp->value);
    if (!value || clamp->constant != -value->high || clamp->sign_coefficient != value->high - value->low) return;
    if (!radix(as_digits(clamp->value), 1) || !radix(as_digits(clamp->excess), 1)) return;
    if (!sign_of_excess(domain, *clamp)) return;
    for (const Digit& digit : digits) mark(digit.tensor);
    mark(clamp->sign);
  }

  const Circuit& circuit_;
  const ProvenRanges& ranges_;
  std::vector<bool> known_;
  bool changed_ = false;
};

}  // namespace

std::vector<bool> determined_tensors(const Circuit& circuit, const ProvenRanges& ranges) {
  return Solver(circuit, ranges).run();
}

}  // namespace veil
