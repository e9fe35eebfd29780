#include "curve/batch_add.h"

namespace veil {
namespace {

constexpr std::size_t kBatch = 1024;  // sums an inversion: 64 KiB of denominators and products, which stay in the cache

Fq tripled_square(const Fq& x) {
  const Fq square = x.square();
  return square.doubled() + square;
}

}  // namespace

BatchAdder::Kind BatchAdder::classify(const G1Affine& left, const G1Affine& right) {
  if (left.is_identity()) return Kind::kTakeRight;
  if (right.is_identity()) return Kind::kTakeLeft;
  if (left.x != right.x) return Kind::kGeneral;
  return left.y == right.y ? Kind::kDoubling : Kind::kCancel;
}

// The slope of a general sum is (y2 - y1) / (x2 - x1), of a doubling 3 x^2 / 2 y; then
//   x3 = slope^2 - x1 - x2,  y3 = slope (x1 - x3) - y1.
// No point has y = 0, so no denominator is zero.
void BatchAdder::run(std::span<G1Affine> points) {
  const std::size_t count = sums_.size();
  if (count == 0) return;
  kinds_.resize(count);
  denominators_.resize(count);
  suffixes_.resize(count);
  Fq product = Fq::one();
  for (std::size_t i = count; i-- > 0;) {
    const G1Affine& left = points[sums_[i].left];
    const G1Affine& right = points[sums_[i].right];
    kinds_[i] = classify(left, right);
    suffixes_[i] = product;
    if (kinds_[i] == Kind::kGeneral) {
      denominators_[i] = right.x - left.x;
    } else {
      denominators_[i] = kinds_[i] == Kind::kDoubling ? left.y.doubled() : Fq::one();
    }
    product *= denominators_[i];
  }
  Fq inverse = product.inverse();  // of denominators i, i+1, ...
  for (std::size_t i = 0; i < count; ++i) {
    const Fq denominator_inverse = inverse * suffixes_[i];
    inverse *= denominators_[i];
    const G1Affine left = points[sums_[i].left];
    const G1Affine right = points[sums_[i].right];
    G1Affine& out = points[sums_[i].out];
    if (kinds_[i] > Kind::kDoubling) {
      out = kinds_[i] == Kind::kCancel ? G1Affine::identity() : kinds_[i] == Kind::kTakeLeft ? left : right;
      continue;
    }
    const Fq slope = (kinds_[i] == Kind::kGeneral ? right.y - left.y : tripled_square(left.x)) * denominator_inverse;
    out.x = slope.square() - left.x - right.x;
    out.y = slope * (left.x - out.x) - left.y;
  }
  sums_.clear();
}

// Rounds that pair neighbours: of m points, floor(m/2) sums. With m odd the first point stays where it is, so results
// always move towards the front, onto points that were read before.
void sum_segments(std::span<G1Affine> points, std::span<Segment> segments) {
  BatchAdder adder;
  bool more = true;
  while (more) {
    more = false;
    for (Segment& segment : segments) {
      if (segment.size < 2) continue;
      const std::uint32_t odd = segment.size & 1;
      const std::uint32_t pairs = segment.size / 2;
      for (std::uint32_t i = 0; i < pairs; ++i) {
        const std::uint32_t left = segment.begin + odd + 2 * i;
        adder.add(left, left + 1, segment.begin + odd + i);
        if (adder.pending() == kBatch) adder.run(points);
      }
      segment.size = pairs + odd;
      more = more || segment.size > 1;
    }
    adder.run(points);
  }
}

}  // namespace veil
