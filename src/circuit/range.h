// The one range gadget: low <= value <= high for every index of a box, exactly (attacks 6).
//
//   value - low = e_0 + 2^w l_1 + 2^2w l_2 + ...,   e_0, l_j looked up in unsigned tables of their widths, w at most
// The lowest limb e_0 is virtual: the lookup's entry is the expression value - low - sum 2^(wj) l_j. Where high - low +
// 1 is no power of two, high - value is proven non-negative the same way.
//
// w is 8, or 16 where the values are so many that a table of 65,536 rows costs less than a second lookup for each
// (docs/decisions/044).
#pragma once

#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/trace.h"

namespace veil {

// How the committed limbs of one range proof follow from the trace: limb j of (expression + offset).
struct LimbStep {
  Domain domain;
  Expression value;              // non-negative in an honest trace
  std::vector<TensorId> limbs;   // upper limbs, low to high; the lowest is virtual
  std::vector<unsigned> shifts;  // limb j = value >> shifts[j], the low widths[j] bits of it
  std::vector<unsigned> widths;
  std::size_t lowest = 0;     // the lookup of the lowest limb,
  unsigned lowest_width = 0;  // and its width
};

inline constexpr unsigned kLimbBits = 8;
inline constexpr unsigned kWideLimbBits = 16;
inline constexpr std::int64_t kMaxRangeBound = std::int64_t{1} << 60;

std::vector<LimbStep> add_range_proof(Circuit& circuit, const std::string& name, const Domain& domain,
                                      const Expression& value, std::int64_t low, std::int64_t high,
                                      unsigned limb_bits = kLimbBits);
void fill_limbs(const Circuit& circuit, Trace& trace, const LimbStep& step);

// The circuit of a proof made once, at model setup: the same model tensors (names, shapes, ranges, order) and a range
// proof for each element of each (attacks 13). Derived, never supplied. Limbs are wide where kManyWeights elements or
// more have more than kLimbBits bits.
inline constexpr std::int64_t kManyWeights = std::int64_t{1} << kWideLimbBits;
struct Registration {
  Circuit circuit;
  std::vector<LimbStep> steps;
};
Registration registration_circuit(const Circuit& inference);

}  // namespace veil
