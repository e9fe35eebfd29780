#include "curve/buckets.h"

#include <algorithm>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/bucket_weights.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

// Notation: K = 2^(digit_bits - 1) buckets a set; bucket j = 1 .. K collects the points with digit j, and the negated
// points with digit -j, to B_j.

// Points in flight are bounded, so that they stay in the cache.
constexpr std::size_t kPointsInFlight = 8192;

// Sums that make it worth while to share them between threads.
constexpr std::size_t kParallelSums = 4096;

std::size_t bucket_of(std::int16_t digit) { return static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1; }

// Sorts the points by bucket, and sums every bucket: buckets[s * K + j - 1] = B_j of set s.
class BucketFiller {
 public:
  BucketFiller(std::span<const G1Affine> points, std::size_t buckets_a_set)
      : points_(points), buckets_a_set_(buckets_a_set) {}

  void fill(std::span<const std::int16_t> digits, std::span<G1Affine> buckets) {
    count(digits);
    sort(digits);
    work_.resize((sorted_.size() + 1) / 2);
    sum_segments(sorted_, segments_, work_);
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      buckets[s] = segments_[s].size == 0 ? G1Affine::identity() : sorted_[segments_[s].begin].value();
    }
  }

 private:
  std::size_t sets(std::span<const std::int16_t> digits) const { return digits.size() / points_.size(); }

  void count(std::span<const std::int16_t> digits) {
    segments_.assign(sets(digits) * buckets_a_set_, {0, 0});
    for (std::size_t s = 0; s < sets(digits); ++s) {
      Segment* const set = &segments_[s * buckets_a_set_];
      for (const std::int16_t digit : digits.subspan(s * points_.size(), points_.size())) {
        if (digit != 0) ++set[bucket_of(digit)].size;
      }
    }
    std::uint32_t total = 0;
    for (Segment& segment : segments_) {
      segment.begin = total;
      total += segment.size;
      segment.size = 0;
    }
    sorted_.resize(total);
  }

  void sort(std::span<const std::int16_t> digits) {
    for (std::size_t s = 0; s < sets(digits); ++s) {
      Segment* const set = &segments_[s * buckets_a_set_];
      for (std::size_t i = 0; i < points_.size(); ++i) {
        const std::int16_t digit = digits[s * points_.size() + i];
        if (digit == 0) continue;
        Segment& segment = set[bucket_of(digit)];
        sorted_[segment.begin + segment.size++] = PointRef(&points_[i], digit < 0);
      }
    }
  }

  std::span<const G1Affine> points_;
  std::size_t buckets_a_set_;
  std::vector<Segment> segments_;
  std::vector<PointRef> sorted_;
  std::vector<G1Affine> work_;
};

}  // namespace

std::vector<G1Affine> bit_sums_by_buckets(std::span<const G1Affine> points, std::span<const std::int16_t> digits,
                                          unsigned digit_bits) {
  VEIL_CHECK(digit_bits >= 2 && digit_bits <= kMaxBucketBits);
  if (points.empty() || digits.empty()) return {};
  VEIL_CHECK(digits.size() % points.size() == 0);
  const std::size_t sets = digits.size() / points.size();
  const std::size_t buckets_a_set = std::size_t{1} << (digit_bits - 1);
  // Indices of points are 32 bits (batch_add.h).
  VEIL_CHECK(points.size() <= std::size_t{1} << 30 && sets <= (std::size_t{1} << 30) / buckets_a_set);
  std::vector<G1Affine> buckets(sets * buckets_a_set);
  std::vector<G1Affine> out(sets * digit_bits);
  const std::size_t grain = std::max<std::size_t>(1, kParallelSums / (points.size() + buckets_a_set));
  for_ranges_of(sets, grain, 1, [&](std::size_t begin, std::size_t end) {
    BucketFiller filler(points, buckets_a_set);
    const std::size_t together = even_share(end - begin, std::max<std::size_t>(1, kPointsInFlight / points.size()));
    for (std::size_t first = begin; first < end; first += together) {
      const std::size_t count = std::min(together, end - first);
      filler.fill(digits.subspan(first * points.size(), count * points.size()),
                  std::span(buckets).subspan(first * buckets_a_set, count * buckets_a_set));
    }
    weigh_buckets(std::span(buckets).subspan(begin * buckets_a_set, (end - begin) * buckets_a_set), digit_bits,
                  std::span(out).subspan(begin * digit_bits, (end - begin) * digit_bits));
  });
  return out;
}

}  // namespace veil
