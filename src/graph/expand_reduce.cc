// Composite operators that fold axes or windows into one number.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct Reduction {
  Integers axes;
  bool keep;
};

Result<Reduction> reduction_of(const Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(list, call.axes(18));
  VEIL_TRY(keep, call.integer("keepdims", 1));
  VEIL_TRY(nothing_if_empty, call.integer("noop_with_empty_axes", 0));
  const std::size_t rank = call.shape(0).size();
  for (const std::int64_t axis : list.axes) VEIL_TRY_STATUS(normalise_axis(axis, rank));
  if (list.axes.empty() && nothing_if_empty == 0) {
    list.axes.resize(rank);
    std::iota(list.axes.begin(), list.axes.end(), 0);
  }
  return Reduction{list.axes, keep != 0};
}

Status expand_reduce_l1(Expansion& expansion) {
  VEIL_TRY(form, reduction_of(expansion));
  const ValueId sizes = expansion.add("Abs", {expansion.input(0)});
  expansion.give(0, expansion.reduce("ReduceSum", sizes, form.axes, form.keep));
  return Done{};
}

ValueId sum_of_squares(Expansion& expansion, const Reduction& form) {
  const ValueId x = expansion.input(0);
  return expansion.reduce("ReduceSum", expansion.add("Mul", {x, x}), form.axes, form.keep);
}

Status expand_reduce_sum_square(Expansion& expansion) {
  VEIL_TRY(form, reduction_of(expansion));
  expansion.give(0, sum_of_squares(expansion, form));
  return Done{};
}

Status check_real(const Expansion& expansion) {
  if (!is_real(expansion.call().in(0).type)) return Error{"its input must be of floats"};
  return Done{};
}

Status expand_reduce_l2(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(form, reduction_of(expansion));
  expansion.give(0, expansion.add("Sqrt", {sum_of_squares(expansion, form)}));
  return Done{};
}

Status expand_reduce_log_sum(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(form, reduction_of(expansion));
  const ValueId sum = expansion.reduce("ReduceSum", expansion.input(0), form.axes, form.keep);
  expansion.give(0, expansion.add("Log", {sum}));
  return Done{};
}

// The largest is taken out first, so that no exponential is above 1.
Status expand_reduce_log_sum_exp(Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  VEIL_TRY(form, reduction_of(expansion));
  const ValueId x = expansion.input(0);
  if (form.axes.empty()) {
    expansion.give(0, x);
    return Done{};
  }
  const ValueId largest = expansion.reduce("ReduceMax", x, form.axes);
  const ValueId powers = expansion.add("Exp", {expansion.add("Sub", {x, largest})});
  const ValueId sum = expansion.reduce("ReduceSum", powers, form.axes, form.keep);
  const ValueId origin = expansion.reshape(largest, expansion.shape(sum));
  expansion.give(0, expansion.add("Add", {expansion.add("Log", {sum}), origin}));
  return Done{};
}

Result<Integers> places(const Expansion& expansion) {
  VEIL_TRY_STATUS(check_real(expansion));
  const std::size_t rank = expansion.call().shape(0).size();
  if (rank < 3) return Error{"its input must have three axes or more"};
  Integers axes(rank - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

Status expand_global_average_pool(Expansion& expansion) {
  VEIL_TRY(axes, places(expansion));
  expansion.give(0, expansion.reduce("ReduceMean", expansion.input(0), axes));
  return Done{};
}

Status expand_global_max_pool(Expansion& expansion) {
  VEIL_TRY(axes, places(expansion));
  expansion.give(0, expansion.reduce("ReduceMax", expansion.input(0), axes));
  return Done{};
}

// |x|^p
ValueId powers(Expansion& expansion, ValueId x, std::int64_t p) {
  if (p == 2) return expansion.add("Mul", {x, x});
  const ValueId size = expansion.add("Abs", {x});
  return p == 1 ? size : expansion.binary("Pow", size, static_cast<double>(p));
}

ValueId root(Expansion& expansion, ValueId x, std::int64_t p) {
  if (p == 1) return x;
  return p == 2 ? expansion.add("Sqrt", {x}) : expansion.binary("Pow", x, 1 / static_cast<double>(p));
}

Result<std::int64_t> exponent_of(const Expansion& expansion) {
  VEIL_TRY(p, expansion.call().integer("p", 2));
  if (p < 1) return Error{"its norm 'p' must be 1 or more"};
  return p;
}

Status expand_global_lp_pool(Expansion& expansion) {
  VEIL_TRY(axes, places(expansion));
  VEIL_TRY(p, exponent_of(expansion));
  const ValueId sum = expansion.reduce("ReduceSum", powers(expansion, expansion.input(0), p), axes);
  expansion.give(0, root(expansion, sum, p));
  return Done{};
}

struct Window {
  Integers kernel, strides, dilations, begin, end;  // an axis; begin and end: zeros around the input
};

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 20;

Status fill_left_out(Integers& list, std::size_t length, std::int64_t otherwise, std::string_view name) {
  if (list.empty()) list.assign(length, otherwise);
  if (list.size() != length) return Error{"its '" + std::string(name) + "' has not one entry an axis"};
  const auto outside = [](std::int64_t entry) { return entry < 0 || entry > kMaxWindow; };
  if (std::any_of(list.begin(), list.end(), outside)) return Error{"its '" + std::string(name) + "' is not possible"};
  return Done{};
}

Result<Window> read_window(const Call& call, std::size_t axes) {
  VEIL_TRY(kernel, call.integers("kernel_shape"));
  VEIL_TRY(strides, call.integers("strides"));
  VEIL_TRY(dilations, call.integers("dilations"));
  VEIL_TRY(pads, call.integers("pads"));
  if (kernel.empty()) return Error{"its kernel shape is missing"};
  VEIL_TRY_STATUS(fill_left_out(kernel, axes, 1, "kernel_shape"));
  VEIL_TRY_STATUS(fill_left_out(strides, axes, 1, "strides"));
  VEIL_TRY_STATUS(fill_left_out(dilations, axes, 1, "dilations"));
  VEIL_TRY_STATUS(fill_left_out(pads, 2 * axes, 0, "pads"));
  for (const Integers& list : {kernel, strides, dilations}) {
    if (std::find(list.begin(), list.end(), 0) != list.end()) return Error{"its window has an axis of length 0"};
  }
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  return Window{kernel, strides, dilations, {pads.begin(), middle}, {middle, pads.end()}};
}

// SAME_UPPER and SAME_LOWER: as many windows as strides fit.
void pad_same(Window& window, const GraphShape& shape, bool more_in_front) {
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t windows = (shape[i + 2] + window.strides[i] - 1) / window.strides[i];
    const std::int64_t covered = (windows - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1;
    const std::int64_t pad = std::max<std::int64_t>(covered - shape[i + 2], 0);
    window.begin[i] = more_in_front ? pad - pad / 2 : pad / 2;
    window.end[i] = pad - window.begin[i];
  }
}

// A last window that hangs over the end counts, unless all of it lies behind the input and its front zeros.
void pad_for_ceiling(Window& window, const GraphShape& shape) {
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t reach = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const std::int64_t padded = shape[i + 2] + window.begin[i] + window.end[i];
    if (padded < reach) continue;
    std::int64_t last = (padded - reach + window.strides[i] - 1) / window.strides[i] * window.strides[i];
    if (last >= shape[i + 2] + window.begin[i]) last -= window.strides[i];
    window.end[i] += std::max<std::int64_t>(last + reach - padded, 0);
  }
}

Result<Window> window_of(const Call& call) {
  const GraphShape& shape = call.shape(0);
  VEIL_TRY(window, read_window(call, shape.size() - 2));
  VEIL_TRY(automatic, call.text("auto_pad", "NOTSET"));
  VEIL_TRY(ceiling, call.integer("ceil_mode", 0));
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    pad_same(window, shape, automatic == "SAME_LOWER");
  } else if (automatic != "NOTSET" && automatic != "VALID") {
    return Error{"its 'auto_pad' " + quote(automatic) + " is not known"};
  }
  if (ceiling != 0) pad_for_ceiling(window, shape);
  return window;
}

// The sum over every window is a convolution of each channel with ones.
Status expand_lp_pool(Expansion& expansion) {
  VEIL_TRY_STATUS(places(expansion));
  VEIL_TRY(p, exponent_of(expansion));
  VEIL_TRY(window, window_of(expansion.call()));
  const std::int64_t channels = expansion.call().shape(0)[1];
  GraphShape weights{channels, 1};
  weights.insert(weights.end(), window.kernel.begin(), window.kernel.end());
  if (!expansion.may_hold(weights)) return Done{};
  const ElementType type = expansion.call().in(0).type;
  const ValueId ones = expansion.constant({weights, std::vector<double>(size_of(weights), 1)}, type);
  Integers pads = window.begin;
  pads.insert(pads.end(), window.end.begin(), window.end.end());
  const ValueId sums = expansion.add("Conv", {powers(expansion, expansion.input(0), p), ones},
                                     {{"group", channels},
                                      {"kernel_shape", window.kernel},
                                      {"strides", window.strides},
                                      {"dilations", window.dilations},
                                      {"pads", pads}});
  expansion.give(0, root(expansion, sums, p));
  return Done{};
}

constexpr std::string_view kReduction = " axes keepdims noop_with_empty_axes ";

constexpr Operator kOperators[] = {
    {"ReduceL1", 1, 2, kReduction, nullptr, nullptr, expand_reduce_l1},
    {"ReduceL2", 1, 2, kReduction, nullptr, nullptr, expand_reduce_l2},
    {"ReduceLogSum", 1, 2, kReduction, nullptr, nullptr, expand_reduce_log_sum},
    {"ReduceLogSumExp", 1, 2, kReduction, nullptr, nullptr, expand_reduce_log_sum_exp},
    {"ReduceSumSquare", 1, 2, kReduction, nullptr, nullptr, expand_reduce_sum_square},
    {"GlobalAveragePool", 1, 1, "", nullptr, nullptr, expand_global_average_pool},
    {"GlobalMaxPool", 1, 1, "", nullptr, nullptr, expand_global_max_pool},
    {"GlobalLpPool", 1, 1, " p ", nullptr, nullptr, expand_global_lp_pool},
    {"LpPool", 1, 1, " auto_pad ceil_mode dilations kernel_shape p pads strides ", nullptr, nullptr, expand_lp_pool},
};

}  // namespace

std::span<const Operator> reduce_composites() { return kOperators; }

}  // namespace veil
