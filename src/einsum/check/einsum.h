// The einsum argument: all identities and all virtual lookup entries in one batched sumcheck (protocol section 4).
//
//   each owes:  value - linear part = sum_terms coefficient sum_{b,y} eq(r_b, b) A(b, y) B(b, y)
//   together:   sum_j beta^j (value_j - linear_j) = sum_terms ...,   the linear parts as one message; an expression
//   without products is a linear claim as it stands
// Paper: Thaler, "Proofs, Arguments, and Zero-Knowledge", section 4.4 (matrix products); batching of sumchecks with
//   different numbers of variables: a term with v of n variables sleeps n - v rounds, adding a halving constant.
// Shapes: variables of a term are its batch and reduced axes (terms.h); n is the maximum over terms.
// Values: integers of an accepted circuit stay below p/2 (circuit/validate.h), so zero mod p is zero.
// Transcript: identity point (fresh, after the leaves; independent coordinates for every axis of one identity); beta;
//   the linear parts; a round: c0, c2 (c3 where a batch variable is bound), coin; ends A, B of each term.
// Soundness: (sum of box bits)/p for the point, (number of expressions)/p for beta, 3n/p for the rounds.
//   Still owed: the listed claims.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "claim/claims.h"
#include "einsum/check/terms.h"
#include "poly/eq.h"
#include "sumcheck/round.h"

namespace veil {

struct EinsumRoundQuestion {
  const std::vector<Term>& terms;
  std::size_t num_vars;
  std::size_t round;
  unsigned degree;            // 0, 2 or 3: the coefficient
  std::span<const Fr> bound;  // coins of the rounds before this one
};

template <class Checker>
class EinsumArgument {
 public:
  using Value = typename Checker::Value;

  EinsumArgument(Checker& checker, const Circuit& circuit, Claims<Checker>& claims)
      : checker_(checker), circuit_(circuit), claims_(claims) {}

  // Reduces all identities of the circuit and the given expression claims to claims on tensors.
  void reduce(std::vector<ExpressionClaim<Value>> owed) {
    add_identities(owed);
    std::vector<ExpressionClaim<Value>> bilinear;
    for (ExpressionClaim<Value>& claim : owed) {
      if (claim.expression->products.empty()) {
        claims_.owe(linear_part(claim), claim.value, "einsum/" + claim.name);
      } else {
        bilinear.push_back(std::move(claim));
      }
    }
    if (!bilinear.empty()) reduce_terms(bilinear);
  }

 private:
  Value constant(const Fr& value) const { return checker_.constant(value); }

  Functional linear_part(const ExpressionClaim<Value>& claim) const {
    return claims_.of_linear(claim.expression->linear, *claim.domain, claim.box);
  }

  void add_identities(std::vector<ExpressionClaim<Value>>& owed) {
    std::size_t bits = 0;
    for (const Identity& identity : circuit_.identities) {
      bits = std::max(bits, axes_bits(identity.domain, box_axes(identity.domain)));
    }
    NamedPoint point{"I", {}};
    for (std::size_t i = 0; i < bits; ++i) {
      point.coordinates.push_back(checker_.challenge("einsum/point/" + std::to_string(i)));
    }
    EqWeights eq(point);
    for (const Identity& identity : circuit_.identities) {
      const std::size_t own = axes_bits(identity.domain, box_axes(identity.domain));
      owed.push_back(
          {identity.name, &identity.expression, &identity.domain, box_weights(identity.domain, eq),
           std::vector<Fr>(point.coordinates.end() - static_cast<std::ptrdiff_t>(own), point.coordinates.end()),
           constant(Fr::zero())});
    }
  }

  void reduce_terms(const std::vector<ExpressionClaim<Value>>& owed) {
    const Fr beta = checker_.challenge("einsum/beta");
    Fr power = Fr::one();
    Value claim = constant(Fr::zero());
    Functional linear;
    std::vector<Term> terms;
    for (const ExpressionClaim<Value>& expression : owed) {
      claim = std::move(claim) + expression.value * power;
      linear.add(linear_part(expression), power);
      for (Term& term :
           make_terms(*expression.expression, *expression.domain, expression.box, expression.point, power)) {
        terms.push_back(std::move(term));
      }
      power *= beta;
    }
    claim = claim - claims_.receive(std::move(linear), "linear");
    std::size_t num_vars = 0;
    for (const Term& term : terms) num_vars = std::max(num_vars, term.num_vars());
    EqWeights bound(run_rounds(terms, num_vars, claim));
    finish(terms, bound, claim);
  }

  NamedPoint run_rounds(const std::vector<Term>& terms, std::size_t num_vars, Value& claim) {
    NamedPoint bound{"M", {}};
    for (std::size_t round = 0; round < num_vars; ++round) {
      const bool cubic = std::any_of(terms.begin(), terms.end(), [&](const Term& term) {
        const std::size_t asleep = num_vars - term.num_vars();
        return round >= asleep && round - asleep < term.num_batch_vars();
      });
      const std::string name = "einsum/" + std::to_string(round);
      const auto coefficient = [&](unsigned degree) {
        return checker_.receive(name + "/c" + std::to_string(degree),
                                EinsumRoundQuestion{terms, num_vars, round, degree, bound.coordinates});
      };
      const Value c0 = coefficient(0);
      const Value c2 = coefficient(2);
      if (cubic) {
        const Value c3 = coefficient(3);
        const Fr coin = checker_.challenge(name);
        claim = bind_round(std::move(claim), c0, c2, c3, coin);
        bound.coordinates.push_back(coin);
      } else {
        const Fr coin = checker_.challenge(name);
        claim = bind_round(std::move(claim), c0, c2, coin);
        bound.coordinates.push_back(coin);
      }
    }
    return bound;
  }

  // The end of the sumcheck: a claim on A and one on B for each term, and their products against the last claim.
  void finish(const std::vector<Term>& terms, EqWeights& bound, const Value& claim) {
    const std::span<const Fr> coins = bound.point().coordinates;
    auto total = checker_.product(constant(Fr::zero()), constant(Fr::zero()));
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const Term& term = terms[i];
      const std::size_t asleep = coins.size() - term.num_vars();
      const std::span<const Fr> mine = coins.subspan(asleep);
      Fr factor = term.coefficient * eq(term.eq_point, mine.first(term.num_batch_vars()));
      for (std::size_t k = 0; k < asleep; ++k) factor *= Fr::half();
      AxisWeights inner(term.domain->extent.size());
      assign_eq_weights(inner, *term.domain, term.kept(), bound);
      const std::string name = "term" + std::to_string(i);
      const Value left = claims_.receive(claims_.of_form(*term.left, joined(inner, term.fold_left)), name + "/A");
      const Value right = claims_.receive(claims_.of_form(*term.right, joined(inner, term.fold_right)), name + "/B");
      total = std::move(total) + checker_.product(left, right) * factor;
    }
    checker_.require_equal(std::move(total), claim, "einsum/end");
  }

  static AxisWeights joined(const AxisWeights& inner, const AxisWeights& folded) {
    AxisWeights out = inner;
    for (std::size_t axis = 0; axis < out.size(); ++axis) {
      if (!folded[axis].values.empty()) out[axis] = folded[axis];
    }
    return out;
  }

  Checker& checker_;
  const Circuit& circuit_;
  Claims<Checker>& claims_;
};

}  // namespace veil
