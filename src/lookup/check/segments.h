// The leaves of the one fraction tree: a segment for each lookup and each table, widest first, so each is aligned.
#pragma once

#include <cstddef>
#include <vector>

#include "circuit/circuit.h"

namespace veil {

struct LeafSegment {
  enum class Kind { kLookup, kTable } kind;
  std::size_t index;  // into circuit.lookups or circuit.tables
  unsigned bits;      // the segment has 2^bits leaves
  std::size_t first;  // its first leaf, a multiple of 2^bits
};

struct FractionTree {
  std::vector<LeafSegment> segments;
  unsigned depth = 1;  // 2^depth leaves
};

FractionTree fraction_tree(const Circuit& circuit);

}  // namespace veil
