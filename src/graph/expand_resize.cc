// Resize and Upsample: along each axis every place of the result is a fixed mixture of places of the input, so an axis
// is a Gather with constant indices (nearest) or a product with a constant matrix.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct Form {
  std::string mode, coordinates, rounding;
  double cubic = -0.75, outside_value = 0;
  bool exclude_outside = false, antialias = false;
};

// What happens to one axis.
struct AxisForm {
  std::size_t axis = 0;
  std::int64_t from = 0, to = 0;
  double scale = 1;
  double region_begin = 0, region_end = 1;
};

constexpr double kLongest = 268435456;  // kMaxTensorSize

Result<Form> form_of(const Call& call) {
  Form form;
  const bool old = call.opset < 11;
  VEIL_TRY(mode, call.text("mode", "nearest"));
  VEIL_TRY(coordinates, call.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"));
  VEIL_TRY(rounding, call.text("nearest_mode", old ? "old" : "round_prefer_floor"));
  VEIL_TRY(cubic, call.real("cubic_coeff_a", -0.75));
  VEIL_TRY(outside_value, call.real("extrapolation_value", 0));
  VEIL_TRY(exclude, call.integer("exclude_outside", 0));
  VEIL_TRY(antialias, call.integer("antialias", 0));
  if (mode != "nearest" && mode != "linear" && mode != "cubic")
    return Error{"its mode " + quote(mode) + " is not known"};
  constexpr std::string_view kCoordinates =
      " half_pixel half_pixel_symmetric pytorch_half_pixel align_corners asymmetric tf_crop_and_resize ";
  if (kCoordinates.find(" " + coordinates + " ") == std::string_view::npos) {
    return Error{"its coordinate transformation mode " + quote(coordinates) + " is not supported yet"};
  }
  constexpr std::string_view kRoundings = " round_prefer_floor round_prefer_ceil floor ceil old ";
  if (kRoundings.find(" " + rounding + " ") == std::string_view::npos) {
    return Error{"its nearest mode " + quote(rounding) + " is not known"};
  }
  return Form{mode, coordinates, rounding, cubic, outside_value, exclude != 0, antialias != 0};
}

// Where place `x` of the result lies in the input.
double place_in_input(const Form& form, const AxisForm& axis, double x) {
  const auto from = static_cast<double>(axis.from);
  const double to = axis.scale * from;
  if (form.coordinates == "align_corners") return axis.to == 1 ? 0 : x * (from - 1) / (to - 1);
  if (form.coordinates == "asymmetric") return x / axis.scale;
  if (form.coordinates == "tf_crop_and_resize") {
    const double extent = (axis.region_end - axis.region_begin) * (from - 1);
    const double inside = axis.to == 1 ? extent / 2 : x * extent / static_cast<double>(axis.to - 1);
    return inside + axis.region_begin * (from - 1);
  }
  if (form.coordinates == "pytorch_half_pixel" && axis.to == 1) return -0.5;
  const double half_pixel = (x + 0.5) / axis.scale - 0.5;
  if (form.coordinates != "half_pixel_symmetric") return half_pixel;
  return half_pixel + from / 2 * (1 - static_cast<double>(axis.to) / to);
}

std::int64_t nearest_place(const Form& form, const AxisForm& axis, double place) {
  const double below = std::floor(place);
  const double ratio = place - below;
  bool up = ratio > 0.5;
  if (form.rounding == "round_prefer_ceil") up = ratio >= 0.5;
  if (form.rounding == "floor") up = false;
  if (form.rounding == "ceil") up = ratio > 0;
  // Before opset 11 the standard leaves it open; runtimes round down where they repeat entries, up where they skip.
  if (form.rounding == "old") up = axis.scale < 1 && ratio > 0;
  return std::clamp<std::int64_t>(to_integer(below) + (up ? 1 : 0), 0, axis.from - 1);
}

double linear_weight(double distance) { return std::max(0.0, 1 - std::fabs(distance)); }

double cubic_weight(double distance, double a) {
  const double x = std::fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// Adds the weights of the input's places for one place of the result. With antialias a mixture that shrinks is as wide
// as the places that it replaces.
void add_weights(const Form& form, const AxisForm& axis, double place, double* row) {
  const double narrow = form.antialias ? std::min(axis.scale, 1.0) : 1;
  const double reach = (form.mode == "cubic" ? 2 : 1) / narrow;
  // A place on an entry counts as the right end of its interval.
  const std::int64_t first = to_integer(std::ceil(place) - 1 + std::floor(-reach) + 1);
  const std::int64_t last = to_integer(std::ceil(place) + std::ceil(reach));
  double sum = 0;
  for (std::int64_t at = first; at <= last; ++at) {
    const double distance = (static_cast<double>(at) - place) * narrow;
    const double weight = form.mode == "cubic" ? cubic_weight(distance, form.cubic) : linear_weight(distance);
    const std::int64_t inside = std::clamp<std::int64_t>(at, 0, axis.from - 1);
    if (inside != at && form.exclude_outside) continue;
    row[inside] += weight;
    sum += weight;
  }
  for (std::int64_t at = 0; at < axis.from && sum != 0; ++at) row[at] /= sum;
}

// Work of a matrix is bounded by its size, but for wide windows, whose length is 1 / scale.
bool is_reasonable(Expansion& expansion, const Form& form, const AxisForm& axis) {
  if (!expansion.may_hold({axis.to, axis.from})) return false;
  if (!form.antialias || static_cast<double>(axis.to) / axis.scale < 1e8) return true;
  expansion.fail("its scale is too small");
  return false;
}

ValueId mix_axis(Expansion& expansion, const Form& form, const AxisForm& axis, ValueId x) {
  if (!is_reasonable(expansion, form, axis)) return x;
  Array matrix{{axis.to, axis.from}, std::vector<double>(size_of({axis.to, axis.from}), 0)};
  for (std::int64_t to = 0; to < axis.to; ++to) {
    add_weights(form, axis, place_in_input(form, axis, static_cast<double>(to)), matrix.data.data() + to * axis.from);
  }
  GraphShape shape = expansion.shape(x);
  const AxisSplit split = split_at(shape, axis.axis, axis.axis + 1);
  const auto outer = static_cast<std::int64_t>(split.outer);
  const auto inner = static_cast<std::int64_t>(split.inner);
  shape[axis.axis] = axis.to;
  const ValueId weights = expansion.constant(std::move(matrix), expansion.type(x));
  if (inner == 1) {
    const ValueId rows = expansion.reshape(x, {outer, axis.from});
    return expansion.reshape(expansion.add("MatMul", {rows, expansion.transpose(weights, {1, 0})}), shape);
  }
  const ValueId blocks = expansion.reshape(x, {outer, axis.from, inner});
  return expansion.reshape(expansion.add("MatMul", {weights, blocks}), shape);
}

ValueId pick_axis(Expansion& expansion, const Form& form, const AxisForm& axis, ValueId x) {
  if (!expansion.may_hold({axis.to})) return x;
  Integers places;
  for (std::int64_t to = 0; to < axis.to; ++to) {
    places.push_back(nearest_place(form, axis, place_in_input(form, axis, static_cast<double>(to))));
  }
  return expansion.gather(x, axis.axis, places);
}

// With tf_crop_and_resize a place outside of the input has a value of its own.
ValueId fill_outside(Expansion& expansion, const Form& form, const AxisForm& axis, ValueId x) {
  if (form.coordinates != "tf_crop_and_resize" || !expansion.may_hold({axis.to})) return x;
  Array inside{{axis.to}, {}};
  for (std::int64_t to = 0; to < axis.to; ++to) {
    const double place = place_in_input(form, axis, static_cast<double>(to));
    inside.data.push_back(place >= 0 && place <= static_cast<double>(axis.from - 1) ? 1 : 0);
  }
  if (std::count(inside.data.begin(), inside.data.end(), 0.0) == 0) return x;
  const ValueId list = expansion.constant(std::move(inside), ElementType::kBool);
  const ValueId mask = expansion.along_axis(list, axis.axis, expansion.shape(x).size());
  return expansion.add("Where", {mask, x, expansion.number_like(form.outside_value, x)});
}

Status write_resize(Expansion& expansion, const Form& form, const std::vector<AxisForm>& axes) {
  ValueId x = expansion.input(0);
  if (form.mode != "nearest" && !is_real(expansion.type(x))) return Error{"its input must be of floats in this mode"};
  for (const AxisForm& axis : axes) {
    const bool same = axis.from == axis.to && axis.scale == 1 && form.coordinates != "tf_crop_and_resize";
    if (same || expansion.failed()) continue;
    x = form.mode == "nearest" ? pick_axis(expansion, form, axis, x) : mix_axis(expansion, form, axis, x);
  }
  for (const AxisForm& axis : axes) x = fill_outside(expansion, form, axis, x);
  expansion.give(0, x);
  return Done{};
}

Result<std::vector<double>> constant_numbers(const Expansion& expansion, std::size_t index, std::string_view name) {
  if (!expansion.has(index)) return std::vector<double>{};
  const Array* numbers = expansion.constant(expansion.input(index));
  if (numbers == nullptr) {
    return Error{"its input '" + std::string(name) + "' is known only at run time; shapes must not depend on the data"};
  }
  return numbers->data;
}

Status set_scales(std::vector<AxisForm>& axes, const std::vector<double>& scales) {
  if (scales.size() != axes.size()) return Error{"it must have one scale an axis"};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const double length = std::floor(static_cast<double>(axes[i].from) * scales[i]);
    if (!(scales[i] > 0) || !(length >= 1) || length > kLongest) return Error{"its scale of an axis is not possible"};
    axes[i].scale = scales[i];
    axes[i].to = to_integer(length);
  }
  return Done{};
}

// A policy other than "stretch" takes one scale for all axes.
Status set_sizes(std::vector<AxisForm>& axes, const std::vector<double>& sizes, const std::string& policy) {
  if (sizes.size() != axes.size()) return Error{"it must have one size an axis"};
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller") {
    return Error{"its policy " + quote(policy) + " is not known"};
  }
  std::vector<double> scales;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!(sizes[i] >= 1) || sizes[i] > kLongest || axes[i].from < 1)
      return Error{"its size of an axis is not possible"};
    scales.push_back(sizes[i] / static_cast<double>(axes[i].from));
    axes[i].scale = scales[i];
    axes[i].to = to_integer(sizes[i]);
  }
  if (policy == "stretch" || scales.empty()) return Done{};
  const auto [least, most] = std::minmax_element(scales.begin(), scales.end());
  for (AxisForm& axis : axes) {
    axis.scale = policy == "not_larger" ? *least : *most;
    const double length = std::floor(axis.scale * static_cast<double>(axis.from) + 0.5);
    if (!(length >= 1) || length > kLongest) return Error{"its size of an axis is not possible"};
    axis.to = to_integer(length);
  }
  return Done{};
}

Result<std::vector<AxisForm>> chosen_axes(const Call& call) {
  VEIL_TRY(given, call.integers("axes"));
  const GraphShape& shape = call.shape(0);
  if (!call.has_attribute("axes")) {
    given.resize(shape.size());
    std::iota(given.begin(), given.end(), 0);
  }
  std::vector<AxisForm> axes;
  for (const std::int64_t axis : given) {
    VEIL_TRY(normal, normalise_axis(axis, shape.size()));
    const auto is_same = [&, place = normal](const AxisForm& other) { return other.axis == place; };
    if (std::any_of(axes.begin(), axes.end(), is_same)) return Error{"its axes repeat"};
    axes.push_back({normal, shape[normal], shape[normal], 1, 0, 1});
  }
  return axes;
}

Status set_region(const Expansion& expansion, std::vector<AxisForm>& axes) {
  VEIL_TRY(region, constant_numbers(expansion, 1, "roi"));
  if (region.size() != 2 * axes.size()) return Error{"its region must have a begin and an end an axis"};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i].region_begin = region[i];
    axes[i].region_end = region[axes.size() + i];
    if (!(std::fabs(region[i]) < kLongest) || !(std::fabs(axes[i].region_end) < kLongest)) {
      return Error{"its region is not possible"};
    }
  }
  return Done{};
}

// Opset 10 has the scales alone; later a region, scales, sizes.
Status expand_resize(Expansion& expansion) {
  const bool old = expansion.call().opset < 11;
  VEIL_TRY(form, form_of(expansion.call()));
  VEIL_TRY(axes, chosen_axes(expansion.call()));
  VEIL_TRY(scales, constant_numbers(expansion, old ? 1 : 2, "scales"));
  VEIL_TRY(sizes, constant_numbers(expansion, 3, "sizes"));
  VEIL_TRY(policy, expansion.call().text("keep_aspect_ratio_policy", "stretch"));
  if (!scales.empty()) {
    VEIL_TRY_STATUS(set_scales(axes, scales));
  } else {
    VEIL_TRY_STATUS(set_sizes(axes, sizes, policy));
  }
  if (form.coordinates == "tf_crop_and_resize") VEIL_TRY_STATUS(set_region(expansion, axes));
  return write_resize(expansion, form, axes);
}

Status expand_upsample(Expansion& expansion) {
  VEIL_TRY(mode, expansion.call().text("mode", "nearest"));
  VEIL_TRY(axes, chosen_axes(expansion.call()));
  VEIL_TRY(attribute, expansion.call().reals("scales"));
  VEIL_TRY(input, constant_numbers(expansion, 1, "scales"));
  VEIL_TRY_STATUS(set_scales(axes, expansion.has(1) ? input : attribute));
  if (mode == "bilinear") mode = "linear";
  if (mode != "nearest" && mode != "linear") return Error{"its mode " + quote(mode) + " is not known"};
  return write_resize(expansion, {mode, "asymmetric", "old", 0, 0, false, false}, axes);
}

constexpr Operator kOperators[] = {
    {"Resize", 1, 4,
     " antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode ",
     nullptr, nullptr, expand_resize},
    {"Upsample", 1, 2, " mode scales ", nullptr, nullptr, expand_upsample},
};

}  // namespace

std::span<const Operator> resize_composites() { return kOperators; }

}  // namespace veil
