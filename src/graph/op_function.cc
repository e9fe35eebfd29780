// Functions of one number without parameters, at every place.
#include <algorithm>
#include <cmath>

#include "graph/operator.h"
#include "graph/shape.h"

namespace veil {
namespace {

double relu(double x) { return std::max(x, 0.0); }
double negate(double x) { return -x; }
double magnitude(double x) { return std::fabs(x); }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double negation(double x) { return x == 0 ? 1 : 0; }
double is_no_number(double x) { return std::isnan(x) ? 1 : 0; }
double round_down(double x) { return std::floor(x); }
double round_up(double x) { return std::ceil(x); }
double round_half_to_even(double x) {
  const double down = std::floor(x);
  const double rest = x - down;  // exact: of a number with a fraction
  if (rest != 0.5) return rest < 0.5 ? down : down + 1;
  return std::fmod(down, 2) == 0 ? down : down + 1;
}

double square_root(double x) { return std::sqrt(x); }
double reciprocal(double x) { return 1 / x; }
double exponential(double x) { return std::exp(x); }
double logarithm(double x) { return std::log(x); }
double error_function(double x) { return std::erf(x); }

double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double tangent(double x) { return std::tan(x); }
double inverse_sine(double x) { return std::asin(x); }
double inverse_cosine(double x) { return std::acos(x); }
double inverse_tangent(double x) { return std::atan(x); }
double hyperbolic_sine(double x) { return std::sinh(x); }
double hyperbolic_cosine(double x) { return std::cosh(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double inverse_hyperbolic_sine(double x) { return std::asinh(x); }
double inverse_hyperbolic_cosine(double x) { return std::acosh(x); }
double inverse_hyperbolic_tangent(double x) { return std::atanh(x); }

double sigmoid(double x) { return x >= 0 ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x) / (1.0 + std::exp(x)); }
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double softsign(double x) { return x / (1 + std::fabs(x)); }
double mish(double x) { return x * std::tanh(softplus(x)); }
double hard_swish(double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }

Result<std::vector<TypedShape>> infer_number(const Call& call) {
  if (call.in(0).type == ElementType::kBool) return Error{"its input must be of numbers, not of bools"};
  return std::vector<TypedShape>{call.in(0)};
}

Result<std::vector<TypedShape>> infer_real(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{call.in(0)};
}

Result<std::vector<TypedShape>> infer_test(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{{ElementType::kBool, call.shape(0)}};
}

Result<std::vector<TypedShape>> infer_bool(const Call& call) {
  if (call.in(0).type != ElementType::kBool) return Error{"its input must be of bools"};
  return std::vector<TypedShape>{call.in(0)};
}

template <double (*kFunction)(double)>
Status run_function(const Call&, const Inputs& inputs, const Outputs& outputs) {
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(), kFunction);
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Relu", 1, 1, "", infer_number, run_function<relu>},
    {"Neg", 1, 1, "", infer_number, run_function<negate>},
    {"Abs", 1, 1, "", infer_number, run_function<magnitude>},
    {"Sign", 1, 1, "", infer_number, run_function<sign>},
    {"Not", 1, 1, "", infer_bool, run_function<negation>},
    {"IsNaN", 1, 1, "", infer_test, run_function<is_no_number>},
    {"Floor", 1, 1, "", infer_real, run_function<round_down>},
    {"Ceil", 1, 1, "", infer_real, run_function<round_up>},
    {"Round", 1, 1, "", infer_real, run_function<round_half_to_even>},
    {"Sqrt", 1, 1, "", infer_real, run_function<square_root>},
    {"Reciprocal", 1, 1, "", infer_real, run_function<reciprocal>},
    {"Exp", 1, 1, "", infer_real, run_function<exponential>},
    {"Log", 1, 1, "", infer_real, run_function<logarithm>},
    {"Erf", 1, 1, "", infer_real, run_function<error_function>},
    {"Sin", 1, 1, "", infer_real, run_function<sine>},
    {"Cos", 1, 1, "", infer_real, run_function<cosine>},
    {"Tan", 1, 1, "", infer_real, run_function<tangent>},
    {"Asin", 1, 1, "", infer_real, run_function<inverse_sine>},
    {"Acos", 1, 1, "", infer_real, run_function<inverse_cosine>},
    {"Atan", 1, 1, "", infer_real, run_function<inverse_tangent>},
    {"Sinh", 1, 1, "", infer_real, run_function<hyperbolic_sine>},
    {"Cosh", 1, 1, "", infer_real, run_function<hyperbolic_cosine>},
    {"Tanh", 1, 1, "", infer_real, run_function<hyperbolic_tangent>},
    {"Asinh", 1, 1, "", infer_real, run_function<inverse_hyperbolic_sine>},
    {"Acosh", 1, 1, "", infer_real, run_function<inverse_hyperbolic_cosine>},
    {"Atanh", 1, 1, "", infer_real, run_function<inverse_hyperbolic_tangent>},
    {"Sigmoid", 1, 1, "", infer_real, run_function<sigmoid>},
    {"Softplus", 1, 1, "", infer_real, run_function<softplus>},
    {"Softsign", 1, 1, "", infer_real, run_function<softsign>},
    {"Mish", 1, 1, "", infer_real, run_function<mish>},
    {"HardSwish", 1, 1, "", infer_real, run_function<hard_swish>},
};

}  // namespace

std::span<const Operator> function_operators() { return kOperators; }

}  // namespace veil
