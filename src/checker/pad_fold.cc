#include "checker/pad_fold.h"

namespace veil {

Fr evaluate_linear_part(const AffineForm& form, std::span<const Fr> slots) {
  Fr sum;
  for (const AffineForm::Term& term : form.terms()) sum += term.coefficient * slots[term.slot];
  return sum;
}

Fr evaluate_form_at(const AffineForm& form, std::span<const Fr> slots) {
  return form.constant() + evaluate_linear_part(form, slots);
}

PadFold::PadFold(std::span<const Constraint> constraints, std::span<const Fr> sent, const Fr& rho) {
  Fr power = Fr::one();
  for (const Constraint& constraint : constraints) {
    for (const Quadratic::Product& product : constraint.form.products) {
      products_.push_back({power * product.coefficient, shift(product.left, sent), shift(product.right, sent)});
    }
    affine_.emplace_back(power, shift(constraint.form.affine, sent));
    power *= rho;
  }
}

PadFold::Shifted PadFold::shift(const AffineForm& form, std::span<const Fr> sent) const {
  return {evaluate_form_at(form, sent), &form.terms()};
}

Fr PadFold::Shifted::at(const Fr& u, std::span<const Fr> pads) const {
  Fr sum = u * constant;
  for (const AffineForm::Term& term : *terms) sum -= term.coefficient * pads[term.slot];
  return sum;
}

PadFold::PadForm PadFold::linearise(const Fr& u, std::span<const Fr> pads) const {
  PadForm out{Fr::zero(), std::vector<Fr>(pads.size())};
  const auto add = [&](const Fr& factor, const Shifted& form) {
    out.constant += factor * u * form.constant;
    for (const AffineForm::Term& term : *form.terms) out.coefficients[term.slot] -= factor * term.coefficient;
  };
  for (const Product& product : products_) add(product.coefficient * product.left.at(u, pads), product.right);
  for (const auto& [coefficient, form] : affine_) add(coefficient * u, form);
  return out;
}

Fr PadFold::evaluate(const Fr& u, std::span<const Fr> pads) const {
  Fr sum;
  for (const Product& product : products_) {
    sum += product.coefficient * product.left.at(u, pads) * product.right.at(u, pads);
  }
  for (const auto& [coefficient, form] : affine_) sum += coefficient * u * form.at(u, pads);
  return sum;
}

}  // namespace veil
