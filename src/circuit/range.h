// The one range gadget: low <= value <= high for every index of a box, exactly (attacks 6).
//
//   value - low = e_0 + 2^8 l_1 + 2^16 l_2 + ...,   e_0, l_j looked up in unsigned tables of their widths
// The lowest limb e_0 is virtual: the lookup's entry is the expression value - low - sum 2^(8j) l_j. Where high - low +
// 1 is no power of two, high - value is proven non-negative the same way.
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
};

inline constexpr unsigned kLimbBits = 8;
inline constexpr std::int64_t kMaxRangeBound = std::int64_t{1} << 60;

std::vector<LimbStep> add_range_proof(Circuit& circuit, const std::string& name, const Domain& domain,
                                      const Expression& value, std::int64_t low, std::int64_t high);
void fill_limbs(const Circuit& circuit, Trace& trace, const LimbStep& step);

// The circuit of a proof made once, at model setup: the same model tensors (names, shapes, ranges, order) and a range
// proof for each element of each (attacks 13). Derived, never supplied.
struct Registration {
  Circuit circuit;
  std::vector<LimbStep> steps;
};
Registration registration_circuit(const Circuit& inference);

}  // namespace veil
