// What a verifier text computes with: affine and quadratic forms in the message slots.
//
//   AffineForm   constant + sum_i coefficient_i x_i           x_i: the scalar of slot i, unknown to the verifier
//   Quadratic    sum_k coefficient_k A_k B_k + affine         what product() returns; only require_equal() takes it
// Neither has == or a conversion to a number: the only assertion of a verifier text is require_equal.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "checker/opened_messages.h"
#include "field/fr.h"

namespace veil {

class AffineForm {
 public:
  struct Term {
    std::uint32_t slot;
    Fr coefficient;
  };

  AffineForm() = default;
  explicit AffineForm(const Fr& constant) : constant_(constant) {}
  static AffineForm slot(std::uint32_t index);

  const Fr& constant() const { return constant_; }
  const std::vector<Term>& terms() const { return terms_; }  // sorted by slot, each slot once
  Dependence dependence() const;

  // this += factor * other. A form of younger slots only is appended in place: that is how rounds add messages.
  void add_scaled(const AffineForm& other, const Fr& factor);
  AffineForm& operator+=(const AffineForm& other);
  AffineForm& operator-=(const AffineForm& other);
  AffineForm& operator*=(const Fr& factor);

  bool operator==(const AffineForm&) const = delete;

 private:
  template <class Scale>
  void merge(const std::vector<Term>& other, const Scale& scale);

  Fr constant_;
  std::vector<Term> terms_;
};

AffineForm operator+(AffineForm a, const AffineForm& b);
AffineForm operator-(AffineForm a, const AffineForm& b);
AffineForm operator*(AffineForm a, const Fr& factor);

struct Quadratic {
  struct Product {
    Fr coefficient;
    AffineForm left;  // its message is opened
    AffineForm right;
  };
  std::vector<Product> products;
  AffineForm affine;

  bool operator==(const Quadratic&) const = delete;
};

Quadratic operator+(Quadratic a, Quadratic b);
Quadratic operator+(Quadratic a, const AffineForm& b);
Quadratic operator-(Quadratic a, const AffineForm& b);
Quadratic operator*(Quadratic a, const Fr& factor);

// One require_equal(left, right, name): form = left - right, owed to be zero.
struct Constraint {
  std::string name;
  Quadratic form;
};

}  // namespace veil
