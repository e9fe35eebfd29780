#include "lookup/prove/neighbours.h"

namespace veil {

namespace {

// Products of steps stay below 2^50: one digit for the kernels.
constexpr std::uint64_t kBound = std::uint64_t{1} << 24;

constexpr std::array<std::int64_t, 2 * Leaves::kMaxRows> kZeros{};

// A value of -kBound .. kBound - 1 leaves no bits here.
std::uint64_t excess(std::int64_t value) { return (static_cast<std::uint64_t>(value) + kBound) & ~(2 * kBound - 1); }

// Without overflow: values that are too large have been seen, and what they give is not used.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

}  // namespace

bool Neighbours::take(const std::int64_t* v) {
  if (v == nullptr) v = kZeros.data();
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Leaves::kMaxRows; ++i) {
    const std::int64_t v0 = v[2 * i], v1 = v[2 * i + 1];
    seen |= excess(v0) | excess(v1);
    sums[i] = sum(v0, v1);
    products[i] = product(v0, v1);
  }
  return seen == 0;
}

bool Neighbours::take_steps(const std::int64_t* low, const std::int64_t* high) {
  if (low == nullptr) low = kZeros.data();
  if (high == nullptr) high = kZeros.data();
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Leaves::kMaxRows; ++i) {
    const std::size_t a = 2 * i, b = 2 * i + 1;
    seen |= excess(low[a]) | excess(low[b]) | excess(high[a]) | excess(high[b]);
    const std::int64_t v0 = difference(high[a], low[a]), v1 = difference(high[b], low[b]);
    sums[i] = sum(v0, v1);
    products[i] = product(v0, v1);
  }
  return seen == 0;
}

}  // namespace veil
