// BN254 G1: y^2 = x^3 + 3 over Fq. The group has prime order p (the modulus of Fr) and cofactor 1, so every point on
// the curve is in the group. Additive notation; every operation is right for all inputs (equal, opposite, identity).
// Time: variable in points and scalars.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "field/fq.h"
#include "field/fr.h"

namespace veil {

// A point by its coordinates. The identity is (0, 0), which is not on the curve; a default-constructed point is it.
struct G1Affine {
  Fq x;
  Fq y;

  static G1Affine identity() { return {}; }
  static G1Affine generator();  // (1, 2)

  bool is_identity() const { return x.is_zero() && y.is_zero(); }
  bool is_on_curve() const;  // true for the identity
  G1Affine operator-() const { return {x, -y}; }
  friend bool operator==(const G1Affine& a, const G1Affine& b) { return a.x == b.x && a.y == b.y; }
};

// A point in Jacobian coordinates: (X, Y, Z) is (X/Z^2, Y/Z^3), the identity has Z = 0. For computing; a point that is
// stored or sent is a G1Affine.
class G1 {
 public:
  G1() = default;  // the identity
  G1(const G1Affine& point);

  static G1 identity() { return {}; }
  static G1 generator() { return G1Affine::generator(); }

  bool is_identity() const { return z_.is_zero(); }
  G1 doubled() const;
  G1 operator-() const;
  G1& operator+=(const G1& other);
  G1& operator+=(const G1Affine& other);
  G1& operator-=(const G1& other) { return *this += -other; }
  G1& operator-=(const G1Affine& other) { return *this += -other; }
  friend bool operator==(const G1& a, const G1& b);  // as points, whatever their coordinates

  G1Affine to_affine() const;  // one inversion
  // All of them with one inversion.
  static std::vector<G1Affine> batch_to_affine(std::span<const G1> points);

 private:
  Fq x_;
  Fq y_;
  Fq z_;
};

inline G1 operator+(G1 a, const G1& b) { return a += b; }
inline G1 operator+(G1 a, const G1Affine& b) { return a += b; }
inline G1 operator-(G1 a, const G1& b) { return a -= b; }
inline G1 operator-(G1 a, const G1Affine& b) { return a -= b; }

G1 operator*(const G1& point, const Fr& scalar);
inline G1 operator*(const Fr& scalar, const G1& point) { return point * scalar; }

// 32 bytes: x big endian; bit 255 set when y is the larger root (above (q-1)/2); the identity is bit 254 and nothing
// else.
std::array<std::uint8_t, 32> compress(const G1Affine& point);
// nullopt for a wrong size, x >= q, x of no point, or an identity written in another way. The identity itself is
// accepted: whether it is legal is the caller's business. One square root (about 5 us).
std::optional<G1Affine> decompress(std::span<const std::uint8_t> bytes);
// Many points of 32 bytes one after another (a multiple of 32 in all), several times faster than one by one.
std::vector<std::optional<G1Affine>> decompress_all(std::span<const std::uint8_t> bytes);

// 64 bytes: x, y big endian, the identity is 64 zero bytes (as in EIP-196).
std::array<std::uint8_t, 64> to_uncompressed(const G1Affine& point);
// nullopt for a wrong size, a coordinate >= q, or a point that is not on the curve.
std::optional<G1Affine> from_uncompressed(std::span<const std::uint8_t> bytes);

}  // namespace veil
