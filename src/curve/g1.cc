#include "curve/g1.h"

#include "field/arrays.h"

namespace veil {

G1Affine G1Affine::generator() { return {Fq::one(), Fq::from_u64(2)}; }

bool G1Affine::is_on_curve() const { return is_identity() || y.square() == x.square() * x + Fq::from_u64(3); }

G1::G1(const G1Affine& point) {
  if (point.is_identity()) return;
  x_ = point.x;
  y_ = point.y;
  z_ = Fq::one();
}

// dbl-2009-l of the Explicit-Formulas Database (a = 0), letters as there. Also right for the identity: Z3 = 2 Y Z = 0.
// No point has y = 0, as the group order is odd.
G1 G1::doubled() const {
  const Fq a = x_.square();
  const Fq b = y_.square();
  const Fq c = b.square();
  const Fq d = ((x_ + b).square() - a - c).doubled();
  const Fq e = a.doubled() + a;
  G1 out;
  out.x_ = e.square() - d.doubled();
  out.y_ = e * (d - out.x_) - c.doubled().doubled().doubled();
  out.z_ = (y_ * z_).doubled();
  return out;
}

G1 G1::operator-() const {
  G1 out = *this;
  out.y_ = -y_;
  return out;
}

// With U_i = X_i Z_j^2, S_i = Y_i Z_j^3, H = U2 - U1, R = S2 - S1:
//   X3 = R^2 - H^3 - 2 U1 H^2,  Y3 = R (U1 H^2 - X3) - S1 H^3,  Z3 = Z1 Z2 H
G1& G1::operator+=(const G1& other) {
  if (other.is_identity()) return *this;
  if (is_identity()) return *this = other;
  const Fq z1_squared = z_.square();
  const Fq z2_squared = other.z_.square();
  const Fq u1 = x_ * z2_squared;
  const Fq s1 = y_ * (other.z_ * z2_squared);
  const Fq h = other.x_ * z1_squared - u1;
  const Fq r = other.y_ * (z_ * z1_squared) - s1;
  if (h.is_zero()) return *this = r.is_zero() ? doubled() : identity();
  const Fq h_squared = h.square();
  const Fq h_cubed = h * h_squared;
  const Fq v = u1 * h_squared;
  z_ = z_ * other.z_ * h;
  x_ = r.square() - h_cubed - v.doubled();
  y_ = r * (v - x_) - s1 * h_cubed;
  return *this;
}

// The same with Z2 = 1.
G1& G1::operator+=(const G1Affine& other) {
  if (other.is_identity()) return *this;
  if (is_identity()) return *this = G1(other);
  const Fq z_squared = z_.square();
  const Fq h = other.x * z_squared - x_;
  const Fq r = other.y * (z_ * z_squared) - y_;
  if (h.is_zero()) return *this = r.is_zero() ? doubled() : identity();
  const Fq h_squared = h.square();
  const Fq h_cubed = h * h_squared;
  const Fq v = x_ * h_squared;
  z_ *= h;
  x_ = r.square() - h_cubed - v.doubled();
  y_ = r * (v - x_) - y_ * h_cubed;
  return *this;
}

bool operator==(const G1& a, const G1& b) {
  if (a.is_identity() || b.is_identity()) return a.is_identity() == b.is_identity();
  const Fq az_squared = a.z_.square();
  const Fq bz_squared = b.z_.square();
  return a.x_ * bz_squared == b.x_ * az_squared && a.y_ * (b.z_ * bz_squared) == b.y_ * (a.z_ * az_squared);
}

G1Affine G1::to_affine() const {
  const Fq z_inverse = z_.inverse();  // zero for the identity, which gives (0, 0)
  const Fq z_inverse_squared = z_inverse.square();
  return {x_ * z_inverse_squared, y_ * (z_inverse_squared * z_inverse)};
}

std::vector<G1Affine> G1::batch_to_affine(std::span<const G1> points) {
  std::vector<Fq> z_inverses(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) z_inverses[i] = points[i].z_;
  batch_inverse(z_inverses);
  std::vector<G1Affine> out(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Fq squared = z_inverses[i].square();
    out[i] = {points[i].x_ * squared, points[i].y_ * (squared * z_inverses[i])};
  }
  return out;
}

}  // namespace veil
