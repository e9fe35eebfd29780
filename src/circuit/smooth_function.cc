#include "circuit/smooth_function.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace veil {

namespace {

struct Argument {
  std::int64_t z = 0, scale = 0;
  Real x;  // z * 2^scale
  std::int64_t alpha_units = 0;
  Real alpha, gamma;
};

Real half(const Real& a) { return times_power_of_two(a, -1); }
Real one() { return whole(1); }
Real smallest(const Argument& a) { return make_real(1, a.scale); }
Real above_zero(const Argument& a) { return a.z > 0 ? a.x : smallest(a); }

// By exp(-|x|), so that nothing is lost for large |x|.
Real sigmoid(const Real& x) {
  const Real e = exponential(-magnitude(x));
  return (is_negative(x) ? e : one()) / (one() + e);
}

Real hyperbolic_tangent(const Real& x) {
  const Real e = exponential(times_power_of_two(-magnitude(x), 1));
  const Real positive = (one() - e) / (one() + e);
  return is_negative(x) ? -positive : positive;
}

Real gelu(const Argument& a) {
  static const Real root_of_half = square_root(half(one()));
  return half(a.x * (one() + error_function(a.x * root_of_half)));
}

// (1 + tanh t) / 2 = sigmoid(2 t)
Real gelu_tanh(const Argument& a) {
  static const Real factor = square_root(whole(4) / half_pi());  // 2 sqrt(2 / pi)
  static const Real cubic = whole(44715) / whole(1000000);
  return a.x * sigmoid(factor * (a.x + cubic * (a.x * a.x * a.x)));
}

Real softplus(const Argument& a) {
  const Real rest = logarithm(one() + exponential(-magnitude(a.x)));
  return is_negative(a.x) ? rest : a.x + rest;
}

// tanh(ln(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1), e = exp x; for x > 0 both sides times exp(-2x).
Real mish(const Argument& a) {
  const Real e = exponential(-magnitude(a.x));
  const Real two_e = times_power_of_two(e, 1);
  const Real e_squared = e * e;
  const Real upper = is_negative(a.x) ? e_squared + two_e : one() + two_e;
  const Real rest = times_power_of_two(is_negative(a.x) ? one() : e_squared, 1);
  return a.x * (upper / (upper + rest));
}

Real elu(const Real& x, const Real& alpha) { return is_negative(x) ? alpha * (exponential(x) - one()) : x; }

Real celu(const Argument& a) { return is_negative(a.x) ? a.alpha * (exponential(a.x / a.alpha) - one()) : a.x; }

Real hard_swish(const Argument& a) {
  if (a.x < whole(-3)) return {};
  return a.x < whole(3) ? a.x * (a.x + whole(3)) / whole(6) : a.x;
}

Real tangent(const Argument& a) {
  const SineAndCosine of = sine_and_cosine(a.z, a.scale);
  return of.cosine.mantissa == 0 ? make_real(1, 200) : of.sine / of.cosine;
}

Real hyperbolic_sine(const Real& x) { return half(exponential(x) - exponential(-x)); }
Real hyperbolic_cosine(const Real& x) { return half(exponential(x) + exponential(-x)); }

Real within_one(const Real& x) {
  if (one() < magnitude(x)) return is_negative(x) ? -one() : one();
  return x;
}

Real arc_sine(const Argument& a) {
  const Real x = within_one(a.x);
  return arc_tangent(x, square_root(one() - x * x));
}

Real area_sinh(const Argument& a) {
  const Real x = magnitude(a.x);
  const Real positive = logarithm(x + square_root(x * x + one()));
  return is_negative(a.x) ? -positive : positive;
}

Real area_cosh(const Argument& a) {
  if (a.x < one()) return {};
  return logarithm(a.x + square_root(a.x * a.x - one()));
}

Real area_tanh(const Argument& a) {
  const Real most = one() - make_real(1, std::min<std::int64_t>(a.scale, -1));
  Real x = magnitude(a.x);
  if (most < x) x = most;
  const Real positive = half(logarithm((one() + x) / (one() - x)));
  return is_negative(a.x) ? -positive : positive;
}

// Whole exponents by products, halves by a root: exact where the result has few bits.
Real power_of(const Argument& a) {
  const bool inverse = a.alpha_units < 0;
  const auto exponent = static_cast<std::uint64_t>(inverse ? -a.alpha_units : a.alpha_units);
  const bool is_whole = exponent % (std::uint64_t{1} << kParameterFraction) == 0;
  const bool is_half = !is_whole && exponent % (std::uint64_t{1} << (kParameterFraction - 1)) == 0;
  Real x = a.x;
  if (inverse && (!is_whole || a.z == 0)) x = above_zero(a);
  if (!inverse && !is_whole && is_negative(x)) x = {};
  if (x.mantissa == 0) return exponent == 0 ? one() : Real{};
  Real out;
  if (is_whole) {
    out = power(x, exponent >> kParameterFraction);
  } else if (is_half) {
    out = power(square_root(x), exponent >> (kParameterFraction - 1));
  } else {
    return exponential(a.alpha * logarithm(x));
  }
  return inverse ? one() / out : out;
}

struct Definition {
  Real (*value)(const Argument&);
  int parameters = 0;
};

// By number; the first is no function.
constexpr std::array<Definition, 32> kDefinitions{{
    {nullptr},
    {[](const Argument& a) { return sigmoid(a.x); }},
    {[](const Argument& a) { return hyperbolic_tangent(a.x); }},
    {[](const Argument& a) { return one() - exponential(-a.x); }},
    {[](const Argument& a) { return exponential(a.x); }},
    {[](const Argument& a) { return logarithm(above_zero(a)); }},
    {[](const Argument& a) { return a.z > 0 ? square_root(a.x) : Real{}; }},
    {[](const Argument& a) { return one() / (a.z == 0 ? smallest(a) : a.x); }},
    {[](const Argument& a) { return one() / square_root(above_zero(a)); }},
    {[](const Argument& a) { return error_function(a.x); }},
    {gelu},
    {gelu_tanh},
    {[](const Argument& a) { return a.x * sigmoid(a.alpha * a.x); }, 1},
    {softplus},
    {[](const Argument& a) { return a.x / (one() + magnitude(a.x)); }},
    {mish},
    {[](const Argument& a) { return elu(a.x, a.alpha); }, 1},
    {celu, 1},
    {[](const Argument& a) { return a.gamma * elu(a.x, a.alpha); }, 2},
    {hard_swish},
    {[](const Argument& a) { return sine_and_cosine(a.z, a.scale).sine; }},
    {[](const Argument& a) { return sine_and_cosine(a.z, a.scale).cosine; }},
    {tangent},
    {arc_sine},
    {[](const Argument& a) { return half_pi() - arc_sine(a); }},
    {[](const Argument& a) { return arc_tangent(a.x, one()); }},
    {[](const Argument& a) { return hyperbolic_sine(a.x); }},
    {[](const Argument& a) { return hyperbolic_cosine(a.x); }},
    {area_sinh},
    {area_cosh},
    {area_tanh},
    {power_of, 1},
}};

bool known_parameter(std::int64_t value, bool has) {
  return has ? value >= -kMostParameter && value <= kMostParameter : value == 0;
}

}  // namespace

bool function_known(const FunctionParameters& p) {
  if (p.function < 1 || p.function >= static_cast<std::int64_t>(kDefinitions.size())) return false;
  const int parameters = kDefinitions[static_cast<std::size_t>(p.function)].parameters;
  if (!known_parameter(p.alpha, parameters >= 1) || !known_parameter(p.gamma, parameters >= 2)) return false;
  return p.function != static_cast<std::int64_t>(SmoothFunction::kCelu) || p.alpha > 0;
}

FunctionValues::FunctionValues(const FunctionParameters& parameters, std::int64_t scale)
    : parameters_(parameters),
      scale_(scale),
      alpha_(make_real(parameters.alpha, -kParameterFraction)),
      gamma_(make_real(parameters.gamma, -kParameterFraction)) {
  VEIL_CHECK(function_known(parameters));
}

Real FunctionValues::operator()(std::int64_t z) const {
  const Argument argument{z, scale_, make_real(z, scale_), parameters_.alpha, alpha_, gamma_};
  return kDefinitions[static_cast<std::size_t>(parameters_.function)].value(argument);
}

}  // namespace veil
