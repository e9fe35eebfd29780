// Many additions of affine points with one inversion: 5 multiplications and 1 squaring each, about half of what an
// addition in Jacobian coordinates costs. Right for all inputs: equal, opposite and identity points too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "curve/kernels/batch_add_kernels.h"

namespace veil {

class BatchAdder {
 public:
  explicit BatchAdder(CpuLevel level = kCpuLevel) : kernel_(batch_add_kernel(level)) {}

  // *out = left + right, at the latest at the next flush(). Until then `out` may be read by this sum and by those added
  // before it, and must not be read by one added later.
  void add(PointRef left, PointRef right, G1Affine* out) {
    fetch(left);
    fetch(right);
    sums_.left[count_] = left;
    sums_.right[count_] = right;
    sums_.out[count_] = out;
    if (++count_ == kSumsAnInversion) flush();
  }
  void flush() {
    if (count_ != 0) kernel_(sums_, count_);
    count_ = 0;
  }

 private:
  // Points of a large table lie anywhere in memory: they are on their way until the sums are computed.
  static void fetch(PointRef ref) {
    const auto* const bytes = reinterpret_cast<const char*>(ref.point());
    __builtin_prefetch(bytes, 0, 2);
    __builtin_prefetch(bytes + sizeof(G1Affine) - 1, 0, 2);
  }

  BatchAddKernel kernel_;
  std::size_t count_ = 0;
  PointSums sums_;
};

// Rows of `multiples` points, a power of two, of which the first is given: the others become its multiples,
// table[row * multiples + j - 1] = j table[row * multiples].
void fill_multiples(std::span<G1Affine> table, std::size_t multiples);

// refs[begin] .. refs[begin + size - 1]
struct Segment {
  std::uint32_t begin;
  std::uint32_t size;
};

// The sum of each segment: refs[begin] then refers to it and its size is 1 (an empty segment stays empty). The other
// references of the segments are overwritten. Segments must not overlap. Sums are kept in `work`, which must hold half
// as many points as there are references, rounded up.
void sum_segments(std::span<PointRef> refs, std::span<Segment> segments, std::span<G1Affine> work,
                  CpuLevel level = kCpuLevel);

}  // namespace veil
