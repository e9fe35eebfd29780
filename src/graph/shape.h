// Arithmetic on shapes and element types, and walking through arrays by strides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

std::string_view element_type_name(ElementType type);  // "float"
// The numbering of ONNX (TensorProto.DataType), which attributes such as Cast's `to` use.
ElementType element_type_from_onnx(std::int64_t code);
inline bool is_real(ElementType type) { return type == ElementType::kFloat || type == ElementType::kDouble; }

// Product of the lengths; nothing when a length is negative, or the product is above kMaxTensorSize.
std::optional<std::int64_t> element_count(const GraphShape& shape);
// The same where the shape is known to be in bounds.
std::size_t size_of(const GraphShape& shape);

GraphShape strides_of(const GraphShape& shape);
// Strides that read an array of `shape` as if it had the shape `to`, to which it broadcasts: 0 on repeated axes.
GraphShape broadcast_strides(const GraphShape& shape, const GraphShape& to);
Result<GraphShape> broadcast_shape(const GraphShape& a, const GraphShape& b);
// -rank <= axis < rank becomes 0 <= axis < rank.
Result<std::size_t> normalise_axis(std::int64_t axis, std::size_t rank);
// A shape cut in three at an axis: lengths before, of and after it, multiplied.
struct AxisSplit {
  std::size_t outer, length, inner;
};
AxisSplit split_at(const GraphShape& shape, std::size_t begin, std::size_t end);

// Visits every index of `shape` in row-major order with the offset that each of the stride lists gives it.
template <std::size_t N, class Visit>
void walk(const GraphShape& shape, const std::array<GraphShape, N>& strides, Visit&& visit) {
  for (const std::int64_t length : shape) {
    if (length == 0) return;
  }
  GraphShape index(shape.size(), 0);
  std::array<std::int64_t, N> offsets{};
  while (true) {
    visit(offsets);
    std::size_t axis = shape.size();
    while (axis > 0) {
      --axis;
      for (std::size_t i = 0; i < N; ++i) offsets[i] += strides[i][axis];
      if (++index[axis] < shape[axis]) break;
      for (std::size_t i = 0; i < N; ++i) offsets[i] -= strides[i][axis] * shape[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (shape.empty()) return;
  }
}

}  // namespace veil
