// Rows of fractions in blocks that fit a cache, and room for them.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "field/arrays.h"

namespace veil {

inline constexpr std::size_t kBlockRows = 256;
inline constexpr std::size_t kElementsPerRow = 4;  // p0, p1, q0, q1

// Elements on whole cache lines that nobody writes before they are used: a new page is touched once, when it is
// filled.
class FrRoom {
 public:
  explicit FrRoom(std::size_t size);
  Fr* data() const { return room_.get(); }

 private:
  struct Free {
    std::size_t alignment;
    void operator()(Fr* room) const;
  };
  std::unique_ptr<Fr, Free> room_{nullptr, Free{0}};
};

// Rows of a layer, in a room: full blocks, or the one block of a smaller layer. A block is its four arrays one behind
// the other.
struct FractionBlocks {
  Fr* data = nullptr;
  std::size_t rows = 0;    // of a block
  std::size_t blocks = 0;  // that are stored; behind them is only filler

  MutableFractions block(std::size_t index) const {
    Fr* at = data + index * kElementsPerRow * rows;
    return {at, at + rows, at + 2 * rows, at + 3 * rows};
  }
};

void fill_numerators(const MutableFractions& rows, std::size_t count, const Fr& numerator);
// `count` rows of filler, 0/1 and 0/1.
void fill_filler(const MutableFractions& rows, std::size_t count);

// One block of filler, with lambda q1 added to p1.
class FillerBlock {
 public:
  explicit FillerBlock(const Fr& lambda);
  Fractions rows() const;

 private:
  std::vector<Fr> elements_;
};

}  // namespace veil
