#include "checker/value.h"

#include <iterator>

namespace veil {

AffineForm AffineForm::slot(std::uint32_t index) {
  AffineForm form;
  form.terms_.push_back(Term{index, Fr::one()});
  return form;
}

Dependence AffineForm::dependence() const {
  if (terms_.empty()) return Dependence::none();
  return terms_.size() == 1 ? Dependence::one(terms_[0].slot) : Dependence::many();
}

// terms += scale(other).
template <class Scale>
void AffineForm::merge(const std::vector<Term>& other, const Scale& scale) {
  if (terms_.empty() || (!other.empty() && terms_.back().slot < other.front().slot)) {
    for (const Term& term : other) terms_.push_back(Term{term.slot, scale(term.coefficient)});
    return;
  }
  std::vector<Term> merged;
  merged.reserve(terms_.size() + other.size());
  auto mine = terms_.begin();
  for (const Term& term : other) {
    while (mine != terms_.end() && mine->slot < term.slot) merged.push_back(*mine++);
    const Fr scaled = scale(term.coefficient);
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

void AffineForm::add_scaled(const AffineForm& other, const Fr& factor) {
  constant_ += factor * other.constant_;
  merge(other.terms_, [&](const Fr& coefficient) { return factor * coefficient; });
}

AffineForm& AffineForm::operator+=(const AffineForm& other) {
  constant_ += other.constant_;
  merge(other.terms_, [](const Fr& coefficient) { return coefficient; });
  return *this;
}

AffineForm& AffineForm::operator-=(const AffineForm& other) {
  constant_ -= other.constant_;
  merge(other.terms_, [](const Fr& coefficient) { return -coefficient; });
  return *this;
}

AffineForm& AffineForm::operator*=(const Fr& factor) {
  constant_ *= factor;
  for (Term& term : terms_) term.coefficient *= factor;
  return *this;
}

AffineForm operator+(AffineForm a, const AffineForm& b) {
  a += b;
  return a;
}

AffineForm operator-(AffineForm a, const AffineForm& b) {
  a -= b;
  return a;
}

AffineForm operator*(AffineForm a, const Fr& factor) {
  a *= factor;
  return a;
}

Quadratic operator+(Quadratic a, Quadratic b) {
  std::move(b.products.begin(), b.products.end(), std::back_inserter(a.products));
  a.affine += b.affine;
  return a;
}

Quadratic operator+(Quadratic a, const AffineForm& b) {
  a.affine += b;
  return a;
}

Quadratic operator-(Quadratic a, const AffineForm& b) {
  a.affine -= b;
  return a;
}

Quadratic operator*(Quadratic a, const Fr& factor) {
  for (Quadratic::Product& product : a.products) product.coefficient *= factor;
  a.affine *= factor;
  return a;
}

}  // namespace veil
