// How the flat values of a quantised graph lie as tensors: a chain of axes. Reshapes are invisible; an operator that
// needs an axis boundary cuts there, and a view of several axes reads a tensor of one by mixed radix.
//
// A cut is a stride: the product of the lengths behind a boundary. Cuts fit together where each divides the next.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "circuit/circuit.h"

namespace veil {

struct StorageAxis {
  std::int64_t length = 1, stride = 1;
  bool operator==(const StorageAxis&) const = default;
};
using Storage = std::vector<StorageAxis>;  // slowest axis first; at least one. Axes of length 1 have any stride.

using Cuts = std::set<std::int64_t>;  // strides, 1 and the size left out or not

std::int64_t storage_size(const Storage& storage);
Domain storage_box(const Storage& storage);
// The strides at which its axes begin, and its size.
Cuts cuts_of(const Storage& storage);
// The boundaries of row-major axes.
Cuts cuts_of(const std::vector<std::int64_t>& lengths);
bool fit_together(const Cuts& cuts);
// Axes between neighbouring cuts of a value of this size. The cuts must fit together and divide the size.
Storage storage_by(const Cuts& cuts, std::int64_t size);

// The storage cut further, and where its axes are then: old axis -> a mixed radix of new ones. Nothing where a cut does
// not fit.
struct Refinement {
  Storage storage;
  std::vector<AxisIndex> axes;
};
std::optional<Refinement> refined(const Storage& storage, const Cuts& cuts);

// The reverse: the position on each of `coarse`'s axes by the axes of `fine`, every one of which lies within one.
std::vector<AxisIndex> mixed_radix(const Storage& fine, const Storage& coarse);

}  // namespace veil
