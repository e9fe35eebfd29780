// Interval arithmetic on 128-bit integers, and the intervals that a circuit's constraints prove (validate.h).
#pragma once

#include <optional>
#include <vector>

#include "circuit/circuit.h"

namespace veil {

// Inclusive. Everything stays within +-2^120, or the operation has no result.
struct Interval {
  Int128 low = 0;
  Int128 high = 0;
  Int128 span() const { return high - low + 1; }
};

inline constexpr Int128 kIntervalLimit = static_cast<Int128>(1) << 120;

std::optional<Interval> add(const Interval& a, const Interval& b);
std::optional<Interval> multiply(const Interval& a, const Interval& b);

using ProvenRanges = std::vector<std::optional<Interval>>;  // by TensorId

// Of one term or form at any index of a domain; of an expression at any index of the box. Nothing: a tensor in it is
// not proven, or the integers could leave +-2^120.
std::optional<Interval> term_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const LinearTerm& term);
std::optional<Interval> form_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                      const Form& form);
std::optional<Interval> expression_interval(const Circuit& circuit, const ProvenRanges& ranges, const Domain& domain,
                                            const Expression& expression);

// True when the view reads every element of its tensor exactly once over the box: distinct box axes, each the length of
// the tensor's axis, or several that are its digits in a mixed radix; no offset.
bool covers_tensor(const Circuit& circuit, const Domain& domain, const View& view);
// One axis of it; marks the box axis as used.
bool covers_axis(const Domain& domain, const AxisIndex& index, std::int64_t length, std::vector<bool>& used);

// The number of places in an expression where a tensor or the constant 1 stands: what looking at it once costs.
std::size_t expression_size(const Expression& expression);

// The fixed points of the validator look at no more than this many places: a few seconds. What a hostile circuit leaves
// unproven by then is rejected; an honest one needs about as many rounds as its network has layers.
inline constexpr std::size_t kMaxValidatorWork = std::size_t{1} << 26;

// The ranges that follow from lookups and identities, to a fixed point (the rules of validate.h).
ProvenRanges proven_ranges(const Circuit& circuit);

}  // namespace veil
