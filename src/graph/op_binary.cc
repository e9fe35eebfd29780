// Arithmetic and choice between tensors that broadcast to one shape.
#include <algorithm>
#include <cmath>

#include "graph/expansion.h"
#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

Result<GraphShape> common_shape(const Call& call) {
  GraphShape shape = call.shape(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    VEIL_TRY(next, broadcast_shape(shape, call.shape(i)));
    shape = next;
  }
  return shape;
}

Status check_same_type(const Call& call, std::size_t first) {
  for (std::size_t i = first + 1; i < call.inputs.size(); ++i) {
    if (!call.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
    if (call.in(i).type != call.in(first).type) {
      return Error{"its inputs are of different element types, " + std::string(element_type_name(call.in(first).type)) +
                   " and " + std::string(element_type_name(call.in(i).type))};
    }
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_same_type(const Call& call) {
  VEIL_TRY_STATUS(check_same_type(call, 0));
  VEIL_TRY(shape, common_shape(call));
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

Result<std::vector<TypedShape>> infer_numbers(const Call& call) {
  if (call.in(0).type == ElementType::kBool) return Error{"its inputs must be of numbers, not of bools"};
  return infer_same_type(call);
}

Result<std::vector<TypedShape>> infer_bools(const Call& call) {
  if (call.in(0).type != ElementType::kBool) return Error{"its inputs must be of bools"};
  return infer_same_type(call);
}

Result<std::vector<TypedShape>> infer_equal(const Call& call) {
  VEIL_TRY(outputs, infer_same_type(call));
  outputs[0].type = ElementType::kBool;
  return outputs;
}

Result<std::vector<TypedShape>> infer_less(const Call& call) {
  VEIL_TRY(outputs, infer_numbers(call));
  outputs[0].type = ElementType::kBool;
  return outputs;
}

// The exponent may be of another type.
Result<std::vector<TypedShape>> infer_pow(const Call& call) {
  const bool has_bools = call.in(0).type == ElementType::kBool || call.in(1).type == ElementType::kBool;
  if (has_bools) return Error{"its inputs must be of numbers, not of bools"};
  VEIL_TRY(shape, common_shape(call));
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

Result<std::vector<TypedShape>> infer_mod(const Call& call) {
  VEIL_TRY(truncated, call.integer("fmod", 0));
  if (truncated != 0 && truncated != 1) return Error{"its 'fmod' is neither 0 nor 1"};
  if (truncated == 0 && is_real(call.in(0).type)) return Error{"its 'fmod' must be 1 for floats"};
  return infer_numbers(call);
}

Result<std::vector<TypedShape>> infer_where(const Call& call) {
  if (call.in(0).type != ElementType::kBool) return Error{"its condition must be of bools"};
  VEIL_TRY_STATUS(check_same_type(call, 1));
  VEIL_TRY(shape, common_shape(call));
  return std::vector<TypedShape>{{call.in(1).type, shape}};
}

// out[i] = function(a[i], b[i]), both read as the shape of `out`.
template <class Function>
void combine(const Array& a, const Array& b, Array& out, Function function) {
  if (a.shape == b.shape) {
    std::transform(a.data.begin(), a.data.end(), b.data.begin(), out.data.begin(), function);
    return;
  }
  std::size_t next = 0;
  const std::array strides{broadcast_strides(a.shape, out.shape), broadcast_strides(b.shape, out.shape)};
  walk(out.shape, strides, [&](const auto& at) {
    out.data[next++] = function(a.data[static_cast<std::size_t>(at[0])], b.data[static_cast<std::size_t>(at[1])]);
  });
}

double add(double a, double b) { return a + b; }
double subtract(double a, double b) { return a - b; }
double multiply(double a, double b) { return a * b; }
double divide(double a, double b) { return a / b; }
double divide_whole(double a, double b) {
  const std::int64_t divisor = to_integer(b);
  return divisor == -1 ? -a : static_cast<double>(to_integer(a) / divisor);  // the smallest integer has no opposite
}
double power(double a, double b) { return std::pow(a, b); }
double power_whole(double a, double b) { return std::trunc(std::pow(a, b)); }
double smaller(double a, double b) { return std::min(a, b); }
double larger(double a, double b) { return std::max(a, b); }
double equal(double a, double b) { return a == b ? 1 : 0; }
double less(double a, double b) { return a < b ? 1 : 0; }
double both(double a, double b) { return a != 0 && b != 0 ? 1 : 0; }
double either(double a, double b) { return a != 0 || b != 0 ? 1 : 0; }
double one_alone(double a, double b) { return (a != 0) != (b != 0) ? 1 : 0; }
// The rest of a quotient rounded towards zero has the sign of a, of one rounded down that of b.
double rest_truncated(double a, double b) { return std::fmod(a, b); }
double rest_floored(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

template <double (*kFunction)(double, double)>
Status run_binary(const Call&, const Inputs& inputs, const Outputs& outputs) {
  combine(*inputs[0], *inputs[1], *outputs[0], kFunction);
  return Done{};
}

// Integers are multiplied as such: a double would lose the low bits, which are those that stay.
Status run_mul(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  const ElementType type = call.in(0).type;
  if (is_real(type)) return run_binary<multiply>(call, inputs, outputs);
  combine(*inputs[0], *inputs[1], *outputs[0], [type](double a, double b) {
    const auto product = static_cast<std::uint64_t>(to_integer(a)) * static_cast<std::uint64_t>(to_integer(b));
    return wrapped(static_cast<std::int64_t>(product), type);
  });
  return Done{};
}

Status check_divisors(const Call& call, const Array& divisors) {
  const bool has_zero = std::find(divisors.data.begin(), divisors.data.end(), 0.0) != divisors.data.end();
  if (has_zero && !is_real(call.in(0).type)) return Error{"a division of integers by zero"};
  return Done{};
}

Status run_div(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY_STATUS(check_divisors(call, *inputs[1]));
  return is_real(call.in(0).type) ? run_binary<divide>(call, inputs, outputs)
                                  : run_binary<divide_whole>(call, inputs, outputs);
}

Status run_mod(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(truncated, call.integer("fmod", 0));
  VEIL_TRY_STATUS(check_divisors(call, *inputs[1]));
  return truncated != 0 ? run_binary<rest_truncated>(call, inputs, outputs)
                        : run_binary<rest_floored>(call, inputs, outputs);
}

Status run_pow(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  return is_real(call.in(0).type) ? run_binary<power>(call, inputs, outputs)
                                  : run_binary<power_whole>(call, inputs, outputs);
}

// Min and Max take any number of inputs.
template <double (*kFunction)(double, double)>
Status run_variadic(const Call&, const Inputs& inputs, const Outputs& outputs) {
  Array& out = *outputs[0];
  std::size_t next = 0;
  walk(out.shape, std::array{broadcast_strides(inputs[0]->shape, out.shape)},
       [&](const auto& at) { out.data[next++] = inputs[0]->data[static_cast<std::size_t>(at[0])]; });
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Array sofar = out;
    combine(sofar, *inputs[i], out, kFunction);
  }
  return Done{};
}

Status run_where(const Call&, const Inputs& inputs, const Outputs& outputs) {
  Array& out = *outputs[0];
  std::size_t next = 0;
  const std::array strides{broadcast_strides(inputs[0]->shape, out.shape),
                           broadcast_strides(inputs[1]->shape, out.shape),
                           broadcast_strides(inputs[2]->shape, out.shape)};
  walk(out.shape, strides, [&](const auto& at) {
    const std::size_t chosen = inputs[0]->data[static_cast<std::size_t>(at[0])] != 0 ? 1 : 2;
    out.data[next++] = inputs[chosen]->data[static_cast<std::size_t>(at[chosen])];
  });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Add", 2, 2, "", infer_numbers, run_binary<add>},
    {"Sub", 2, 2, "", infer_numbers, run_binary<subtract>},
    {"Mul", 2, 2, "", infer_numbers, run_mul},
    {"Div", 2, 2, "", infer_numbers, run_div},
    {"Mod", 2, 2, " fmod ", infer_mod, run_mod},
    {"Pow", 2, 2, "", infer_pow, run_pow, expand_power},
    {"Min", 1, kAnyInputs, "", infer_numbers, run_variadic<smaller>},
    {"Max", 1, kAnyInputs, "", infer_numbers, run_variadic<larger>},
    {"Equal", 2, 2, "", infer_equal, run_binary<equal>},
    {"Less", 2, 2, "", infer_less, run_binary<less>},
    {"And", 2, 2, "", infer_bools, run_binary<both>},
    {"Or", 2, 2, "", infer_bools, run_binary<either>},
    {"Xor", 2, 2, "", infer_bools, run_binary<one_alone>},
    {"Where", 3, 3, "", infer_where, run_where},
};

}  // namespace

std::span<const Operator> binary_operators() { return kOperators; }

}  // namespace veil
