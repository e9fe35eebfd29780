#include "field/inverse.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace veil {
namespace {

constexpr int kBits = 62;
constexpr std::uint64_t kMask = ~std::uint64_t{0} >> 2;  // 62 ones
constexpr std::size_t kCount = 5;

// sum_i limb[i] 2^(62 i); limbs 0..3 in [0, 2^62), the last one carries the sign.
using Signed62 = std::array<std::int64_t, kCount>;

// 2^62 times the product of 62 division steps, as a matrix that acts on (f, g). |u| + |v| <= 2^62, |q| + |r| <= 2^62.
struct Transition {
  std::int64_t u, v, q, r;
};

std::int64_t as_signed(std::uint64_t x) { return static_cast<std::int64_t>(x); }
std::uint64_t as_unsigned(std::int64_t x) { return static_cast<std::uint64_t>(x); }
std::int64_t low62(Int128 x) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) & kMask); }
Int128 wide_product(std::int64_t a, std::int64_t b) { return static_cast<Int128>(a) * b; }

Signed62 to_signed62(const Limbs& x) {
  return {as_signed(x[0] & kMask), as_signed((x[0] >> 62 | x[1] << 2) & kMask),
          as_signed((x[1] >> 60 | x[2] << 4) & kMask), as_signed((x[2] >> 58 | x[3] << 6) & kMask),
          as_signed(x[3] >> 56)};
}

Limbs from_signed62(const Signed62& x) {  // for 0 <= x < 2^256
  std::array<std::uint64_t, kCount> v{};
  for (std::size_t i = 0; i < kCount; ++i) v[i] = as_unsigned(x[i]);
  return {v[0] | v[1] << 62, v[1] >> 2 | v[2] << 60, v[2] >> 4 | v[3] << 58, v[3] >> 6 | v[4] << 56};
}

// 62 division steps on the low limbs. eta is -delta of the paper.
//   step: delta > 0 and g odd: (delta, f, g) = (1 - delta, g, (g - f) / 2)
//         otherwise:           (delta, f, g) = (1 + delta, f, (g + (g mod 2) f) / 2)
// A run of halvings is one shift; the multiple w of f that clears the next few bits of g at once is f^-1-like:
// f (f^2 - 2) = -f^-1 mod 2^6 for odd f, and f + 8 [bit 2 of f + 1] = f^-1 mod 2^4.
std::int64_t divsteps62(std::int64_t eta, std::uint64_t f, std::uint64_t g, Transition& out) {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  int left = kBits;
  for (;;) {
    const int zeros = std::countr_zero(g | ~std::uint64_t{0} << left);
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    std::uint64_t w = 0;
    const bool swap = eta < 0;
    if (swap) {
      eta = -eta;
      const std::uint64_t old_f = f, old_u = u, old_v = v;
      f = g;
      g = 0 - old_f;
      u = q;
      q = 0 - old_u;
      v = r;
      r = 0 - old_v;
    }
    // As many bits as neither the block of 62 steps nor the next swap (after eta + 1 steps) forbids.
    const int limit = eta + 1 > left ? left : static_cast<int>(eta) + 1;
    const std::uint64_t limit_mask = ~std::uint64_t{0} >> (64 - limit);
    if (swap) {
      w = (f * g * (f * f - 2)) & limit_mask & 63;
    } else {
      w = f + (((f + 1) & 4) << 1);
      w = ((0 - w) * g) & limit_mask & 15;
    }
    g += f * w;
    q += u * w;
    r += v * w;
  }
  out = {as_signed(u), as_signed(v), as_signed(q), as_signed(r)};
  return eta;
}

// (f, g) = t (f, g) / 2^62, exactly.
void update_values(Signed62& f, Signed62& g, const Transition& t) {
  Int128 carry_f = wide_product(t.u, f[0]) + wide_product(t.v, g[0]);
  Int128 carry_g = wide_product(t.q, f[0]) + wide_product(t.r, g[0]);
  carry_f >>= kBits;
  carry_g >>= kBits;
  for (std::size_t i = 1; i < kCount; ++i) {
    carry_f += wide_product(t.u, f[i]) + wide_product(t.v, g[i]);
    carry_g += wide_product(t.q, f[i]) + wide_product(t.r, g[i]);
    f[i - 1] = low62(carry_f);
    g[i - 1] = low62(carry_g);
    carry_f >>= kBits;
    carry_g >>= kBits;
  }
  f[kCount - 1] = static_cast<std::int64_t>(carry_f);
  g[kCount - 1] = static_cast<std::int64_t>(carry_g);
}

// (d, e) = t (d, e) / 2^62 mod p: multiples of p are added that make the sums divisible. d and e stay in (-2p, p).
void update_coefficients(Signed62& d, Signed62& e, const Transition& t, const Signed62& p, std::uint64_t inverse62) {
  const std::int64_t sign_d = d[kCount - 1] >> 63;
  const std::int64_t sign_e = e[kCount - 1] >> 63;
  std::int64_t multiple_d = (t.u & sign_d) + (t.v & sign_e);
  std::int64_t multiple_e = (t.q & sign_d) + (t.r & sign_e);
  Int128 carry_d = wide_product(t.u, d[0]) + wide_product(t.v, e[0]);
  Int128 carry_e = wide_product(t.q, d[0]) + wide_product(t.r, e[0]);
  multiple_d -= as_signed((inverse62 * static_cast<std::uint64_t>(carry_d) + as_unsigned(multiple_d)) & kMask);
  multiple_e -= as_signed((inverse62 * static_cast<std::uint64_t>(carry_e) + as_unsigned(multiple_e)) & kMask);
  carry_d = (carry_d + wide_product(p[0], multiple_d)) >> kBits;
  carry_e = (carry_e + wide_product(p[0], multiple_e)) >> kBits;
  for (std::size_t i = 1; i < kCount; ++i) {
    carry_d += wide_product(t.u, d[i]) + wide_product(t.v, e[i]) + wide_product(p[i], multiple_d);
    carry_e += wide_product(t.q, d[i]) + wide_product(t.r, e[i]) + wide_product(p[i], multiple_e);
    d[i - 1] = low62(carry_d);
    e[i - 1] = low62(carry_e);
    carry_d >>= kBits;
    carry_e >>= kBits;
  }
  d[kCount - 1] = static_cast<std::int64_t>(carry_d);
  e[kCount - 1] = static_cast<std::int64_t>(carry_e);
}

// x + p when x is negative, and then negated when asked; carries settled.
void add_if_negative(Signed62& x, const Signed62& p, bool negate) {
  const std::int64_t sign = x[kCount - 1] >> 63;
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    std::int64_t limb = x[i] + (p[i] & sign);
    if (negate) limb = -limb;
    carry += limb;
    x[i] = i + 1 < kCount ? carry & as_signed(kMask) : carry;
    carry >>= kBits;
  }
}

bool is_zero(const Signed62& x) { return (x[0] | x[1] | x[2] | x[3] | x[4]) == 0; }

}  // namespace

Limbs invert_mod(const Limbs& x, const Limbs& modulus) {
  const Signed62 p = to_signed62(modulus);
  std::uint64_t inverse62 = 1;
  for (int step = 0; step < 6; ++step) inverse62 *= 2 - modulus[0] * inverse62;
  // Invariants: f = d x mod p, g = e x mod p (up to powers of two that the updates divide out). At the end g = 0 and f
  // = +-1.
  Signed62 f = p, g = to_signed62(x), d{}, e = {1, 0, 0, 0, 0};
  std::int64_t eta = -1;
  while (!is_zero(g)) {  // at most 12 rounds for 255 bits (the paper, theorem 11.2: 741 steps)
    Transition t{};
    eta = divsteps62(eta, as_unsigned(f[0]) | as_unsigned(f[1]) << 62, as_unsigned(g[0]) | as_unsigned(g[1]) << 62, t);
    update_coefficients(d, e, t, p, inverse62);
    update_values(f, g, t);
  }
  const bool negate = f[kCount - 1] < 0;
  add_if_negative(d, p, negate);  // (-2p, p) -> (-p, p), then its negative where f = -1
  add_if_negative(d, p, false);   // -> [0, p)
  return from_signed62(d);
}

}  // namespace veil
