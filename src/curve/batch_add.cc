#include "curve/batch_add.h"

#include "base/check.h"

namespace veil {

// Multiples m+1 .. 2m of every row are its multiples 1 .. m plus its multiple m.
void fill_multiples(std::span<G1Affine> table, std::size_t multiples) {
  BatchAdder adder;
  for (std::size_t known = 1; known < multiples; known *= 2) {
    for (std::size_t row = 0; row < table.size(); row += multiples) {
      G1Affine* const first = &table[row];
      for (std::size_t i = 0; i < known; ++i) {
        adder.add(PointRef(first + i), PointRef(first + known - 1), first + known + i);
      }
    }
    adder.flush();
  }
}

// Rounds that pair neighbours: of m references, floor(m/2) refer to sums now; with m odd the last one stays for the
// next round. Sum i of a segment is kept at place i of its part of `work`, which only the sums 2i and 2i+1 before it,
// and none that is added later, may occupy.
void sum_segments(std::span<PointRef> refs, std::span<Segment> segments, std::span<G1Affine> work, CpuLevel level) {
  BatchAdder adder(level);
  bool more = true;
  while (more) {
    more = false;
    for (Segment& segment : segments) {
      if (segment.size < 2) continue;
      PointRef* const at = &refs[segment.begin];
      const std::uint32_t first_place = (segment.begin + 1) / 2;  // parts of neighbours do not meet, rounded up
      const std::uint32_t pairs = segment.size / 2;
      VEIL_CHECK(first_place + pairs <= work.size());
      G1Affine* const places = &work[first_place];
      for (std::uint32_t i = 0; i < pairs; ++i) {
        adder.add(at[2 * i], at[2 * i + 1], places + i);
        at[i] = PointRef(places + i);
      }
      const bool odd = segment.size % 2 != 0;
      if (odd) at[pairs] = at[segment.size - 1];
      segment.size = pairs + (odd ? 1 : 0);
      more = more || segment.size > 1;
    }
    adder.flush();
  }
}

}  // namespace veil
