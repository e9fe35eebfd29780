// Batches of additions, by CPU level. Meaning and contract: curve/batch_add.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu.h"
#include "curve/g1.h"

namespace veil {

// A point somewhere else, or its negative: the address with the sign in bit 0.
class PointRef {
 public:
  PointRef() = default;
  explicit PointRef(const G1Affine* point, bool negative = false)
      : bits_(reinterpret_cast<std::uintptr_t>(point) | (negative ? 1U : 0U)) {}

  const G1Affine* point() const { return reinterpret_cast<const G1Affine*>(bits_ & ~std::uintptr_t{1}); }
  bool negative() const { return (bits_ & 1) != 0; }
  G1Affine value() const { return negative() ? -*point() : *point(); }

 private:
  std::uintptr_t bits_ = 0;
};

// Sums that share one inversion: denominators and products of so many stay in the cache.
inline constexpr std::size_t kSumsAnInversion = 1024;

// *out[i] = left[i] + right[i], i < count <= kSumsAnInversion. A kernel may fill the arrays up behind `count`.
struct PointSums {
  PointRef left[kSumsAnInversion];
  PointRef right[kSumsAnInversion];
  G1Affine* out[kSumsAnInversion];
};

using BatchAddKernel = void (*)(PointSums& sums, std::size_t count);

void add_batch_plain(PointSums& sums, std::size_t count);  // any level: the field's own arithmetic
#if defined(__x86_64__)
void add_batch_ifma(PointSums& sums, std::size_t count);
#endif
BatchAddKernel batch_add_kernel(CpuLevel level);

// How a sum is formed.
enum class SumKind : std::uint8_t { kGeneral, kDoubling, kCancel, kTakeLeft, kTakeRight };
SumKind classify_sum(const G1Affine& left, const G1Affine& right);
inline bool needs_slope(SumKind kind) { return kind <= SumKind::kDoubling; }
// The result where no slope is needed.
G1Affine sum_without_slope(SumKind kind, const G1Affine& left, const G1Affine& right);
// Of a doubling: 3 x^2 over 2 y.
Fq doubling_numerator(const G1Affine& point);

}  // namespace veil
