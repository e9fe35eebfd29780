// Exhaustive uniqueness of the range gadget at small widths (attacks 6): for every interval and every value there is
// exactly one way to fill the limbs inside the interval, and none outside.
#include "circuit/range.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

struct Gadget {
  Circuit circuit;
  TensorId value;
  std::vector<LimbStep> steps;

  Gadget(std::int64_t low, std::int64_t high) {
    value = add_tensor(circuit, Tensor{"value", {1}, low, high, Owner::kWitness, std::nullopt});
    const Domain box{{1}, 1};
    steps = add_range_proof(circuit, "range", box, linear_expression({LinearTerm{1, whole_view(circuit, value)}}), low,
                            high);
  }

  // How many fillings of the limbs satisfy the circuit at this value, limbs tried over a margin around their widths.
  std::size_t fillings(std::int64_t v) const {
    Trace trace = empty_trace(circuit);
    for (auto& tensor : trace.values) tensor.assign(1, 0);
    for (const Table& table : circuit.tables) {
      trace.values[table.multiplicity].assign(static_cast<std::size_t>(circuit.tensors[table.multiplicity].shape[0]),
                                              0);
    }
    trace.values[value][0] = v;
    std::vector<TensorId> limbs;
    for (const LimbStep& step : steps) limbs.insert(limbs.end(), step.limbs.begin(), step.limbs.end());
    std::size_t count = 0;
    try_limbs(trace, limbs, 0, count);
    return count;
  }

  void try_limbs(Trace& trace, const std::vector<TensorId>& limbs, std::size_t at, std::size_t& count) const {
    if (at == limbs.size()) {
      count += check_trace(circuit, trace, false) ? 0u : 1u;
      return;
    }
    for (std::int64_t limb = -2; limb <= circuit.tensors[limbs[at]].high + 2; ++limb) {
      trace.values[limbs[at]][0] = limb;
      try_limbs(trace, limbs, at + 1, count);
    }
  }
};

TEST(RangeGadget, HasOneFillingInsideAndNoneOutside) {
  for (const auto& [low, high] : std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0},
                                                                                    {0, 1},
                                                                                    {0, 2},
                                                                                    {-3, 4},
                                                                                    {-8, 7},
                                                                                    {0, 9},
                                                                                    {5, 104},
                                                                                    {0, 255},
                                                                                    {-128, 127},
                                                                                    {0, 256},
                                                                                    {0, 300},
                                                                                    {-300, 211}}) {
    const Gadget gadget(low, high);
    for (std::int64_t v = low - 5; v <= high + 5; ++v) {
      EXPECT_EQ(gadget.fillings(v), v >= low && v <= high ? 1u : 0u) << v << " in [" << low << ", " << high << "]";
    }
  }
}

TEST(RangeGadget, CoversEveryShiftOfARemainder) {
  for (unsigned shift = 1; shift <= 20; ++shift) {
    const std::int64_t high = (std::int64_t{1} << shift) - 1;
    Gadget gadget(0, high);
    for (const std::int64_t v :
         {std::int64_t{0}, std::int64_t{1}, high / 2, high, high + 1, 2 * high + 1, std::int64_t{-1}}) {
      Trace trace = empty_trace(gadget.circuit);
      trace.values[gadget.value] = {v};
      for (const LimbStep& step : gadget.steps) fill_limbs(gadget.circuit, trace, step);
      fill_multiplicities(gadget.circuit, trace);
      EXPECT_EQ(check_trace(gadget.circuit, trace) == std::nullopt, v >= 0 && v <= high) << v << " shift " << shift;
    }
  }
}

}  // namespace
}  // namespace veil
