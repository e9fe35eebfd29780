#include "curve/kernels/batch_add_kernels.h"

namespace veil {

SumKind classify_sum(const G1Affine& left, const G1Affine& right) {
  if (left.is_identity()) return SumKind::kTakeRight;
  if (right.is_identity()) return SumKind::kTakeLeft;
  if (left.x != right.x) return SumKind::kGeneral;
  return left.y == right.y ? SumKind::kDoubling : SumKind::kCancel;
}

G1Affine sum_without_slope(SumKind kind, const G1Affine& left, const G1Affine& right) {
  if (kind == SumKind::kCancel) return G1Affine::identity();
  return kind == SumKind::kTakeLeft ? left : right;
}

Fq doubling_numerator(const G1Affine& point) {
  const Fq square = point.x.square();
  return square.doubled() + square;
}

// The slope of a general sum is (y2 - y1) / (x2 - x1), of a doubling 3 x^2 / 2 y; then
//   x3 = slope^2 - x1 - x2,  y3 = slope (x1 - x3) - y1.
// No point has y = 0, so no denominator is zero.
void add_batch_plain(PointSums& sums, std::size_t count) {
  SumKind kinds[kSumsAnInversion];
  Fq denominators[kSumsAnInversion];
  Fq suffixes[kSumsAnInversion];  // product of the denominators behind
  Fq product = Fq::one();
  for (std::size_t i = count; i-- > 0;) {
    const G1Affine left = sums.left[i].value();
    const G1Affine right = sums.right[i].value();
    kinds[i] = classify_sum(left, right);
    suffixes[i] = product;
    if (kinds[i] == SumKind::kGeneral) {
      denominators[i] = right.x - left.x;
    } else {
      denominators[i] = kinds[i] == SumKind::kDoubling ? left.y.doubled() : Fq::one();
    }
    product *= denominators[i];
  }
  Fq inverse = product.inverse();  // of denominators i, i+1, ...
  for (std::size_t i = 0; i < count; ++i) {
    const Fq denominator_inverse = inverse * suffixes[i];
    inverse *= denominators[i];
    const G1Affine left = sums.left[i].value();
    const G1Affine right = sums.right[i].value();
    G1Affine& out = *sums.out[i];
    if (!needs_slope(kinds[i])) {
      out = sum_without_slope(kinds[i], left, right);
      continue;
    }
    const Fq numerator = kinds[i] == SumKind::kGeneral ? right.y - left.y : doubling_numerator(left);
    const Fq slope = numerator * denominator_inverse;
    out.x = slope.square() - left.x - right.x;
    out.y = slope * (left.x - out.x) - left.y;
  }
}

BatchAddKernel batch_add_kernel(CpuLevel level) {
#if defined(__x86_64__)
  if (level >= CpuLevel::kIfma) return add_batch_ifma;
#endif
  static_cast<void>(level);
  return add_batch_plain;
}

}  // namespace veil
