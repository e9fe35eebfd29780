// What function_table.h says a lowering must prove, for a function with slopes of both signs: the validator sees that
// it determines y, and every change of the correction is found.
#include <gtest/gtest.h>

#include <algorithm>

#include "circuit/function_table.h"
#include "circuit/trace.h"
#include "circuit/validate.h"

namespace veil {
namespace {

// y = sin x for the 256 values of eight bits, all in one box.
class Sines {
 public:
  Circuit circuit;
  TensorId input = 0, correction = 0, y = 0;
  Trace trace;

  explicit Sines(std::int64_t correction_bits = 8) {
    const auto half_of_corrections = std::int64_t{1} << (correction_bits - 1);
    input = add("x", Owner::kInput, -128, 127, [](std::int64_t z) { return z; });
    const TensorId low = add("low", Owner::kWitness, 0, 7, [](std::int64_t z) { return z & 7; });
    const TensorId key = add("key", Owner::kWitness, -16, 15, [](std::int64_t z) { return z >> 3; });
    const TensorId base = add_column("base", 1);
    const TensorId slope = add_column("slope", 2);
    correction = add("c", Owner::kWitness, -half_of_corrections, half_of_corrections - 1,
                     [this](std::int64_t z) { return piece_value(p_, columns_, z) - columns_[1][row(z)]; });
    y = add("y", Owner::kPublic, -64, 63, [this](std::int64_t z) { return piece_value(p_, columns_, z); });
    circuit.identities.push_back({"split", box_, view(input) - view(key, 8) - view(low)});
    look_up("low", TableKind::kUnsigned, {p_.low_bits}, {view(low)});
    look_up("row", TableKind::kPieces, piece_list(p_), {view(key), view(base), view(slope)});
    look_up("c", TableKind::kUnsigned, {correction_bits}, {view(correction) + constant(half_of_corrections)});
    const Expression product{
        {}, {ProductTerm{1, {LinearTerm{1, whole_view(circuit, slope)}}, {LinearTerm{1, whole_view(circuit, low)}}}}};
    look_up("rem", TableKind::kUnsigned, {p_.slope_shift}, {product + constant(8) - view(correction, 16)});
    circuit.identities.push_back({"y", box_, view(y) - view(base) - view(correction)});
    trace.values.resize(circuit.tensors.size());
  }

  PieceExtremes extremes() const { return piece_extremes(p_, columns_); }

 private:
  template <class Value>
  TensorId add(const std::string& name, Owner owner, std::int64_t low, std::int64_t high, Value value) {
    std::optional<Meaning> meaning;
    if (owner != Owner::kWitness) meaning = Meaning{name, "", {}, {0}};
    const TensorId id = add_tensor(circuit, Tensor{name, {256}, low, high, owner, meaning});
    trace.values.resize(circuit.tensors.size());
    for (std::int64_t z = -128; z < 128; ++z) trace.values[id].push_back(value(z));
    return id;
  }
  TensorId add_column(const std::string& name, std::size_t column) {
    const auto [low, high] = std::minmax_element(columns_[column].begin(), columns_[column].end());
    return add(name, Owner::kWitness, *low, *high, [this, column](std::int64_t z) { return columns_[column][row(z)]; });
  }
  static std::size_t row(std::int64_t z) { return static_cast<std::size_t>((z >> 3) + 16); }
  void look_up(const std::string& name, TableKind kind, std::vector<std::int64_t> parameters,
               std::vector<Expression> entries) {
    const TableId table = add_table(circuit, kind, std::move(parameters));
    circuit.lookups.push_back(Lookup{name, box_, table, std::move(entries)});
  }
  Expression view(TensorId id, std::int64_t coefficient = 1) const {
    return linear_expression({LinearTerm{coefficient, whole_view(circuit, id)}});
  }
  static Expression constant(std::int64_t value) { return linear_expression({LinearTerm{value, one_view()}}); }

  PieceParameters p_{static_cast<std::int64_t>(SmoothFunction::kSin), 5, 3, -5, -6, 4, 7};
  Columns columns_ = function_pieces(piece_list(p_));
  Domain box_{{256}, 1};
};

TEST(SignedPieces, AreDeterminedAndHold) {
  Sines sines;
  EXPECT_LT(sines.extremes().least_correction, 0);
  EXPECT_GT(sines.extremes().largest_correction, 0);
  const Verdict verdict = validate_circuit(sines.circuit);
  EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
  fill_multiplicities(sines.circuit, sines.trace);
  EXPECT_EQ(check_trace(sines.circuit, sines.trace), std::nullopt);
}

TEST(SignedPieces, HaveOneCorrectionEach) {
  Sines sines;
  std::vector<std::int64_t>& corrections = sines.trace.values[sines.correction];
  std::vector<std::int64_t>& results = sines.trace.values[sines.y];
  for (std::size_t i = 0; i < corrections.size(); i += 5) {
    const std::int64_t right = corrections[i];
    const std::int64_t result = results[i];
    for (std::int64_t other = -130; other <= 130; ++other) {
      // y follows the correction, so that nothing but the remainder can object.
      corrections[i] = other;
      results[i] = result + other - right;
      const auto broken = check_trace(sines.circuit, sines.trace, false);
      EXPECT_EQ(broken.has_value(), other != right) << i << " " << other;
    }
    corrections[i] = right;
    results[i] = result;
  }
}

// A correction range that reaches beyond what the remainder tells apart is no danger: 2^g c is unique for all c.
TEST(SignedPieces, AreDeterminedByAnyRangeOfTheCorrection) {
  EXPECT_TRUE(validate_circuit(Sines(12).circuit).accepted());
}

}  // namespace
}  // namespace veil
