// The constraints of a verifier text as one quadratic form in the pads, and its fold (protocol section 7).
//
// Paper: the fold is that of a relaxed instance with a scalar error (Nova, section 4), here on one quadratic form.
// Notation: sent_i = x_i + pi_i. A constraint in x, with x = sent - pi, homogenised by u:
//     form(u, pi) = sum_k c_k A_k(u, pi) B_k(u, pi) + u C(u, pi),   A(u, pi) = u (a + sum a_i sent_i) - sum a_i pi_i
//   Q(u, pi) = sum_j rho^j form_j(u, pi);   all constraints hold:  Q(1, pi) = 0
//   Q(r, sigma + r pi) = Q(0, sigma) + r * cross(sigma, pi) + r^2 * Q(1, pi)
// Soundness: 2/p for the fold, (number of constraints)/p for rho.
#pragma once

#include <span>
#include <vector>

#include "checker/value.h"
#include "field/fr.h"

namespace veil {

class PadFold {
 public:
  PadFold(std::span<const Constraint> constraints, std::span<const Fr> sent, const Fr& rho);

  // Q(u, pads); one pad for each slot.
  Fr evaluate(const Fr& u, std::span<const Fr> pads) const;

  // The same as an affine form in the pads: constant + sum_i coefficients_i pads_i, with the left factor of every
  // product taken at `pads`, of which only those of opened messages are looked at.
  struct PadForm {
    Fr constant;
    std::vector<Fr> coefficients;
  };
  PadForm linearise(const Fr& u, std::span<const Fr> pads) const;

 private:
  struct Shifted {
    Fr constant;  // a + sum a_i sent_i
    const std::vector<AffineForm::Term>* terms;
    Fr at(const Fr& u, std::span<const Fr> pads) const;
  };
  struct Product {
    Fr coefficient;
    Shifted left;
    Shifted right;
  };
  Shifted shift(const AffineForm& form, std::span<const Fr> sent) const;

  std::vector<Product> products_;
  std::vector<std::pair<Fr, Shifted>> affine_;  // times u
};

// A form's value with each slot replaced by the given scalars; and its linear part alone.
Fr evaluate_form_at(const AffineForm& form, std::span<const Fr> slots);
Fr evaluate_linear_part(const AffineForm& form, std::span<const Fr> slots);

}  // namespace veil
