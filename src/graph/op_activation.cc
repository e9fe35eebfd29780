// Functions of one number with parameters (attributes, the slope of PRelu), at every place.
#include <algorithm>
#include <array>
#include <cmath>

#include "graph/expansion.h"
#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Attributes of the standard are floats, and so are their defaults: 0.01 rounded to float.
struct Parameter {
  const char* name;
  float otherwise;
};

// Two parameters; a function of fewer leaves the others unnamed.
using Parameters = std::array<Parameter, 2>;

Result<std::array<double, 2>> read_parameters(const Call& call, const Parameters& parameters) {
  std::array<double, 2> values{};
  for (std::size_t i = 0; i < parameters.size() && parameters[i].name != nullptr; ++i) {
    VEIL_TRY(value, call.real(parameters[i].name, static_cast<double>(parameters[i].otherwise)));
    if (!std::isfinite(value)) return Error{"its attribute " + quote(parameters[i].name) + " is no finite number"};
    values[i] = value;
  }
  return values;
}

struct LeakyRelu {
  static constexpr Parameters kParameters{{{"alpha", 0.01f}}};
  static double at(double x, double alpha, double) { return x < 0 ? alpha * x : x; }
};
struct Elu {
  static constexpr Parameters kParameters{{{"alpha", 1.0f}}};
  static double at(double x, double alpha, double) { return x < 0 ? alpha * std::expm1(x) : x; }
};
struct Selu {
  static constexpr Parameters kParameters{
      {{"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}}};
  static double at(double x, double alpha, double gamma) { return gamma * (x <= 0 ? alpha * std::expm1(x) : x); }
};
struct Celu {
  static constexpr Parameters kParameters{{{"alpha", 1.0f}}};
  static double at(double x, double alpha, double) {
    return std::max(0.0, x) + std::min(0.0, alpha * std::expm1(x / alpha));
  }
};
struct Swish {
  static constexpr Parameters kParameters{{{"alpha", 1.0f}}};
  static double at(double x, double alpha, double) { return x / (1 + std::exp(-alpha * x)); }
};
struct HardSigmoid {
  static constexpr Parameters kParameters{{{"alpha", 0.2f}, {"beta", 0.5f}}};
  static double at(double x, double alpha, double beta) { return std::clamp(alpha * x + beta, 0.0, 1.0); }
};

template <class Function>
Result<std::vector<TypedShape>> infer_activation(const Call& call) {
  VEIL_TRY_STATUS(read_parameters(call, Function::kParameters));
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{call.in(0)};
}

template <class Function>
Status run_activation(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(values, read_parameters(call, Function::kParameters));
  const double first = values[0], second = values[1];
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(),
                 [first, second](double x) { return Function::at(x, first, second); });
  return Done{};
}

Result<std::vector<TypedShape>> infer_celu(const Call& call) {
  VEIL_TRY(values, read_parameters(call, Celu::kParameters));
  if (values[0] == 0) return Error{"its 'alpha' is 0, by which it divides"};
  return infer_activation<Celu>(call);
}

// x * Phi(x), Phi the normal distribution's function, or the usual approximation of it by tanh.
double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
double gelu_tanh(double x) {
  constexpr double kRootOfTwoOverPi = 0.7978845608028654;
  return 0.5 * x * (1 + std::tanh(kRootOfTwoOverPi * (x + 0.044715 * x * x * x)));
}

Result<bool> gelu_is_approximate(const Call& call) {
  VEIL_TRY(word, call.word("approximate", "none"));
  const std::string_view form = word;
  if (form == "tanh") return true;
  if (form == "none") return false;
  return Error{"its 'approximate' is neither none nor tanh"};
}

Result<std::vector<TypedShape>> infer_gelu(const Call& call) {
  VEIL_TRY_STATUS(gelu_is_approximate(call));
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{call.in(0)};
}

Status run_gelu(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(approximate, gelu_is_approximate(call));
  std::transform(inputs[0]->data.begin(), inputs[0]->data.end(), outputs[0]->data.begin(),
                 approximate ? gelu_tanh : gelu);
  return Done{};
}

// The slope is read as the input's shape, never the other way round.
Result<std::vector<TypedShape>> infer_prelu(const Call& call) {
  if (call.in(1).type != call.in(0).type) return Error{"its slope has another element type than its input"};
  VEIL_TRY(shape, broadcast_shape(call.shape(0), call.shape(1)));
  if (shape != call.shape(0)) {
    return Error{"its slope of shape " + shape_text(call.shape(1)) + " does not fit its input of shape " +
                 shape_text(call.shape(0))};
  }
  return std::vector<TypedShape>{call.in(0)};
}

Status run_prelu(const Call&, const Inputs& inputs, const Outputs& outputs) {
  const GraphShape& shape = inputs[0]->shape;
  std::size_t next = 0;
  walk(shape, std::array{broadcast_strides(inputs[1]->shape, shape)}, [&](const auto& at) {
    const double x = inputs[0]->data[next];
    outputs[0]->data[next++] = x < 0 ? x * inputs[1]->data[static_cast<std::size_t>(at[0])] : x;
  });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"LeakyRelu", 1, 1, " alpha ", infer_activation<LeakyRelu>, run_activation<LeakyRelu>},
    {"Elu", 1, 1, " alpha ", infer_activation<Elu>, run_activation<Elu>},
    {"Selu", 1, 1, " alpha gamma ", infer_activation<Selu>, run_activation<Selu>},
    {"Celu", 1, 1, " alpha ", infer_celu, run_activation<Celu>},
    {"Swish", 1, 1, " alpha ", infer_activation<Swish>, run_activation<Swish>},
    {"HardSigmoid", 1, 1, " alpha beta ", infer_activation<HardSigmoid>, run_activation<HardSigmoid>},
    {"Gelu", 1, 1, " approximate ", infer_gelu, run_gelu},
    {"PRelu", 2, 2, "", infer_prelu, run_prelu, expand_prelu},
};

}  // namespace

std::span<const Operator> activation_operators() { return kOperators; }

}  // namespace veil
