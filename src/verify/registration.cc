#include "verify/registration.h"

#include <algorithm>

#include "poly/eq.h"

namespace veil {

namespace {

std::size_t padded_bits(const Shape& shape) {
  std::size_t bits = 0;
  for (const std::int64_t length : shape) bits += log2_ceil(static_cast<std::size_t>(length));
  return bits;
}

std::int64_t power_of_two(std::size_t bits) { return std::int64_t{1} << bits; }

std::size_t difference_or_zero(std::size_t a, std::size_t b) { return a > b ? a - b : 0; }

// The tensor in slices, or whole. A slice of the axis of the row/column cut is a number of whole rows: what is left of
// the tensor at the end and is less than a row stays with the slice before it, or it would be a small tensor.
std::vector<RegistrationSlice> slices_of(const Circuit& circuit, const RowLayout& layout, TensorId id,
                                         std::size_t slice_bits) {
  const Shape& shape = circuit.tensors[id].shape;
  const std::size_t bits = padded_bits(shape);
  std::size_t axis = 0;
  while (axis < shape.size() && shape[axis] == 1) ++axis;
  if (bits <= slice_bits || axis > *layout.cut_axis(id)) return {{id, 0, 0, std::nullopt}};
  const std::size_t inner = bits - log2_ceil(static_cast<std::size_t>(shape[axis]));
  const std::int64_t row = power_of_two(difference_or_zero(layout.log_columns(), inner));
  const std::int64_t step = std::max(row, power_of_two(difference_or_zero(slice_bits, inner)));
  std::vector<RegistrationSlice> out;
  for (std::int64_t begin = 0; begin < shape[axis];) {
    const std::int64_t left = shape[axis] - begin;
    const std::int64_t length = left - step < row ? left : step;
    out.push_back({id, axis, begin, length});
    begin += length;
  }
  if (out.size() == 1) return {{id, 0, 0, std::nullopt}};
  return out;
}

Tensor tensor_of(const Circuit& circuit, const RegistrationSlice& slice) {
  Tensor tensor = circuit.tensors[slice.tensor];
  if (!slice.length) return tensor;
  tensor.name += "@" + std::to_string(slice.begin);
  tensor.shape[slice.axis] = *slice.length;
  return tensor;
}

// Parts in the making.
class Parts {
 public:
  Parts(const Circuit& circuit, const RowLayout& layout, const PartLimits& limits)
      : circuit_(circuit), layout_(layout), limit_(std::size_t{1} << limits.part_bits) {}

  void add(const std::vector<RegistrationSlice>& together) {
    std::size_t cells = 0;
    for (const RegistrationSlice& slice : together) {
      cells += std::size_t{1} << padded_bits(tensor_of(circuit_, slice).shape);
    }
    if (together.empty()) return;
    if (list.empty() || cells_ + cells >= limit_) {
      list.push_back({});
      cells_ = 0;
    }
    cells_ += cells;
    list.back().slices.insert(list.back().slices.end(), together.begin(), together.end());
  }

  void number_rows() {
    std::size_t first = layout_.rows(Owner::kModel).first;
    for (RegistrationPart& part : list) {
      const RowLayout own(registration_circuit(circuit_, part).circuit, layout_.log_columns());
      part.rows = {first, own.rows(Owner::kModel).count};
      first += part.rows.count;
    }
  }

  std::vector<RegistrationPart> list;

 private:
  const Circuit& circuit_;
  const RowLayout& layout_;
  std::size_t limit_;
  std::size_t cells_ = 0;  // of the last part
};

}  // namespace

std::vector<RegistrationPart> registration_parts(const Circuit& inference, const RowLayout& layout,
                                                 const PartLimits& limits) {
  Parts parts(inference, layout, limits);
  std::vector<RegistrationSlice> small;  // they share rows
  for (TensorId id = 0; id < inference.tensors.size(); ++id) {
    if (inference.tensors[id].owner != Owner::kModel) continue;
    if (padded_bits(inference.tensors[id].shape) < layout.log_columns()) {
      small.push_back({id, 0, 0, std::nullopt});
      continue;
    }
    for (const RegistrationSlice& slice : slices_of(inference, layout, id, limits.slice_bits)) parts.add({slice});
  }
  parts.add(small);
  // A part with everything has the tensors in the circuit's order, which is that of the proofs before there were parts.
  if (parts.list.size() == 1) {
    parts.list[0].slices.clear();
    for (TensorId id = 0; id < inference.tensors.size(); ++id) {
      if (inference.tensors[id].owner == Owner::kModel) parts.list[0].slices.push_back({id, 0, 0, std::nullopt});
    }
  }
  parts.number_rows();
  return std::move(parts.list);
}

Registration registration_circuit(const Circuit& inference, const RegistrationPart& part) {
  Circuit tensors;
  for (const RegistrationSlice& slice : part.slices) add_tensor(tensors, tensor_of(inference, slice));
  return registration_circuit(tensors);
}

Bytes registration_digests(const Circuit& inference, const std::vector<RegistrationPart>& parts) {
  Writer writer;
  for (const RegistrationPart& part : parts) writer.raw(circuit_digest(registration_circuit(inference, part).circuit));
  if (parts.empty()) writer.raw(circuit_digest(registration_circuit(inference).circuit));
  return writer.take();
}

}  // namespace veil
