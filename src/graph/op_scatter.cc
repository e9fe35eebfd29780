// Numbers taken from or written to places that another tensor names: GatherElements, GatherND, ScatterElements,
// ScatterND.
#include <algorithm>

#include "graph/expansion.h"
#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

Result<std::size_t> axis_of(const Call& call) {
  VEIL_TRY(axis, call.integer("axis", 0));
  return normalise_axis(axis, call.shape(0).size());
}

// The index counted from the front.
Result<std::size_t> place_on_axis(double entry, std::int64_t length) {
  const std::int64_t index = to_integer(entry);
  if (index < -length || index >= length) {
    return Error{"index " + std::to_string(index) + " lies outside an axis of length " + std::to_string(length)};
  }
  return static_cast<std::size_t>(index < 0 ? index + length : index);
}

// Indices have the rank of the data, and on every axis but one no more places.
Status check_element_indices(const Call& call, std::size_t axis) {
  const GraphShape& data = call.shape(0);
  const GraphShape& indices = call.shape(1);
  if (is_real(call.in(1).type)) return Error{"its indices must be integers"};
  bool fits = indices.size() == data.size();
  for (std::size_t i = 0; i < data.size() && fits; ++i) fits = i == axis || indices[i] <= data[i];
  if (fits) return Done{};
  return Error{"its indices of shape " + shape_text(indices) + " do not fit its data of shape " + shape_text(data)};
}

// Visits every index with where it points to in the data.
template <class Visit>
Status visit_elements(const Call& call, const Array& indices, Visit&& visit) {
  VEIL_TRY(axis, axis_of(call));
  const std::int64_t length = call.shape(0)[axis];
  GraphShape strides = strides_of(call.shape(0));
  const auto step = static_cast<std::size_t>(strides[axis]);
  strides[axis] = 0;
  std::size_t next = 0;
  Status status = Done{};
  walk(indices.shape, std::array{strides}, [&](const auto& at) {
    const auto place = place_on_axis(indices.data[next], length);
    if (place.ok()) visit(next, static_cast<std::size_t>(at[0]) + *place * step);
    if (!place.ok() && status.ok()) status = place.error();
    ++next;
  });
  return status;
}

Result<std::vector<TypedShape>> infer_gather_elements(const Call& call) {
  VEIL_TRY(axis, axis_of(call));
  VEIL_TRY_STATUS(check_element_indices(call, axis));
  return std::vector<TypedShape>{{call.in(0).type, call.shape(1)}};
}

Status run_gather_elements(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  return visit_elements(call, *inputs[1], [&](std::size_t index, std::size_t place) {
    outputs[0]->data[index] = inputs[0]->data[place];
  });
}

// The indices' first axes are the data's own, `batch_dims` of them; its last is a place on the axes after those.
struct GatherForm {
  std::size_t batch, depth;
};
Result<GatherForm> gather_form(const Call& call) {
  const GraphShape& data = call.shape(0);
  const GraphShape& indices = call.shape(1);
  VEIL_TRY(batch, call.integer("batch_dims", 0));
  if (is_real(call.in(1).type)) return Error{"its indices must be integers"};
  const auto axes = static_cast<std::int64_t>(std::min(data.size(), indices.size()));
  if (batch < 0 || batch >= axes) return Error{"its 'batch_dims' are too many"};
  const bool same = std::equal(data.begin(), data.begin() + batch, indices.begin());
  if (!same || indices.back() < 1 || indices.back() > static_cast<std::int64_t>(data.size()) - batch) {
    return Error{"its indices of shape " + shape_text(indices) + " do not fit its data of shape " + shape_text(data)};
  }
  return GatherForm{static_cast<std::size_t>(batch), static_cast<std::size_t>(indices.back())};
}

Result<std::vector<TypedShape>> infer_gather_nd(const Call& call) {
  VEIL_TRY(form, gather_form(call));
  GraphShape shape(call.shape(1).begin(), call.shape(1).end() - 1);
  shape.insert(shape.end(), call.shape(0).begin() + static_cast<std::ptrdiff_t>(form.batch + form.depth),
               call.shape(0).end());
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

Status run_gather_nd(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, gather_form(call));
  const GraphShape& data = call.shape(0);
  const AxisSplit split = split_at(data, form.batch, form.batch + form.depth);
  const std::vector<double>& indices = inputs[1]->data;
  const std::size_t places = indices.size() / form.depth;
  auto to = outputs[0]->data.begin();
  for (std::size_t row = 0; row < places; ++row) {
    std::size_t block = row / std::max<std::size_t>(places / split.outer, 1);
    for (std::size_t axis = 0; axis < form.depth; ++axis) {
      const std::int64_t length = data[form.batch + axis];
      VEIL_TRY(place, place_on_axis(indices[row * form.depth + axis], length));
      block = block * static_cast<std::size_t>(length) + place;
    }
    to = std::copy_n(inputs[0]->data.begin() + static_cast<std::ptrdiff_t>(block * split.inner), split.inner, to);
  }
  return Done{};
}

double replace(double, double update) { return update; }
double add(double value, double update) { return value + update; }
double multiply(double value, double update) { return value * update; }
double smaller(double value, double update) { return std::min(value, update); }
double larger(double value, double update) { return std::max(value, update); }

struct Reduction {
  double (*combine)(double, double);
};

Result<Reduction> reduction_of(const Call& call) {
  VEIL_TRY(word, call.word("reduction", "none"));
  if (word == "none") return Reduction{replace};
  if (word == "add") return Reduction{add};
  if (word == "mul") return Reduction{multiply};
  if (word == "min") return Reduction{smaller};
  if (word == "max") return Reduction{larger};
  return Error{"its 'reduction' is not one of none, add, mul, min, max"};
}

Status check_updates(const Call& call, const GraphShape& shape) {
  if (call.in(2).type != call.in(0).type) return Error{"its updates have another element type than its data"};
  if (call.shape(2) == shape) return Done{};
  return Error{"its updates of shape " + shape_text(call.shape(2)) + " should have the shape " + shape_text(shape)};
}

Result<std::vector<TypedShape>> infer_scatter_elements(const Call& call) {
  VEIL_TRY(axis, axis_of(call));
  VEIL_TRY_STATUS(reduction_of(call));
  VEIL_TRY_STATUS(check_element_indices(call, axis));
  VEIL_TRY_STATUS(check_updates(call, call.shape(1)));
  return std::vector<TypedShape>{call.in(0)};
}

Status run_scatter_elements(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(reduction, reduction_of(call));
  const auto combine = reduction.combine;
  std::vector<double>& out = outputs[0]->data;
  out = inputs[0]->data;
  return visit_elements(call, *inputs[1], [&](std::size_t index, std::size_t place) {
    out[place] = combine(out[place], inputs[2]->data[index]);
  });
}

// The last axis of the indices holds the place on the first axes of the data; the other axes are one update.
Result<std::vector<TypedShape>> infer_scatter_nd(const Call& call) {
  const GraphShape& data = call.shape(0);
  const GraphShape& indices = call.shape(1);
  VEIL_TRY_STATUS(reduction_of(call));
  if (is_real(call.in(1).type)) return Error{"its indices must be integers"};
  if (indices.empty() || indices.back() < 1 || indices.back() > static_cast<std::int64_t>(data.size())) {
    return Error{"its indices of shape " + shape_text(indices) + " do not fit its data of shape " + shape_text(data)};
  }
  GraphShape updates(indices.begin(), indices.end() - 1);
  updates.insert(updates.end(), data.begin() + indices.back(), data.end());
  VEIL_TRY_STATUS(check_updates(call, updates));
  return std::vector<TypedShape>{call.in(0)};
}

Status run_scatter_nd(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(reduction, reduction_of(call));
  const GraphShape& data = call.shape(0);
  const auto depth = static_cast<std::size_t>(call.shape(1).back());
  const std::size_t update = split_at(data, depth, data.size()).length;
  std::vector<double>& out = outputs[0]->data;
  out = inputs[0]->data;
  for (std::size_t row = 0; row < inputs[1]->data.size() / depth; ++row) {
    std::size_t block = 0;
    for (std::size_t axis = 0; axis < depth; ++axis) {
      VEIL_TRY(place, place_on_axis(inputs[1]->data[row * depth + axis], data[axis]));
      block = block * static_cast<std::size_t>(data[axis]) + place;
    }
    for (std::size_t i = 0; i < update; ++i) {
      double& value = out[block * update + i];
      value = reduction.combine(value, inputs[2]->data[row * update + i]);
    }
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"GatherElements", 2, 2, " axis ", infer_gather_elements, run_gather_elements, expand_gather_elements},
    {"GatherND", 2, 2, " batch_dims ", infer_gather_nd, run_gather_nd, expand_gather_nd},
    {"ScatterElements", 3, 3, " axis reduction ", infer_scatter_elements, run_scatter_elements,
     expand_scatter_elements},
    {"ScatterND", 3, 3, " reduction ", infer_scatter_nd, run_scatter_nd, expand_scatter_nd},
};

}  // namespace

std::span<const Operator> scatter_operators() { return kOperators; }

}  // namespace veil
