#include "lookup/prove/fraction_blocks.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <new>

namespace veil {

namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

}  // namespace

// A large room asks for huge pages: touching its pages one by one would cost as much as the arithmetic on them.
FrRoom::FrRoom(std::size_t size) {
  const std::size_t bytes = (size * sizeof(Fr) + kCacheLine - 1) / kCacheLine * kCacheLine;
  const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kCacheLine;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* room = ::operator new (whole, std::align_val_t{alignment});
  room_ = std::unique_ptr<Fr, Free>(static_cast<Fr*>(room), Free{alignment});
#if defined(__linux__)
  if (alignment == kHugePage) static_cast<void>(madvise(room, bytes / kHugePage * kHugePage, MADV_HUGEPAGE));
#endif
}

void FrRoom::Free::operator()(Fr* room) const { ::operator delete (room, std::align_val_t{alignment}); }

void fill_numerators(const MutableFractions& rows, std::size_t count, const Fr& numerator) {
  std::fill_n(rows.p0, count, numerator);
  std::fill_n(rows.p1, count, numerator);
}

void fill_filler(const MutableFractions& rows, std::size_t count) {
  fill_numerators(rows, count, Fr::zero());
  std::fill_n(rows.q0, count, Fr::one());
  std::fill_n(rows.q1, count, Fr::one());
}

FillerBlock::FillerBlock(const Fr& lambda) : elements_(kElementsPerRow * kBlockRows) {
  const MutableFractions rows = FractionBlocks{elements_.data(), kBlockRows, 1}.block(0);
  fill_filler(rows, kBlockRows);
  std::fill_n(rows.p1, kBlockRows, lambda);
}

Fractions FillerBlock::rows() const {
  const Fr* at = elements_.data();
  return {at, at + kBlockRows, at + 2 * kBlockRows, at + 3 * kBlockRows};
}

}  // namespace veil
