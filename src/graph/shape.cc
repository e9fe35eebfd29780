#include "graph/shape.h"

#include <algorithm>

#include "base/limits.h"
#include "graph/text.h"

namespace veil {

std::string_view element_type_name(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
      return "float";
    case ElementType::kDouble:
      return "double";
    case ElementType::kInt64:
      return "int64";
    case ElementType::kInt32:
      return "int32";
    case ElementType::kInt8:
      return "int8";
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kBool:
      return "bool";
    case ElementType::kOther:
      break;
  }
  return "an unsupported type";
}

ElementType element_type_from_onnx(std::int64_t code) {
  switch (code) {
    case 1:
      return ElementType::kFloat;
    case 2:
      return ElementType::kUint8;
    case 3:
      return ElementType::kInt8;
    case 6:
      return ElementType::kInt32;
    case 7:
      return ElementType::kInt64;
    case 9:
      return ElementType::kBool;
    case 10:
      return ElementType::kFloat;  // float16
    case 11:
      return ElementType::kDouble;
    case 16:
      return ElementType::kFloat;  // bfloat16
    default:
      return ElementType::kOther;
  }
}

std::optional<std::int64_t> element_count(const GraphShape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) {
    if (length < 0 || length > kMaxTensorSize) return std::nullopt;
    // Lengths of 0 must not hide an overflow of the others, so 0 counts as 1 until the end.
    count *= std::max<std::int64_t>(length, 1);  // < 2^28 * 2^28
    if (count > kMaxTensorSize) return std::nullopt;
  }
  return std::find(shape.begin(), shape.end(), 0) == shape.end() ? count : 0;
}

std::size_t size_of(const GraphShape& shape) {
  const auto count = element_count(shape);
  VEIL_CHECK(count.has_value());
  return static_cast<std::size_t>(*count);
}

GraphShape strides_of(const GraphShape& shape) {
  GraphShape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

GraphShape broadcast_strides(const GraphShape& shape, const GraphShape& to) {
  VEIL_CHECK(shape.size() <= to.size());
  const GraphShape own = strides_of(shape);
  GraphShape strides(to.size(), 0);
  const std::size_t skip = to.size() - shape.size();
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    VEIL_CHECK(shape[axis] == 1 || shape[axis] == to[skip + axis]);
    if (shape[axis] != 1) strides[skip + axis] = own[axis];
  }
  return strides;
}

Result<GraphShape> broadcast_shape(const GraphShape& a, const GraphShape& b) {
  const GraphShape& longer = a.size() >= b.size() ? a : b;
  const GraphShape& shorter = a.size() >= b.size() ? b : a;
  GraphShape out = longer;
  const std::size_t skip = longer.size() - shorter.size();
  for (std::size_t axis = 0; axis < shorter.size(); ++axis) {
    std::int64_t& length = out[skip + axis];
    if (length == 1) length = shorter[axis];
    if (shorter[axis] != 1 && shorter[axis] != length) {
      return Error{"shapes " + shape_text(a) + " and " + shape_text(b) + " do not fit together"};
    }
  }
  return out;
}

Result<std::size_t> normalise_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    return Error{"axis " + std::to_string(axis) + " does not exist in a tensor of " + std::to_string(rank) + " axes"};
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

AxisSplit split_at(const GraphShape& shape, std::size_t begin, std::size_t end) {
  AxisSplit split{1, 1, 1};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::size_t& part = axis < begin ? split.outer : axis < end ? split.length : split.inner;
    part *= static_cast<std::size_t>(shape[axis]);
  }
  return split;
}

}  // namespace veil
