#include "quant/view_scales.h"

#include "graph/shape.h"

namespace veil {
namespace {

// For each element of the output the one of the input that it reads; -1: none.
std::vector<std::int64_t> places_read(const ViewOp& op) {
  const GraphShape strides = strides_of(op.in_lengths);
  std::vector<std::int64_t> places, index(op.out_lengths.size(), 0);
  for (std::size_t count = size_of(op.out_lengths); count > 0; --count) {
    GraphShape position = op.offsets;
    for (std::size_t i = 0; i < op.terms.size(); i += 3) {
      position[static_cast<std::size_t>(op.terms[i])] +=
          op.terms[i + 2] * index[static_cast<std::size_t>(op.terms[i + 1])];
    }
    std::int64_t place = 0;
    for (std::size_t d = 0; d < position.size(); ++d) {
      const bool inside = place >= 0 && position[d] >= 0 && position[d] < op.in_lengths[d];
      place = inside ? place + position[d] * strides[d] : -1;
    }
    places.push_back(place);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < op.out_lengths[axis]) break;
      index[axis] = 0;
    }
  }
  return places;
}

}  // namespace

ViewOp view_op(const PlanView& view) { return {view.in_lengths, view.out_lengths, view.offsets, view.terms, 0}; }

std::optional<std::vector<std::int32_t>> viewed_scales(const ViewOp& op, std::int64_t batch,
                                                       const std::vector<std::int32_t>& scales) {
  const auto width = static_cast<std::int64_t>(scales.size());
  const auto size = static_cast<std::int64_t>(size_of(op.out_lengths));
  if (static_cast<std::int64_t>(size_of(op.in_lengths)) != width * batch || size % batch != 0) return std::nullopt;
  const std::vector<std::int64_t> places = places_read(op);
  std::vector<std::int32_t> out;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t place = places[static_cast<std::size_t>(i)], row = i / (size / batch);
    if (place < 0 || place / width != row) return std::nullopt;
    const std::int32_t scale = scales[static_cast<std::size_t>(place % width)];
    if (row == 0) out.push_back(scale);
    if (scale != out[static_cast<std::size_t>(i % (size / batch))]) return std::nullopt;
  }
  return out;
}

}  // namespace veil
