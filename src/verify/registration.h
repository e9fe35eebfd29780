// How the registration of a large model is cut in parts, each with a circuit and a proof of its own, so that memory
// does not grow with the model.
//
// A part is a range of the model's rows: whole tensors, or slices of them by their first axis of more than one index.
// A slice is a number of whole rows, so the tensor that a slice is has the very rows of that slice in the layout of its
// part, and what a part proves of its rows holds for the model's. Every row belongs to one part. A model of few
// weights has one part with all its tensors.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "circuit/range.h"
#include "commit/layout.h"

namespace veil {

struct RegistrationSlice {
  TensorId tensor;  // of the inference circuit
  std::size_t axis = 0;
  std::int64_t begin = 0;
  std::optional<std::int64_t> length;  // of the axis; none: the whole tensor
};

struct RegistrationPart {
  std::vector<RegistrationSlice> slices;  // in the order of their rows, small tensors last
  RowRange rows;
};

// In cells, padding included; a proof's memory is about 250 bytes a cell. Others than these are for tests.
struct PartLimits {
  std::size_t slice_bits = 19;
  std::size_t part_bits = 22;  // a part stays below, so that it and the tables make one power of two
};

// None where the circuit has no model tensors.
std::vector<RegistrationPart> registration_parts(const Circuit& inference, const RowLayout& layout,
                                                 const PartLimits& limits = {});

Registration registration_circuit(const Circuit& inference, const RegistrationPart& part);

// What the model id says of the registration: the digest of its circuit, or of each part's.
Bytes registration_digests(const Circuit& inference, const std::vector<RegistrationPart>& parts);

}  // namespace veil
