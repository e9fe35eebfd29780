#include "curve/batch_add.h"

#include "base/check.h"

namespace veil {
namespace {

// Hands out the places of `work`. A sum of two points of which one is itself such a sum takes its place, so a new place
// is needed only for two points from outside, and each of those is read once.
class Places {
 public:
  explicit Places(std::span<G1Affine> work) : work_(work) {}

  G1Affine* choose(PointRef left, PointRef right) {
    if (G1Affine* const place = find(left)) return place;
    if (G1Affine* const place = find(right)) return place;
    VEIL_CHECK(used_ < work_.size());
    return &work_[used_++];
  }

 private:
  G1Affine* find(PointRef ref) const {
    const auto offset = reinterpret_cast<std::uintptr_t>(ref.point()) - reinterpret_cast<std::uintptr_t>(work_.data());
    return offset < work_.size_bytes() ? &work_[offset / sizeof(G1Affine)] : nullptr;
  }

  std::span<G1Affine> work_;
  std::size_t used_ = 0;
};

}  // namespace

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

// Rounds that pair neighbours: of m points, floor(m/2) sums. With m odd the first stays for the next round.
void sum_segments(std::span<PointRef> refs, std::span<Segment> segments, std::span<G1Affine> work, CpuLevel level) {
  BatchAdder adder(level);
  Places places(work);
  bool more = true;
  while (more) {
    more = false;
    for (Segment& segment : segments) {
      if (segment.size < 2) continue;
      PointRef* const at = &refs[segment.begin];
      const std::uint32_t odd = segment.size & 1;
      const std::uint32_t pairs = segment.size / 2;
      for (std::uint32_t i = 0; i < pairs; ++i) {
        const PointRef left = at[odd + 2 * i];
        const PointRef right = at[odd + 2 * i + 1];
        G1Affine* const place = places.choose(left, right);
        adder.add(left, right, place);
        at[odd + i] = PointRef(place);
      }
      segment.size = pairs + odd;
      more = more || segment.size > 1;
    }
    adder.flush();
  }
}

}  // namespace veil
