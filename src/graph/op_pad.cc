// A tensor with a border, or repeated.
#include <algorithm>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kMaxPad = std::int64_t{1} << 28;
constexpr std::int64_t kOutside = -1;

struct PadForm {
  std::string mode;
  GraphShape begins, ends;  // of every axis; negative ones cut
};

// The axes that the pads are for: all of them, or those of the fourth input.
Result<Integers> padded_axes(const Call& call) {
  Integers axes;
  for (std::size_t axis = 0; axis < call.shape(0).size(); ++axis) axes.push_back(static_cast<std::int64_t>(axis));
  if (!call.has(3)) return axes;
  return call.constant_integers(3, "axes");
}

Result<PadForm> pad_form(const Call& call) {
  const std::size_t rank = call.shape(0).size();
  VEIL_TRY(mode, call.word("mode", "constant"));
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    return Error{"its 'mode' is not one of constant, reflect, edge, wrap"};
  }
  VEIL_TRY(pads, call.opset < 11 ? call.integers("pads") : call.constant_integers(1, "pads"));
  VEIL_TRY(axes, padded_axes(call));
  if (pads.size() != 2 * axes.size()) return Error{"it does not have two pads an axis"};
  PadForm form{mode, GraphShape(rank, 0), GraphShape(rank, 0)};
  std::vector<bool> seen(rank, false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    VEIL_TRY(axis, normalise_axis(axes[i], rank));
    if (seen[axis]) return Error{"its axes repeat"};
    seen[axis] = true;
    form.begins[axis] = pads[i];
    form.ends[axis] = pads[axes.size() + i];
  }
  return form;
}

Result<std::vector<TypedShape>> infer_pad(const Call& call) {
  if (call.opset < 11) VEIL_TRY_STATUS(call.real("value", 0));
  if (call.has(2) && (element_count(call.shape(2)) != 1 || call.in(2).type != call.in(0).type)) {
    return Error{"its constant must be a single number of its input's element type"};
  }
  VEIL_TRY(form, pad_form(call));
  GraphShape shape = call.shape(0);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t begin = form.begins[axis], end = form.ends[axis];
    if (std::max(begin, end) > kMaxPad || std::min(begin, end) < -kMaxPad) return Error{"its pads are out of bounds"};
    const std::int64_t kept = shape[axis] + std::min<std::int64_t>(begin, 0) + std::min<std::int64_t>(end, 0);
    if (kept < 0) return Error{"its pads cut more than the axis " + std::to_string(axis) + " has"};
    if (kept == 0 && form.mode != "constant") return Error{"nothing is left of axis " + std::to_string(axis)};
    shape[axis] += begin + end;
  }
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

// Where position `at` of an axis reads, counted from the first that is kept, of `kept` ones.
std::int64_t border_place(const std::string& mode, std::int64_t at, std::int64_t kept) {
  if (at >= 0 && at < kept) return at;
  if (mode == "constant") return kOutside;
  if (mode == "edge") return std::clamp<std::int64_t>(at, 0, kept - 1);
  const auto wrap = [](std::int64_t place, std::int64_t period) { return (place % period + period) % period; };
  if (mode == "wrap") return wrap(at, kept);
  if (kept == 1) return 0;
  const std::int64_t there_and_back = wrap(at, 2 * kept - 2);
  return std::min(there_and_back, 2 * kept - 2 - there_and_back);
}

// For every position of the result along an axis, the place in the input.
Integers places_along(const PadForm& form, std::size_t axis, std::int64_t length) {
  const std::int64_t begin = form.begins[axis], end = form.ends[axis];
  const std::int64_t cut = std::max<std::int64_t>(-begin, 0);
  const std::int64_t kept = length - cut - std::max<std::int64_t>(-end, 0);
  Integers places;
  for (std::int64_t at = 0; at < length + begin + end; ++at) {
    const std::int64_t place = border_place(form.mode, at - std::max<std::int64_t>(begin, 0), kept);
    places.push_back(place == kOutside ? kOutside : place + cut);
  }
  return places;
}

Result<double> fill_value(const Call& call, const Inputs& inputs) {
  if (call.opset < 11) return call.real("value", 0);
  return call.has(2) ? inputs[2]->data[0] : 0.0;
}

Status run_pad(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, pad_form(call));
  VEIL_TRY(fill, fill_value(call, inputs));
  const GraphShape& from = inputs[0]->shape;
  const GraphShape& to = outputs[0]->shape;
  // One axis after the other, the last first.
  std::vector<double> numbers = inputs[0]->data;
  for (std::size_t axis = from.size(); axis-- > 0;) {
    const std::size_t outer = split_at(from, axis, axis + 1).outer, inner = split_at(to, axis, axis + 1).inner;
    const auto length = static_cast<std::size_t>(from[axis]);
    std::vector<double> padded;
    padded.reserve(outer * static_cast<std::size_t>(to[axis]) * inner);
    const Integers places = places_along(form, axis, from[axis]);
    for (std::size_t block = 0; block < outer; ++block) {
      for (const std::int64_t place : places) {
        if (place == kOutside) {
          padded.insert(padded.end(), inner, fill);
        } else {
          const auto row =
              numbers.begin() + static_cast<std::ptrdiff_t>((block * length + static_cast<std::size_t>(place)) * inner);
          padded.insert(padded.end(), row, row + static_cast<std::ptrdiff_t>(inner));
        }
      }
    }
    numbers = std::move(padded);
  }
  outputs[0]->data = std::move(numbers);
  return Done{};
}

Result<std::vector<TypedShape>> infer_tile(const Call& call) {
  VEIL_TRY(repeats, call.constant_integers(1, "repeats"));
  GraphShape shape = call.shape(0);
  if (repeats.size() != shape.size()) return Error{"it does not have one repeat an axis"};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (repeats[axis] < 0 || repeats[axis] > kMaxPad) return Error{"its repeats are out of bounds"};
    shape[axis] *= repeats[axis];
  }
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

// Every axis as two, repeats and places: the repeats read the same numbers again.
Status run_tile(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(repeats, call.constant_integers(1, "repeats"));
  const GraphShape own = strides_of(inputs[0]->shape);
  GraphShape lengths, strides;
  for (std::size_t axis = 0; axis < own.size(); ++axis) {
    lengths.insert(lengths.end(), {repeats[axis], inputs[0]->shape[axis]});
    strides.insert(strides.end(), {0, own[axis]});
  }
  std::size_t next = 0;
  walk(lengths, std::array{strides},
       [&](const auto& at) { outputs[0]->data[next++] = inputs[0]->data[static_cast<std::size_t>(at[0])]; });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Pad", 1, 4, " mode pads value ", infer_pad, run_pad},
    {"Tile", 2, 2, "", infer_tile, run_tile},
};

}  // namespace

std::span<const Operator> pad_operators() { return kOperators; }

}  // namespace veil
