// Composite operators that bring vectors to a common size: by mean and variance, by a norm, by exponentials.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr double kUsualEpsilon = static_cast<double>(1e-5f);

Integers axes_from(std::size_t first, std::size_t rank) {
  Integers axes(rank - std::min(first, rank));
  std::iota(axes.begin(), axes.end(), static_cast<std::int64_t>(first));
  return axes;
}

Status check_real(const Expansion& expansion) {
  if (!is_real(expansion.call().in(0).type)) return Error{"its input must be of floats"};
  return Done{};
}

Result<std::size_t> axis_of(const Expansion& expansion, std::int64_t otherwise) {
  VEIL_TRY(axis, expansion.call().integer("axis", otherwise));
  return normalise_axis(axis, expansion.call().shape(0).size());
}

struct Standardised {
  ValueId mean, deviation, result;
};

// (x - mean) / sqrt(variance + epsilon)
Standardised standardise(Expansion& expansion, ValueId x, const Integers& axes, double epsilon) {
  const ValueId mean = expansion.reduce("ReduceMean", x, axes);
  const ValueId centred = expansion.add("Sub", {x, mean});
  const ValueId squared = expansion.add("Mul", {centred, centred});
  const ValueId variance = expansion.reduce("ReduceMean", squared, axes);
  const ValueId deviation = expansion.add("Sqrt", {expansion.binary("Add", variance, epsilon)});
  return {mean, deviation, expansion.add("Div", {centred, deviation})};
}

Status expand_layer_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(axis, axis_of(expansion, -1));
  VEIL_TRY(epsilon, expansion.call().real("epsilon", kUsualEpsilon));
  const Integers axes = axes_from(axis, expansion.call().shape(0).size());
  const Standardised parts = standardise(expansion, expansion.input(0), axes, epsilon);
  ValueId y = expansion.add("Mul", {parts.result, expansion.input(1)});
  if (expansion.has(2)) y = expansion.add("Add", {y, expansion.input(2)});
  expansion.give(0, y);
  expansion.give(1, parts.mean);
  if (expansion.wants(2)) expansion.give(2, expansion.add("Reciprocal", {parts.deviation}));
  return Done{};
}

Status expand_rms_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(axis, axis_of(expansion, -1));
  VEIL_TRY(epsilon, expansion.call().real("epsilon", kUsualEpsilon));
  const ValueId x = expansion.input(0);
  const Integers axes = axes_from(axis, expansion.call().shape(0).size());
  const ValueId mean = expansion.reduce("ReduceMean", expansion.add("Mul", {x, x}), axes);
  const ValueId size = expansion.add("Sqrt", {expansion.binary("Add", mean, epsilon)});
  expansion.give(0, expansion.add("Mul", {expansion.add("Div", {x, size}), expansion.input(1)}));
  return Done{};
}

// The last two inputs are a factor and a term a place of `axis`.
ValueId scale_and_shift(Expansion& expansion, ValueId x, std::size_t axis, std::size_t rank) {
  const ValueId scaled = expansion.add("Mul", {x, expansion.along_axis(expansion.input(1), axis, rank)});
  return expansion.add("Add", {scaled, expansion.along_axis(expansion.input(2), axis, rank)});
}

Status check_channels(const Expansion& expansion, std::int64_t count) {
  for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
    if (expansion.call().shape(index) != GraphShape{count}) {
      return Error{"its input " + std::to_string(index) + " must have the shape " + shape_text({count})};
    }
  }
  return Done{};
}

Status expand_instance_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  const GraphShape& shape = expansion.call().shape(0);
  if (shape.size() < 3) return Error{"its input must have three axes or more"};
  VEIL_TRY_STATUS(check_channels(expansion, shape[1]));
  VEIL_TRY(epsilon, expansion.call().real("epsilon", kUsualEpsilon));
  const std::size_t rank = shape.size();
  const ValueId result = standardise(expansion, expansion.input(0), axes_from(2, rank), epsilon).result;
  expansion.give(0, scale_and_shift(expansion, result, 1, rank));
  return Done{};
}

// Scale and bias are given a group in opset 18, a channel from opset 21 on.
Status expand_group_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(groups, expansion.call().integer("num_groups", 0));
  VEIL_TRY(epsilon, expansion.call().real("epsilon", kUsualEpsilon));
  const GraphShape shape = expansion.call().shape(0);
  if (shape.size() < 2 || groups < 1 || shape[1] % groups != 0) {
    return Error{"its channels cannot be cut into " + std::to_string(groups) + " groups"};
  }
  const bool a_group = expansion.call().opset < 21;
  VEIL_TRY_STATUS(check_channels(expansion, a_group ? groups : shape[1]));
  const std::int64_t count = static_cast<std::int64_t>(size_of(shape));
  const std::int64_t outer = std::max<std::int64_t>(shape[0] * groups, 1);
  const ValueId grouped = expansion.reshape(expansion.input(0), {shape[0], groups, count / outer});
  ValueId y = standardise(expansion, grouped, {2}, epsilon).result;
  if (a_group) y = scale_and_shift(expansion, y, 1, 3);
  y = expansion.reshape(y, shape);
  expansion.give(0, a_group ? y : scale_and_shift(expansion, y, 1, shape.size()));
  return Done{};
}

Status expand_mean_variance_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(given, expansion.call().integers("axes"));
  const Integers axes = expansion.call().has_attribute("axes") ? given : Integers{0, 2, 3};
  // The standard adds its epsilon to the deviation; it is there against a division by zero alone.
  expansion.give(0, standardise(expansion, expansion.input(0), axes, 1e-18).result);
  return Done{};
}

constexpr double kSmallestNorm = 1e-12;  // a vector of zeros stays one

Result<ValueId> norm(Expansion& expansion, ValueId x, std::int64_t p, std::size_t axis) {
  const Integers axes{static_cast<std::int64_t>(axis)};
  if (p == 1) return expansion.reduce("ReduceSum", expansion.add("Abs", {x}), axes);
  if (p != 2) return Error{"its norm 'p' must be 1 or 2"};
  return expansion.add("Sqrt", {expansion.reduce("ReduceSum", expansion.add("Mul", {x, x}), axes)});
}

Status expand_lp_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(axis, axis_of(expansion, -1));
  VEIL_TRY(p, expansion.call().integer("p", 2));
  const ValueId x = expansion.input(0);
  VEIL_TRY(size, norm(expansion, x, p, axis));
  expansion.give(0, expansion.add("Div", {x, expansion.binary("Max", size, kSmallestNorm)}));
  return Done{};
}

// x * (bias + alpha / size * the sum of squares over a window of channels) ^ -beta. The windows are a matrix.
Status expand_local_response_normalization(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  const Call& call = expansion.call();
  VEIL_TRY(size, call.integer("size", 0));
  VEIL_TRY(alpha, call.real("alpha", static_cast<double>(1e-4f)));
  VEIL_TRY(beta, call.real("beta", 0.75));
  VEIL_TRY(bias, call.real("bias", 1));
  const GraphShape shape = call.shape(0);
  if (shape.size() < 2 || size < 1) return Error{"it has no windows of channels"};
  const std::int64_t channels = shape[1];
  if (!expansion.may_hold({channels, channels})) return Done{};
  Array window{{channels, channels}, std::vector<double>(size_of({channels, channels}), 0)};
  for (std::int64_t to = 0; to < channels; ++to) {
    const std::int64_t last = std::min(channels - 1, to + std::min(size, channels) / 2);
    const std::int64_t first = std::max<std::int64_t>(0, to - (std::min(size, 2 * channels) - 1) / 2);
    for (std::int64_t from = first; from <= last; ++from) {
      window.data[static_cast<std::size_t>(to * channels + from)] = alpha / static_cast<double>(size);
    }
  }
  const auto area = static_cast<std::int64_t>(split_at(shape, 1, 2).inner);
  const ValueId x = expansion.input(0);
  const ValueId squares = expansion.reshape(expansion.add("Mul", {x, x}), {shape[0], channels, area});
  const ValueId sums = expansion.add("MatMul", {expansion.constant(window, expansion.type(x)), squares});
  const ValueId base = expansion.binary("Add", expansion.reshape(sums, shape), bias);
  expansion.give(0, expansion.add("Mul", {x, expansion.binary("Pow", base, -beta)}));
  return Done{};
}

// Before opset 13 everything from the axis on is one vector; later vectors run along the axis alone.
struct Vectors {
  GraphShape shape;
  std::size_t axis;
};

Result<Vectors> vectors_of(const Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  const Call& call = expansion.call();
  const GraphShape& shape = call.shape(0);
  VEIL_TRY(given, call.integer("axis", call.opset < 13 ? 1 : -1));
  const bool behind = call.opset < 13 && given == std::ssize(shape);
  const auto normal = behind ? Result<std::size_t>(shape.size()) : normalise_axis(given, shape.size());
  VEIL_TRY(axis, normal);
  if (call.opset >= 13 || axis + 1 == shape.size()) return Vectors{shape, axis};
  const AxisSplit split = split_at(shape, axis, shape.size());
  return Vectors{{static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.length)}, 1};
}

template <class Write>
Status along_vectors(Expansion& expansion, Write write) {
  VEIL_TRY(vectors, vectors_of(expansion));
  const GraphShape shape = expansion.call().shape(0);
  const ValueId x = expansion.reshape(expansion.input(0), vectors.shape);
  if (expansion.failed()) return Done{};
  expansion.give(0, expansion.reshape(write(x, static_cast<std::int64_t>(vectors.axis)), shape));
  return Done{};
}

Status expand_log_softmax(Expansion& expansion) {
  return along_vectors(expansion, [&](ValueId x, std::int64_t axis) {
    const ValueId centred = expansion.add("Sub", {x, expansion.reduce("ReduceMax", x, {axis})});
    const ValueId sum = expansion.reduce("ReduceSum", expansion.add("Exp", {centred}), {axis});
    return expansion.add("Sub", {centred, expansion.add("Log", {sum})});
  });
}

// 1 at the first of the largest, 0 elsewhere.
Status expand_hardmax(Expansion& expansion) {
  return along_vectors(expansion, [&](ValueId x, std::int64_t axis) {
    const GraphShape shape = expansion.shape(x);
    const std::int64_t length = shape[static_cast<std::size_t>(axis)];
    if (!expansion.may_hold({length})) return x;
    Integers places(static_cast<std::size_t>(length));
    std::iota(places.begin(), places.end(), 0);
    const ValueId largest = expansion.add("ArgMax", {x}, {{"axis", axis}});
    const ValueId place =
        expansion.along_axis(expansion.integers(places), static_cast<std::size_t>(axis), shape.size());
    return expansion.cast(expansion.add("Equal", {largest, place}), expansion.type(x));
  });
}

constexpr Operator kOperators[] = {
    {"LayerNormalization", 2, 3, " axis epsilon stash_type ", nullptr, nullptr, expand_layer_normalization},
    {"RMSNormalization", 2, 2, " axis epsilon stash_type ", nullptr, nullptr, expand_rms_normalization},
    {"InstanceNormalization", 3, 3, " epsilon ", nullptr, nullptr, expand_instance_normalization},
    {"GroupNormalization", 3, 3, " epsilon num_groups stash_type ", nullptr, nullptr, expand_group_normalization},
    {"MeanVarianceNormalization", 1, 1, " axes ", nullptr, nullptr, expand_mean_variance_normalization},
    {"LpNormalization", 1, 1, " axis p ", nullptr, nullptr, expand_lp_normalization},
    {"LRN", 1, 1, " size alpha beta bias ", nullptr, nullptr, expand_local_response_normalization},
    {"LogSoftmax", 1, 1, " axis ", nullptr, nullptr, expand_log_softmax},
    {"Hardmax", 1, 1, " axis ", nullptr, nullptr, expand_hardmax},
};

}  // namespace

Status expand_softmax(Expansion& expansion) {
  return along_vectors(expansion, [&](ValueId x, std::int64_t axis) {
    return expansion.add("Softmax", {x}, {{"axis", axis}});
  });
}

std::span<const Operator> normalise_composites() { return kOperators; }

}  // namespace veil
