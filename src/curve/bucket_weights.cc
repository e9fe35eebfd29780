#include "curve/bucket_weights.h"

#include <algorithm>

#include "curve/batch_add.h"

namespace veil {
namespace {

// Buckets whose sums share inversions; more of them would not stay in the cache.
constexpr std::size_t kBucketsInFlight = 4096;

// Sums of points by groups, all groups together. Identities are left out: they would cost as much as other points.
class Groups {
 public:
  void clear() {
    refs_.clear();
    segments_.clear();
  }
  void open() { segments_.push_back({static_cast<std::uint32_t>(refs_.size()), 0}); }
  void add(const G1Affine& point) {
    if (point.is_identity()) return;
    refs_.emplace_back(&point);
    ++segments_.back().size;
  }
  void sum() {
    work_.resize(std::max(work_.size(), (refs_.size() + 1) / 2));
    sum_segments(refs_, segments_, work_);
  }
  G1Affine operator[](std::size_t group) const {
    return segments_[group].size == 0 ? G1Affine::identity() : refs_[segments_[group].begin].value();
  }

 private:
  std::vector<PointRef> refs_;
  std::vector<Segment> segments_;
  std::vector<G1Affine> work_;
};

// The number of a bucket is j = r 2^L + q, q < 2^L, with r = 0 .. R; of the buckets with r = R there is only q = 0.
struct Split {
  explicit Split(unsigned digit_bits)
      : low_bits(digit_bits / 2),
        columns(std::size_t{1} << low_bits),
        rows(std::size_t{1} << (digit_bits - 1 - low_bits)) {}

  std::size_t sums() const { return columns - 1 + rows; }

  unsigned low_bits;
  std::size_t columns;
  std::size_t rows;  // R
};

// One group for each q = 1 .. 2^L - 1, then for each r = 1 .. R.
void add_halves(Groups& groups, std::span<const G1Affine> set, const Split& split) {
  const auto add = [&](std::size_t row, std::size_t column) { groups.add(set[row * split.columns + column - 1]); };
  for (std::size_t column = 1; column < split.columns; ++column) {
    groups.open();
    for (std::size_t row = 0; row < split.rows; ++row) add(row, column);
  }
  for (std::size_t row = 1; row <= split.rows; ++row) {
    groups.open();
    for (std::size_t column = 0; column < (row == split.rows ? 1 : split.columns); ++column) add(row, column);
  }
}

// Of sums[k - 1], k = 1 .. count, for each of so many bits of k.
void add_by_bits(Groups& groups, std::span<const G1Affine> sums, unsigned bits) {
  for (unsigned bit = 0; bit < bits; ++bit) {
    groups.open();
    for (std::size_t k = 1; k <= sums.size(); ++k) {
      if ((k >> bit & 1) != 0) groups.add(sums[k - 1]);
    }
  }
}

// Keeps its memory from some sets to the next ones.
class Weighing {
 public:
  explicit Weighing(unsigned digit_bits) : digit_bits_(digit_bits), split_(digit_bits) {}

  void weigh(std::span<const G1Affine> buckets, std::span<G1Affine> out) {
    const std::size_t buckets_a_set = split_.rows * split_.columns;
    halves_.clear();
    for (std::size_t first = 0; first < buckets.size(); first += buckets_a_set) {
      add_halves(halves_, buckets.subspan(first, buckets_a_set), split_);
    }
    halves_.sum();
    sums_.resize(buckets.size() / buckets_a_set * split_.sums());
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] = halves_[i];
    bits_.clear();
    for (std::size_t first = 0; first < sums_.size(); first += split_.sums()) {
      const std::span<const G1Affine> set = std::span<const G1Affine>(sums_).subspan(first, split_.sums());
      add_by_bits(bits_, set.first(split_.columns - 1), split_.low_bits);
      add_by_bits(bits_, set.subspan(split_.columns - 1), digit_bits_ - split_.low_bits);
    }
    bits_.sum();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = bits_[i];
  }

 private:
  unsigned digit_bits_;
  Split split_;
  Groups halves_;
  Groups bits_;
  std::vector<G1Affine> sums_;  // of the halves
};

}  // namespace

// Every bucket is added twice, as in running sums; but none of these sums waits for another one, so that nearly all
// share their inversion with a thousand others.
void weigh_buckets(std::span<const G1Affine> buckets, unsigned digit_bits, std::span<G1Affine> out) {
  const std::size_t buckets_a_set = std::size_t{1} << (digit_bits - 1);
  const std::size_t sets = buckets.size() / buckets_a_set;
  const std::size_t together = even_share(sets, std::max<std::size_t>(1, kBucketsInFlight / buckets_a_set));
  Weighing weighing(digit_bits);
  for (std::size_t first = 0; first < sets; first += together) {
    const std::size_t count = std::min(together, sets - first);
    weighing.weigh(buckets.subspan(first * buckets_a_set, count * buckets_a_set),
                   out.subspan(first * digit_bits, count * digit_bits));
  }
}

G1 sum_of_bits(std::span<const G1Affine> terms) {
  G1 out;
  for (std::size_t i = terms.size(); i-- > 0;) {
    if (!out.is_identity()) out = out.doubled();
    out += terms[i];
  }
  return out;
}

}  // namespace veil
