// Operators on quantised integers, written as arithmetic on the numbers themselves: scales stay as exact as the file
// has them, and rounding is to the nearest, ties to even, as the standard has it.
#include <algorithm>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct QuantisedRange {
  double low, high;
};

Result<QuantisedRange> quantised_range(ElementType type) {
  if (type == ElementType::kInt8) return QuantisedRange{-128, 127};
  if (type == ElementType::kUint8) return QuantisedRange{0, 255};
  if (type == ElementType::kInt32) return QuantisedRange{-2147483648.0, 2147483647.0};
  return Error{"its quantised type must be int8, uint8 or int32"};
}

// Scales and zero points: one number, one a place of the axis, or one a block along the axis. Gives a tensor that
// broadcasts against `shape`.
Result<ValueId> spread(Expansion& expansion, ValueId list, const GraphShape& shape) {
  const GraphShape own = expansion.shape(list);
  if (element_count(own) == 1) return expansion.reshape(list, {});
  VEIL_TRY(given, expansion.call().integer("axis", 1));
  VEIL_TRY(block, expansion.call().integer("block_size", 0));
  VEIL_TRY(axis, normalise_axis(given, shape.size()));
  if (own.size() == 1 && own[0] == shape[axis]) return expansion.along_axis(list, axis, shape.size());
  GraphShape blocks = shape;
  if (block > 0) blocks[axis] = (shape[axis] - 1) / block + 1;
  if (block <= 0 || own != blocks || !expansion.may_hold({shape[axis]})) {
    return Error{"its scale or zero point of shape " + shape_text(own) + " does not fit the shape " +
                 shape_text(shape)};
  }
  Integers indices;
  for (std::int64_t i = 0; i < shape[axis]; ++i) indices.push_back(i / block);
  return expansion.gather(list, axis, indices);
}

// The nearest integer, shifted by the zero point and cut to the type.
Result<ValueId> round_to(Expansion& expansion, ValueId real, std::optional<ValueId> zero_point, ElementType type) {
  VEIL_TRY(range, quantised_range(type));
  ValueId x = expansion.add("Round", {real});
  if (zero_point) x = expansion.add("Add", {x, expansion.cast(*zero_point, expansion.type(x))});
  const ValueId low = expansion.number_like(range.low, x);
  const ValueId high = expansion.number_like(range.high, x);
  return expansion.cast(expansion.add("Clip", {x, low, high}), type);
}

Result<ElementType> output_type(const Expansion& expansion, std::size_t zero_point) {
  VEIL_TRY(code, expansion.call().integer("output_dtype", 0));
  if (expansion.has(zero_point)) return expansion.call().in(zero_point).type;
  return code == 0 ? ElementType::kUint8 : element_type_from_onnx(code);
}

Status expand_quantize_linear(Expansion& expansion) {
  VEIL_TRY(type, output_type(expansion, 2));
  const GraphShape shape = expansion.call().shape(0);
  VEIL_TRY(scale, spread(expansion, expansion.input(1), shape));
  const ValueId x = expansion.cast(expansion.input(0), expansion.type(scale));
  std::optional<ValueId> zero_point;
  if (expansion.has(2)) {
    VEIL_TRY(shift, spread(expansion, expansion.input(2), shape));
    zero_point = shift;
  }
  VEIL_TRY(y, round_to(expansion, expansion.add("Div", {x, scale}), zero_point, type));
  expansion.give(0, y);
  return Done{};
}

Status expand_dequantize_linear(Expansion& expansion) {
  VEIL_TRY_STATUS(quantised_range(expansion.call().in(0).type));
  const GraphShape shape = expansion.call().shape(0);
  VEIL_TRY(scale, spread(expansion, expansion.input(1), shape));
  ValueId x = expansion.cast(expansion.input(0), expansion.type(scale));
  if (expansion.has(2)) {
    VEIL_TRY(shift, spread(expansion, expansion.input(2), shape));
    x = expansion.add("Sub", {x, expansion.cast(shift, expansion.type(x))});
  }
  expansion.give(0, expansion.add("Mul", {x, scale}));
  return Done{};
}

// Scale and zero point from the least and the largest number, which zero is always between.
Status expand_dynamic_quantize_linear(Expansion& expansion) {
  const ValueId x = expansion.input(0);
  Integers axes;
  for (std::size_t axis = 0; axis < expansion.call().shape(0).size(); ++axis) {
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  const ValueId highest = expansion.binary("Max", expansion.reduce("ReduceMax", x, axes, false), 0);
  const ValueId lowest = expansion.binary("Min", expansion.reduce("ReduceMin", x, axes, false), 0);
  const ValueId scale = expansion.binary("Div", expansion.add("Sub", {highest, lowest}), 255);
  const ValueId origin = expansion.add("Neg", {expansion.add("Div", {lowest, scale})});
  VEIL_TRY(zero_point, round_to(expansion, origin, std::nullopt, ElementType::kUint8));
  VEIL_TRY(y, round_to(expansion, expansion.add("Div", {x, scale}), zero_point, ElementType::kUint8));
  expansion.give(0, y);
  expansion.give(1, scale);
  expansion.give(2, zero_point);
  return Done{};
}

// One number a row of the left matrix or a column of the right one.
enum class Side : std::uint8_t { kRows, kColumns };

ValueId along_side(Expansion& expansion, ValueId list, Side side) {
  const GraphShape shape = expansion.shape(list);
  if (shape.size() != 1 || shape[0] == 1) return element_count(shape) == 1 ? expansion.reshape(list, {}) : list;
  return side == Side::kRows ? expansion.reshape(list, {shape[0], 1}) : list;
}

// x - zero point, as int32.
ValueId centred(Expansion& expansion, std::size_t index, std::optional<ValueId> zero_point) {
  const ValueId x = expansion.cast(expansion.input(index), ElementType::kInt32);
  return zero_point ? expansion.add("Sub", {x, expansion.cast(*zero_point, ElementType::kInt32)}) : x;
}

Status check_quantised(const Expansion& expansion, std::size_t index) {
  const ElementType type = expansion.call().in(index).type;
  if (type == ElementType::kInt8 || type == ElementType::kUint8) return Done{};
  return Error{"its input " + std::to_string(index) + " must be of int8 or uint8"};
}

std::optional<ValueId> side_input(Expansion& expansion, std::size_t index, Side side) {
  if (!expansion.has(index)) return std::nullopt;
  return along_side(expansion, expansion.input(index), side);
}

Status expand_matmul_integer(Expansion& expansion) {
  VEIL_TRY_STATUS(check_quantised(expansion, 0));
  VEIL_TRY_STATUS(check_quantised(expansion, 1));
  const ValueId a = centred(expansion, 0, side_input(expansion, 2, Side::kRows));
  const ValueId b = centred(expansion, 1, side_input(expansion, 3, Side::kColumns));
  expansion.give(0, expansion.add("MatMul", {a, b}));
  return Done{};
}

// Sums of products, in the units of the left scale times the right one, come to the units of the result.
Result<ValueId> requantise(Expansion& expansion, ValueId sums, ValueId left_scale, ValueId right_scale,
                           ValueId new_scale, ValueId zero_point) {
  const ElementType real = expansion.type(new_scale);
  const ValueId units = expansion.add("Mul", {expansion.cast(left_scale, real), expansion.cast(right_scale, real)});
  const ValueId factor = expansion.add("Div", {units, new_scale});
  const ValueId scaled = expansion.add("Mul", {expansion.cast(sums, real), factor});
  return round_to(expansion, scaled, zero_point, expansion.type(zero_point));
}

Status expand_quantised_matmul(Expansion& expansion) {
  VEIL_TRY_STATUS(check_quantised(expansion, 0));
  VEIL_TRY_STATUS(check_quantised(expansion, 3));
  const auto side = [&](std::size_t index, Side which) { return along_side(expansion, expansion.input(index), which); };
  const ValueId a = centred(expansion, 0, side(2, Side::kRows));
  const ValueId b = centred(expansion, 3, side(5, Side::kColumns));
  VEIL_TRY(y, requantise(expansion, expansion.add("MatMul", {a, b}), side(1, Side::kRows), side(4, Side::kColumns),
                         side(6, Side::kRows), side(7, Side::kRows)));
  expansion.give(0, y);
  return Done{};
}

// The window's attributes are those of Conv. Zeros around the input stand for its zero point, which is subtracted
// first.
ValueId convolve(Expansion& expansion, ValueId x, ValueId weights, std::optional<ValueId> bias) {
  return expansion.add("Conv", {x, weights, bias}, expansion.call().node->attributes);
}

Status check_image(const Expansion& expansion, std::size_t index) {
  VEIL_TRY_STATUS(check_quantised(expansion, index));
  if (expansion.call().shape(index).size() < 3) return Error{"its inputs must have three axes or more"};
  return Done{};
}

// One number, or one an output channel, which is the first axis of the weights.
ValueId by_channel(Expansion& expansion, std::size_t index, std::size_t axis, std::size_t rank) {
  const ValueId list = expansion.input(index);
  return element_count(expansion.shape(list)) == 1 ? expansion.reshape(list, {})
                                                   : expansion.along_axis(list, axis, rank);
}

Status expand_conv_integer(Expansion& expansion) {
  VEIL_TRY_STATUS(check_image(expansion, 0));
  VEIL_TRY_STATUS(check_image(expansion, 1));
  const std::size_t rank = expansion.call().shape(1).size();
  std::optional<ValueId> shift;
  std::optional<ValueId> weight_shift;
  if (expansion.has(2)) shift = by_channel(expansion, 2, 1, rank);
  if (expansion.has(3)) weight_shift = by_channel(expansion, 3, 0, rank);
  const ValueId x = centred(expansion, 0, shift);
  expansion.give(0, convolve(expansion, x, centred(expansion, 1, weight_shift), std::nullopt));
  return Done{};
}

Status expand_quantised_conv(Expansion& expansion) {
  VEIL_TRY_STATUS(check_image(expansion, 0));
  VEIL_TRY_STATUS(check_image(expansion, 3));
  const std::size_t rank = expansion.call().shape(3).size();
  const ValueId x = centred(expansion, 0, by_channel(expansion, 2, 1, rank));
  const ValueId weights = centred(expansion, 3, by_channel(expansion, 5, 0, rank));
  std::optional<ValueId> bias;
  if (expansion.has(8)) bias = expansion.input(8);
  const ValueId sums = convolve(expansion, x, weights, bias);
  VEIL_TRY(y, requantise(expansion, sums, by_channel(expansion, 1, 1, rank), by_channel(expansion, 4, 1, rank),
                         by_channel(expansion, 6, 1, rank), by_channel(expansion, 7, 1, rank)));
  expansion.give(0, y);
  return Done{};
}

constexpr std::string_view kWindow = " auto_pad dilations group kernel_shape pads strides ";

constexpr Operator kOperators[] = {
    {"QuantizeLinear", 2, 3, " axis block_size output_dtype precision saturate ", nullptr, nullptr,
     expand_quantize_linear},
    {"DequantizeLinear", 2, 3, " axis block_size output_dtype ", nullptr, nullptr, expand_dequantize_linear},
    {"DynamicQuantizeLinear", 1, 1, "", nullptr, nullptr, expand_dynamic_quantize_linear},
    {"MatMulInteger", 2, 4, "", nullptr, nullptr, expand_matmul_integer},
    {"QLinearMatMul", 8, 8, "", nullptr, nullptr, expand_quantised_matmul},
    {"ConvInteger", 2, 4, kWindow, nullptr, nullptr, expand_conv_integer},
    {"QLinearConv", 8, 9, kWindow, nullptr, nullptr, expand_quantised_conv},
};

}  // namespace

std::span<const Operator> quantised_composites() { return kOperators; }

}  // namespace veil
