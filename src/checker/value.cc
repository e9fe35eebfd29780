#include "checker/value.h"

namespace veil {

AffineForm AffineForm::slot(std::uint32_t index) {
  AffineForm form;
  form.terms_.push_back(Term{index, Fr::one()});
  return form;
}

void AffineForm::add_scaled(const AffineForm& other, const Fr& factor) {
  constant_ += factor * other.constant_;
  if (other.terms_.empty()) return;
  std::vector<Term> merged;
  merged.reserve(terms_.size() + other.terms_.size());
  auto mine = terms_.begin();
  for (const Term& term : other.terms_) {
    while (mine != terms_.end() && mine->slot < term.slot) merged.push_back(*mine++);
    const Fr scaled = factor * term.coefficient;
    if (mine != terms_.end() && mine->slot == term.slot) {
      merged.push_back(Term{term.slot, mine->coefficient + scaled});
      ++mine;
    } else {
      merged.push_back(Term{term.slot, scaled});
    }
  }
  merged.insert(merged.end(), mine, terms_.end());
  terms_ = std::move(merged);
}

AffineForm operator+(AffineForm a, const AffineForm& b) {
  a.add_scaled(b, Fr::one());
  return a;
}

AffineForm operator-(AffineForm a, const AffineForm& b) {
  a.add_scaled(b, -Fr::one());
  return a;
}

AffineForm operator*(const AffineForm& a, const Fr& factor) {
  AffineForm out;
  out.add_scaled(a, factor);
  return out;
}

Quadratic operator+(Quadratic a, const Quadratic& b) {
  a.products.insert(a.products.end(), b.products.begin(), b.products.end());
  a.affine.add_scaled(b.affine, Fr::one());
  return a;
}

Quadratic operator+(Quadratic a, const AffineForm& b) {
  a.affine.add_scaled(b, Fr::one());
  return a;
}

Quadratic operator-(Quadratic a, const AffineForm& b) {
  a.affine.add_scaled(b, -Fr::one());
  return a;
}

Quadratic operator*(Quadratic a, const Fr& factor) {
  for (Quadratic::Product& product : a.products) product.coefficient *= factor;
  a.affine = a.affine * factor;
  return a;
}

}  // namespace veil
