#include "circuit/real.h"

#include <algorithm>
#include <array>

namespace veil {

namespace {

// Series are summed in fixed point with 62 fraction bits, |value| < 2: one product of 64-bit integers a term.
using Fixed = std::int64_t;
constexpr int kFraction = kRealBits;
constexpr Fixed kOne = Fixed{1} << kFraction;

constexpr Fixed multiply(Fixed a, Fixed b) { return static_cast<Fixed>((static_cast<Int128>(a) * b) >> kFraction); }

// sum of coefficient[n] x^n, even and odd powers apart: two chains of products take half the time of one.
template <std::size_t kTerms>
constexpr Fixed polynomial(const std::array<Fixed, kTerms>& coefficient, Fixed x) {
  const Fixed square = multiply(x, x);
  Fixed even = 0;
  Fixed odd = 0;
  for (std::size_t n = (kTerms + 1) / 2; n-- > 0;) {
    even = coefficient[2 * n] + multiply(even, square);
    odd = (2 * n + 1 < kTerms ? coefficient[2 * n + 1] : 0) + multiply(odd, square);
  }
  return even + multiply(odd, x);
}

// sign^n / (first + n step)!
template <std::size_t kTerms>
constexpr std::array<Fixed, kTerms> inverse_factorials(int first, int step, int sign) {
  std::array<Fixed, kTerms> out{};
  Int128 term = Int128{1} << 120;
  int factor = 1;
  for (std::size_t n = 0; n < kTerms; ++n) {
    for (; factor <= first + static_cast<int>(n) * step; ++factor) term /= factor;
    out[n] = static_cast<Fixed>((term + (Int128{1} << 57)) >> 58);
    if (sign < 0 && n % 2 == 1) out[n] = -out[n];
  }
  return out;
}

// sign^n / (2n + 1)
template <std::size_t kTerms>
constexpr std::array<Fixed, kTerms> inverse_odds(int sign) {
  std::array<Fixed, kTerms> out{};
  for (std::size_t n = 0; n < kTerms; ++n) {
    const auto odd = static_cast<Fixed>(2 * n + 1);
    out[n] = (sign < 0 && n % 2 == 1 ? -1 : 1) * ((kOne + static_cast<Fixed>(n)) / odd);
  }
  return out;
}

constexpr Int128 wide(std::uint64_t high, std::uint64_t low) {
  return static_cast<Int128>((static_cast<UInt128>(high) << 64) | low);
}

// ln 2 with 90 fraction bits, 1 / ln 2 with 30; the first 128 fraction bits of 2 / pi; sqrt(1/2), pi/2, 2/sqrt(pi).
constexpr int kWideFraction = 90;
constexpr Int128 kLogOfTwo = wide(0x2c5c85f, 0xdf473de6af278ece);
constexpr Int128 kInverseLogOfTwo = 1549082005;
constexpr UInt128 kTwoOverPi = (static_cast<UInt128>(0xa2f9836e4e441529) << 64) | 0xfc2757d1f534ddc0;
constexpr Fixed kRootOfHalf = 0x2d413cccfe779921;
constexpr Fixed kHalfPi = 0x6487ed5110b4611a;
constexpr Fixed kTwoOverRootPi = 0x48375d410a6db447;
// arctan(k / 8)
constexpr std::array<Fixed, 9> kArcTangents{
    0x0,
    0x7f56ea6ab0bdb72,
    0xfadbafc96406eb1,
    0x16f61941e4def08e,
    0x1dac670561bb4f69,
    0x23c01757bdfd67e7,
    0x292f1f464d3dc249,
    0x2e014f8af08c679d,
    0x3243f6a8885a308d,
};

Real from_fixed(Fixed value) { return make_real(value, -kFraction); }

// a * 2^fraction, towards minus infinity; the caller knows that it fits.
Int128 to_fixed(const Real& a, int fraction) {
  const std::int64_t shift = a.exponent + fraction;
  if (shift >= 0) return static_cast<Int128>(a.mantissa) * (Int128{1} << shift);
  return a.mantissa >> std::min<std::int64_t>(-shift, 63);
}

}  // namespace

std::int64_t nearest_within(const Real& a, std::int64_t low, std::int64_t high) {
  if (a.mantissa == 0) return std::clamp<std::int64_t>(0, low, high);
  if (a.exponent >= 0) return is_negative(a) ? low : high;  // 2^61 at least
  const std::int64_t down = -a.exponent;
  if (down > kFraction + 1) return std::clamp<std::int64_t>(0, low, high);  // less than one half
  const Int128 rounded = (static_cast<Int128>(a.mantissa) + (Int128{1} << (down - 1))) >> down;
  return std::clamp(static_cast<std::int64_t>(rounded), low, high);
}

// Newton's iteration for 1 / sqrt(n), n in [1, 4], which a parabola meets within 3 %; then the root is made exact.
Real square_root(const Real& a) {
  if (a.mantissa == 0) return a;
  const int up = a.exponent % 2 == 0 ? kFraction : kFraction - 1;
  const Int128 n = static_cast<Int128>(a.mantissa) << up;  // 2^122 .. 2^124
  constexpr int kBits = 60;
  const auto scaled = static_cast<std::int64_t>(n >> kFraction);  // n / 2^122 with 60 fraction bits
  const auto times = [](std::int64_t x, std::int64_t y) {
    return static_cast<std::int64_t>((static_cast<Int128>(x) * y) >> kBits);
  };
  const std::int64_t small = (std::int64_t{1} << kBits) / 100000;
  std::int64_t inverse = 131427 * small - times(scaled, 39170 * small - times(scaled, 4759 * small));
  for (int step = 0; step < 4; ++step) {
    inverse = times(inverse, (std::int64_t{3} << kBits) - times(times(scaled, inverse), inverse)) / 2;
  }
  auto root = static_cast<std::int64_t>((static_cast<Int128>(scaled) * inverse) >> (kBits - 1));
  const Int128 rest = n - static_cast<Int128>(root) * root;  // rest / (2 root): what is missing, to about one
  root += static_cast<std::int64_t>(((rest >> 8) * inverse) >> (2 * kBits - 6));
  while (static_cast<Int128>(root) * root > n) --root;
  while (static_cast<Int128>(root + 1) * (root + 1) <= n) ++root;
  return make_real(root, (a.exponent - up) / 2);
}

// exp(k ln 2 + r) = 2^k exp(r), |r| <= ln 2 / 2
Real exponential(const Real& a) {
  constexpr auto kCoefficients = inverse_factorials<16>(0, 1, 1);
  if (a.mantissa == 0) return whole(1);
  if (a.exponent + kFraction > 7) return is_negative(a) ? Real{} : make_real(1, 200);
  const Int128 x = to_fixed(a, kWideFraction);
  const Int128 k = ((x >> 60) * kInverseLogOfTwo + (Int128{1} << 59)) >> 60;
  const auto r = static_cast<Fixed>((x - k * kLogOfTwo) >> (kWideFraction - kFraction));
  return make_real(polynomial(kCoefficients, r), static_cast<std::int64_t>(k) - kFraction);
}

// ln(2^e v) = e ln 2 + 2 artanh((v - 1) / (v + 1)), v in [sqrt(1/2), sqrt(2)]
Real logarithm(const Real& a) {
  constexpr auto kCoefficients = inverse_odds<13>(1);
  std::int64_t e = a.exponent + kFraction;
  Int128 v = a.mantissa;
  if (v < kRootOfHalf) {
    v *= 2;
    --e;
  }
  const auto t = static_cast<Fixed>((v - kOne) * kOne / (v + kOne));
  const Fixed sum = multiply(t, polynomial(kCoefficients, multiply(t, t)));
  return make_real(e * kLogOfTwo + static_cast<Int128>(sum) * (Int128{1} << (kWideFraction - kFraction + 1)),
                   -kWideFraction);
}

Real power(Real a, std::uint64_t exponent) {
  Real out = whole(1);
  for (; exponent != 0; exponent >>= 1, a = a * a) {
    if (exponent & 1) out = out * a;
  }
  return out;
}

// For y <= x and c = k/8 near y/x: arctan(y/x) = arctan(c) + arctan((y - c x) / (x + c y)), the latter below 1/15.
Real arc_tangent(const Real& y, const Real& x) {
  constexpr auto kCoefficients = inverse_odds<9>(-1);
  if (is_negative(y)) return -arc_tangent(-y, x);
  const bool swapped = x < y;
  const Real& less = swapped ? x : y;
  const Real& more = swapped ? y : x;
  const std::int64_t distance = std::min<std::int64_t>(more.exponent - less.exponent, 63);
  const Int128 a = less.mantissa == 0 ? 0 : less.mantissa >> distance;
  const Int128 b = more.mantissa;
  const auto coarse = static_cast<std::int64_t>(b >> 29);
  const std::int64_t k = (static_cast<std::int64_t>(a >> 29) * 16 + coarse) / (2 * coarse);
  const auto t = static_cast<Fixed>((8 * a - k * b) * (Int128{1} << (kFraction - 4)) / ((8 * b + k * a) >> 4));
  const Fixed angle =
      kArcTangents[static_cast<std::size_t>(k)] + multiply(t, polynomial(kCoefficients, multiply(t, t)));
  return from_fixed(swapped ? kHalfPi - angle : angle);
}

Real half_pi() { return from_fixed(kHalfPi); }

// The angle in quarter turns, modulo 4, with 96 fraction bits: z times as many bits of 2^scale * 2/pi as matter.
SineAndCosine sine_and_cosine(std::int64_t z, std::int64_t scale) {
  constexpr auto kSine = inverse_factorials<10>(1, 2, -1);
  constexpr auto kCosine = inverse_factorials<11>(0, 2, -1);
  constexpr int kTurnFraction = 96;
  const UInt128 unit = (kTwoOverPi >> (128 - kTurnFraction - scale)) & ((UInt128{1} << (kTurnFraction + 2)) - 1);
  const Int128 turns = static_cast<Int128>(unit) * z;
  const Int128 quarter = (turns + (Int128{1} << (kTurnFraction - 1))) >> kTurnFraction;
  const auto rest = static_cast<Fixed>((turns - (quarter << kTurnFraction)) >> (kTurnFraction - kFraction));
  const Fixed angle = multiply(rest, kHalfPi);  // within +-pi/4
  const Fixed square = multiply(angle, angle);
  const Real sine = from_fixed(multiply(angle, polynomial(kSine, square)));
  const Real cosine = from_fixed(polynomial(kCosine, square));
  switch (static_cast<int>(quarter & 3)) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

namespace {

// Taylor series of erf about the multiples of 1/4, from one to the next: the derivative g has g' = -2 x g, hence
//   (n+1) (n+2) a[n+2] = -2 (x0 (n+1) a[n+1] + n a[n])
class ErrorSeries {
 public:
  static constexpr std::size_t kNodes = 27;
  static constexpr std::size_t kTerms = 26;  // all of them for the step to the next node
  static constexpr std::size_t kNear = 19;   // these for an argument within 1/8
  ErrorSeries() {
    Fixed value = 0;
    for (std::size_t node = 0; node < kNodes; ++node) {
      nodes_[node] = series(value, static_cast<std::int64_t>(node));
      value = polynomial(nodes_[node], kOne / 4);
    }
  }
  Fixed operator()(std::size_t node, Fixed h) const {
    std::array<Fixed, kNear> near{};
    std::copy_n(nodes_[node].begin(), kNear, near.begin());
    return polynomial(near, h);
  }

 private:
  static std::array<Fixed, kTerms> series(Fixed value, std::int64_t quarters) {
    const Real density =
        exponential(-make_real(static_cast<Int128>(quarters) * quarters, -4)) * from_fixed(kTwoOverRootPi);
    std::array<Fixed, kTerms> a{value, static_cast<Fixed>(to_fixed(density, kFraction))};
    for (std::size_t n = 0; n + 2 < kTerms; ++n) {
      const auto i = static_cast<std::int64_t>(n);
      const Int128 sum = static_cast<Int128>(a[n + 1]) * quarters * (i + 1) + static_cast<Int128>(a[n]) * 4 * i;
      a[n + 2] = static_cast<Fixed>(-sum / (Int128{2} * (i + 1) * (i + 2)));
    }
    return a;
  }

  std::array<std::array<Fixed, kTerms>, kNodes> nodes_;
};

}  // namespace

Real error_function(const Real& a) {
  static const ErrorSeries series;
  if (a.mantissa == 0) return a;
  if (is_negative(a)) return -error_function(-a);
  const Int128 x = a.exponent + kFraction > 3 ? Int128{8} << kFraction : to_fixed(a, kFraction);
  const auto node = static_cast<std::size_t>(((x >> (kFraction - 3)) + 1) / 2);
  if (node >= ErrorSeries::kNodes) return whole(1);  // 1 - erf(6.6) < 2^-64
  return from_fixed(series(node, static_cast<Fixed>(x - (static_cast<Int128>(node) << (kFraction - 2)))));
}

}  // namespace veil
