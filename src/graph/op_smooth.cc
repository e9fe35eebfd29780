// Functions of one number beyond those that every network has.
#include <cmath>

#include "graph/operator.h"
#include "graph/shape.h"

namespace veil {
namespace {

Result<std::vector<TypedShape>> infer_real(const Call& call) {
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{call.in(0)};
}

Result<std::vector<TypedShape>> infer_same(const Call& call) { return std::vector<TypedShape>{call.in(0)}; }

template <class Function>
Status each(const Inputs& inputs, const Outputs& outputs, Function&& function) {
  for (std::size_t i = 0; i < outputs[0]->data.size(); ++i) outputs[0]->data[i] = function(inputs[0]->data[i]);
  return Done{};
}

template <double (*function)(double)>
Status run_plain(const Call&, const Inputs& inputs, const Outputs& outputs) {
  return each(inputs, outputs, function);
}

double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double tangent(double x) { return std::tan(x); }
double arc_sine(double x) { return std::asin(x); }
double arc_cosine(double x) { return std::acos(x); }
double arc_tangent(double x) { return std::atan(x); }
double hyperbolic_sine(double x) { return std::sinh(x); }
double hyperbolic_cosine(double x) { return std::cosh(x); }
double area_sine(double x) { return std::asinh(x); }
double area_cosine(double x) { return std::acosh(x); }
double area_tangent(double x) { return std::atanh(x); }
double reciprocal(double x) { return 1 / x; }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double softsign(double x) { return x / (1 + std::fabs(x)); }
double mish(double x) { return x * std::tanh(softplus(x)); }
double hard_swish(double x) { return x * std::fmax(0.0, std::fmin(1.0, x / 6 + 0.5)); }
double round_down(double x) { return std::floor(x); }
double round_up(double x) { return std::ceil(x); }
double round_to_even(double x) { return std::nearbyint(x); }
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

Status run_gelu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  const auto approximate = call.word("approximate", "none");
  if (!approximate) return approximate.error();
  const bool by_tanh = *approximate == "tanh";
  if (!by_tanh && *approximate != "none") return Error{"its 'approximate' is neither none nor tanh"};
  return each(inputs, outputs, [by_tanh](double x) {
    if (by_tanh) return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  });
}

Status run_elu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(alpha, call.real("alpha", 1));
  return each(inputs, outputs, [alpha = alpha](double x) { return x > 0 ? x : alpha * std::expm1(x); });
}

Status run_celu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(alpha, call.real("alpha", 1));
  return each(inputs, outputs, [alpha = alpha](double x) { return x > 0 ? x : alpha * std::expm1(x / alpha); });
}

Status run_selu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(alpha, call.real("alpha", 1.67326319217681884765625));
  VEIL_TRY(gamma, call.real("gamma", 1.05070102214813232421875));
  return each(inputs, outputs,
              [alpha = alpha, gamma = gamma](double x) { return gamma * (x > 0 ? x : alpha * std::expm1(x)); });
}

Status run_swish(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(alpha, call.real("alpha", 1));
  return each(inputs, outputs, [alpha = alpha](double x) { return x / (1 + std::exp(-alpha * x)); });
}

Status run_hard_sigmoid(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.2f)));
  VEIL_TRY(beta, call.real("beta", 0.5));
  return each(inputs, outputs,
              [alpha = alpha, beta = beta](double x) { return std::fmax(0.0, std::fmin(1.0, alpha * x + beta)); });
}

constexpr Operator kOperators[] = {
    {"Sin", 1, 1, "", infer_real, run_plain<sine>},
    {"Cos", 1, 1, "", infer_real, run_plain<cosine>},
    {"Tan", 1, 1, "", infer_real, run_plain<tangent>},
    {"Asin", 1, 1, "", infer_real, run_plain<arc_sine>},
    {"Acos", 1, 1, "", infer_real, run_plain<arc_cosine>},
    {"Atan", 1, 1, "", infer_real, run_plain<arc_tangent>},
    {"Sinh", 1, 1, "", infer_real, run_plain<hyperbolic_sine>},
    {"Cosh", 1, 1, "", infer_real, run_plain<hyperbolic_cosine>},
    {"Asinh", 1, 1, "", infer_real, run_plain<area_sine>},
    {"Acosh", 1, 1, "", infer_real, run_plain<area_cosine>},
    {"Atanh", 1, 1, "", infer_real, run_plain<area_tangent>},
    {"Reciprocal", 1, 1, "", infer_real, run_plain<reciprocal>},
    {"Softplus", 1, 1, "", infer_real, run_plain<softplus>},
    {"Softsign", 1, 1, "", infer_real, run_plain<softsign>},
    {"Mish", 1, 1, "", infer_real, run_plain<mish>},
    {"HardSwish", 1, 1, "", infer_real, run_plain<hard_swish>},
    {"Floor", 1, 1, "", infer_real, run_plain<round_down>},
    {"Ceil", 1, 1, "", infer_real, run_plain<round_up>},
    {"Round", 1, 1, "", infer_real, run_plain<round_to_even>},
    {"Sign", 1, 1, "", infer_same, run_plain<sign>},
    {"Gelu", 1, 1, " approximate ", infer_real, run_gelu},
    {"Elu", 1, 1, " alpha ", infer_real, run_elu},
    {"Celu", 1, 1, " alpha ", infer_real, run_celu},
    {"Selu", 1, 1, " alpha gamma ", infer_real, run_selu},
    {"Swish", 1, 1, " alpha ", infer_real, run_swish},
    {"HardSigmoid", 1, 1, " alpha beta ", infer_real, run_hard_sigmoid},
};

}  // namespace

std::span<const Operator> smooth_operators() { return kOperators; }

}  // namespace veil
