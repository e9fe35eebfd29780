#include "lookup/check/segments.h"

#include <algorithm>

#include "circuit/tables.h"
#include "claim/claims.h"
#include "poly/eq.h"

namespace veil {

FractionTree fraction_tree(const Circuit& circuit) {
  FractionTree tree;
  for (std::size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Domain& domain = circuit.lookups[i].domain;
    const auto bits = static_cast<unsigned>(axes_bits(domain, box_axes(domain)));
    tree.segments.push_back({LeafSegment::Kind::kLookup, i, bits, 0});
  }
  for (std::size_t i = 0; i < circuit.tables.size(); ++i) {
    tree.segments.push_back({LeafSegment::Kind::kTable, i, log2_ceil(table_rows(circuit.tables[i])), 0});
  }
  std::stable_sort(tree.segments.begin(), tree.segments.end(),
                   [](const LeafSegment& a, const LeafSegment& b) { return a.bits > b.bits; });
  std::size_t leaves = 0;
  for (LeafSegment& segment : tree.segments) {
    segment.first = leaves;
    leaves += std::size_t{1} << segment.bits;
  }
  tree.depth = std::max(1u, log2_ceil(leaves));
  return tree;
}

}  // namespace veil
