#include "curve/msm.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "curve/batch_add.h"
#include "curve/endomorphism.h"
#include "curve/signed_digits.h"

namespace veil {
namespace {

// Pippenger's bucket method with signed windows, over 2n points: each scalar is split in two halves by the
// endomorphism. Notation: c window bits; K = 2^(c-1) buckets a window, bucket j collects the points whose digit is j or
// (negated) -j;
//   sum = sum_w 2^(c w) S_w,  S_w = sum_{j=1..K} j B_{w,j}
constexpr unsigned kMinWindowBits = 2;
constexpr unsigned kMaxWindowBits = 14;

// Buckets of a window are split in this many runs, so that more additions share an inversion; a power of two <= K.
constexpr std::size_t kMaxRuns = 8;

// Points in flight are bounded so that they stay in the cache.
constexpr std::size_t kPointsInFlight = 8192;

// Additions: each point once a window, each bucket twice (costing a little more, as their batches are smaller).
unsigned choose_window_bits(std::size_t half_scalars) {
  const auto cost = [&](unsigned c) {
    return signed_windows(kHalfScalarBits, c) * (8 * half_scalars + 20 * (std::size_t{1} << (c - 1)));
  };
  unsigned best = kMinWindowBits;
  for (unsigned c = kMinWindowBits; c <= kMaxWindowBits; ++c) best = cost(c) < cost(best) ? c : best;
  return best;
}

class Pippenger {
 public:
  Pippenger(std::span<const G1Affine> points, std::span<const Fr> scalars)
      : window_bits_(choose_window_bits(2 * points.size())),
        windows_(signed_windows(kHalfScalarBits, window_bits_)),
        buckets_a_window_(std::size_t{1} << (window_bits_ - 1)),
        buckets_(windows_ * buckets_a_window_) {
    split(points, scalars);
  }

  G1 run() {
    const std::size_t together = std::max<std::size_t>(1, kPointsInFlight / std::max<std::size_t>(1, points_.size()));
    for (std::size_t w = 0; w < windows_; w += together) fill_buckets(w, std::min(windows_, w + together));
    const std::vector<G1> sums = weigh_buckets();
    G1 out;
    for (std::size_t w = windows_; w-- > 0;) {
      for (unsigned k = 0; k < window_bits_; ++k) out = out.doubled();
      out += sums[w];
    }
    return out;
  }

 private:
  // Points that count, each followed by its image under the endomorphism, with the digits of the halves of its scalar.
  void split(std::span<const G1Affine> points, std::span<const Fr> scalars) {
    points_.reserve(2 * points.size());
    digits_.reserve(2 * points.size() * windows_);
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].is_identity() || scalars[i].is_zero()) continue;
      const std::array<HalfScalar, 2> halves = split_scalar(scalars[i]);
      append(points[i], halves[0]);
      append({points[i].x * kBeta, points[i].y}, halves[1]);
    }
  }

  void append(const G1Affine& point, const HalfScalar& scalar) {
    points_.push_back(scalar.negative ? -point : point);
    digits_.resize(digits_.size() + windows_);
    write_signed_digits(scalar.magnitude, window_bits_, std::span(digits_).last(windows_));
  }

  std::int32_t digit(std::size_t point, std::size_t window) const { return digits_[point * windows_ + window]; }

  // Sorts the points of windows first .. last-1 by bucket and sums each bucket.
  void fill_buckets(std::size_t first, std::size_t last) {
    segments_.assign((last - first) * buckets_a_window_, {0, 0});
    for (std::size_t i = 0; i < points_.size(); ++i) {
      for (std::size_t w = first; w < last; ++w) {
        if (digit(i, w) != 0) ++segment_of(digit(i, w), w - first).size;
      }
    }
    std::uint32_t total = 0;
    for (Segment& segment : segments_) {
      segment.begin = total;
      total += segment.size;
      segment.size = 0;
    }
    sorted_.resize(total);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      for (std::size_t w = first; w < last; ++w) {
        if (digit(i, w) == 0) continue;
        Segment& segment = segment_of(digit(i, w), w - first);
        sorted_[segment.begin + segment.size++] = digit(i, w) < 0 ? -points_[i] : points_[i];
      }
    }
    sum_segments(sorted_, segments_);
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      if (segments_[s].size != 0) buckets_[first * buckets_a_window_ + s] = sorted_[segments_[s].begin];
    }
  }

  Segment& segment_of(std::int32_t digit, std::size_t window) {
    const auto j = static_cast<std::size_t>(digit < 0 ? -digit : digit);
    return segments_[window * buckets_a_window_ + j - 1];
  }

  // S_w for all windows. The buckets of a window are cut into runs of L = K / runs buckets. Within run t, from the last
  // bucket down:  tail_t += B,  weighted_t += tail_t, which leaves tail_t = sum B and weighted_t = sum (position in the
  // run, from 1) B.
  //   S_w = sum_t weighted_t + L sum_t t tail_t
  // The sums of all runs of all windows advance together, so that they share inversions.
  std::vector<G1> weigh_buckets() {
    const std::size_t runs = std::min(kMaxRuns, buckets_a_window_);
    const std::size_t run_length = buckets_a_window_ / runs;
    const std::size_t total_runs = windows_ * runs;
    // One array for the adder: the buckets, then the tails, then the weighted sums.
    const std::size_t tails = buckets_.size();
    const std::size_t weighted = tails + total_runs;
    buckets_.resize(weighted + total_runs);
    BatchAdder adder;
    for (std::size_t position = run_length; position-- > 0;) {
      for (std::size_t run = 0; run < total_runs; ++run) {
        adder.add(index(tails + run), index(run * run_length + position), index(tails + run));
      }
      adder.run(buckets_);
      for (std::size_t run = 0; run < total_runs; ++run) {
        adder.add(index(weighted + run), index(tails + run), index(weighted + run));
      }
      adder.run(buckets_);
    }
    std::vector<G1> sums(windows_);
    for (std::size_t w = 0; w < windows_; ++w) {
      const std::span<const G1Affine> run_tails = std::span(buckets_).subspan(tails + w * runs, runs);
      const std::span<const G1Affine> run_sums = std::span(buckets_).subspan(weighted + w * runs, runs);
      sums[w] = join_runs(run_tails, run_sums, run_length);
    }
    return sums;
  }

  static G1 join_runs(std::span<const G1Affine> tails, std::span<const G1Affine> weighted, std::size_t run_length) {
    G1 tail;
    G1 out;
    for (std::size_t t = tails.size(); t-- > 1;) {
      tail += tails[t];
      out += tail;
    }
    for (std::size_t length = run_length; length > 1; length /= 2) out = out.doubled();
    for (const G1Affine& sum : weighted) out += sum;
    return out;
  }

  static std::uint32_t index(std::size_t i) { return static_cast<std::uint32_t>(i); }

  unsigned window_bits_;
  std::size_t windows_;
  std::size_t buckets_a_window_;
  std::vector<G1Affine> points_;
  std::vector<std::int32_t> digits_;  // [point][window]
  std::vector<G1Affine> buckets_;     // [window][j - 1]
  std::vector<G1Affine> sorted_;
  std::vector<Segment> segments_;
};

}  // namespace

G1 msm(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  VEIL_CHECK(points.size() == scalars.size());
  VEIL_CHECK(points.size() <= std::size_t{1} << 24);  // indices of the sorted points are 32 bits
  return Pippenger(points, scalars).run();
}

}  // namespace veil
