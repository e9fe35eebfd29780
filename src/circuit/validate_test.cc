// Hostile circuits (attacks 1, 5, 6): each a named rejection.
#include "circuit/validate.h"

#include <gtest/gtest.h>

#include "circuit/range.h"
#include "circuit/tables.h"

namespace veil {
namespace {

Expression view_of(const Circuit& circuit, TensorId id, std::int64_t coefficient = 1) {
  return linear_expression({LinearTerm{coefficient, whole_view(circuit, id)}});
}
Expression constant(std::int64_t value) { return linear_expression({LinearTerm{value, one_view()}}); }

// y = w * x, rescaled by 2^4 without saturation: limbs of y and of the remainder.
struct Small {
  Circuit circuit;
  TensorId w, x, y;
  Domain box{{3}, 1};

  explicit Small(bool range_input = true) {
    w = add_tensor(circuit, Tensor{"w", {3}, -8, 7, Owner::kModel, std::nullopt});
    x = add_tensor(circuit, Tensor{"x", {3}, 0, 15, Owner::kInput, Meaning{"x", "", {}, {0}}});
    if (range_input) add_range_proof(circuit, "x/range", box, view_of(circuit, x), 0, 15);
    y = add_tensor(circuit, Tensor{"y", {3}, -8, 7, Owner::kWitness, std::nullopt});
    add_range_proof(circuit, "y/range", box, view_of(circuit, y), -8, 7);
    add_range_proof(circuit, "y/rem", box, remainder(), 0, 15);
  }
  Expression remainder() const {
    const Expression acc{
        {}, {ProductTerm{1, {LinearTerm{1, whole_view(circuit, w)}}, {LinearTerm{1, whole_view(circuit, x)}}}}};
    return acc + constant(8) - view_of(circuit, y, 16);
  }
};

std::string name_of(const Circuit& circuit) { return validate_circuit(circuit).name(); }

TEST(Validate, AcceptsACircuitWhoseRangesFollow) {
  const Verdict verdict = validate_circuit(Small().circuit);
  EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
}

TEST(Validate, RejectsAFreeTensorAddedToTheResult) {
  Small small;
  const TensorId extra = add_tensor(small.circuit, Tensor{"extra", {3}, 0, 15, Owner::kWitness, std::nullopt});
  add_range_proof(small.circuit, "extra/range", small.box, view_of(small.circuit, extra), 0, 15);
  EXPECT_EQ(validate_circuit(small.circuit).name(), "circuit/free");
  EXPECT_EQ(validate_circuit(small.circuit).detail(), "extra");
  // ... and hidden in the remainder's equation: then neither y nor the remainder is unique.
  Lookup& rem = small.circuit.lookups[2];
  ASSERT_EQ(rem.name, "y/rem.0");
  rem.entries[0] = std::move(rem.entries[0]) + view_of(small.circuit, extra);
  EXPECT_EQ(name_of(small.circuit), "circuit/free");
}

TEST(Validate, RejectsAMissingCheckOfTheRemainder) {
  Small small;
  small.circuit.lookups.erase(small.circuit.lookups.begin() + 2);
  EXPECT_EQ(name_of(small.circuit), "circuit/free");
}

TEST(Validate, RejectsAMissingCheckOfTheQuotient) {
  Small small;
  small.circuit.lookups.erase(small.circuit.lookups.begin() + 1);
  EXPECT_EQ(name_of(small.circuit), "circuit/range");
}

TEST(Validate, RejectsAnInputWithoutRangeProofOrMeaning) {
  EXPECT_EQ(name_of(Small(false).circuit), "circuit/range");
  Small small;
  small.circuit.tensors[small.x].meaning.reset();
  EXPECT_EQ(name_of(small.circuit), "circuit/input");
}

TEST(Validate, RejectsADeclaredRangeThatIsNotTheProvenOne) {
  Small small;
  small.circuit.tensors[small.y].high = 6;
  EXPECT_EQ(name_of(small.circuit), "circuit/range");
}

TEST(Validate, RejectsARemainderCheckedTooWidely) {
  Small small;  // 5 bits for a remainder below 2^4: two outputs for one input
  add_table(small.circuit, TableKind::kUnsigned, {5});
  for (TableId id = 0; id < small.circuit.tables.size(); ++id) {
    if (small.circuit.tables[id].parameters[0] == 5) small.circuit.lookups[2].table = id;
  }
  EXPECT_EQ(name_of(small.circuit), "circuit/free");
}

TEST(Validate, RejectsAViewThatUsesAnAxisTwice) {
  Small small;
  View view = view_by_axes(small.x, {0});
  view.index[0].terms.push_back(AxisTerm{0, 1});
  small.circuit.identities.push_back(Identity{"twice", small.box, linear_expression({LinearTerm{0, view}})});
  EXPECT_EQ(name_of(small.circuit), "circuit/view");
}

TEST(Validate, RejectsAnExpressionThatCouldWrapAround) {
  Small small;
  Expression big{{}, {}};
  Form huge{LinearTerm{std::int64_t{1} << 59, whole_view(small.circuit, small.x)}};
  big.products.push_back(ProductTerm{std::int64_t{1} << 59, huge, huge});
  small.circuit.identities.push_back(Identity{"big", small.box, big});
  EXPECT_EQ(name_of(small.circuit), "circuit/wrap");
}

TEST(Validate, RejectsAMultiplicityWithAnotherUse) {
  Small small;
  const TensorId counts = small.circuit.tables[0].multiplicity;
  small.circuit.identities.push_back(
      Identity{"use", Domain{{16}, 1}, linear_expression({LinearTerm{0, whole_view(small.circuit, counts)}})});
  EXPECT_EQ(name_of(small.circuit), "circuit/table");
  Small twice;
  Table table = twice.circuit.tables[0];
  twice.circuit.tables.push_back(table);
  EXPECT_EQ(name_of(twice.circuit), "circuit/table");
}

// 33 of 2^16 rows: everybody who checks a key generates all of them.
TEST(Validate, RejectsTablesOfMoreRowsThanTheLimit) {
  Small small;
  int added = 0;
  for (std::int64_t scale = 0; scale < 1000 && added < 33; ++scale) {
    const std::vector<std::int64_t> parameters{1, 16, 0, -1 - scale % 16, -1 - scale / 16, 0, 16, 0, 0};
    if (!table_is_known(TableKind::kPieces, parameters)) continue;
    add_table(small.circuit, TableKind::kPieces, parameters);
    ++added;
  }
  ASSERT_EQ(added, 33);
  EXPECT_EQ(name_of(small.circuit), "circuit/size");
}

TEST(Validate, RejectsTwoTensorsOfOneName) {
  Small small;
  small.circuit.tensors[small.w].name = "x";
  EXPECT_EQ(name_of(small.circuit), "circuit/name");
}

TEST(ReadCircuit, RoundTripsAndRefusesWhatIsNotCanonical) {
  const Circuit circuit = Small().circuit;
  Writer writer;
  write_circuit(writer, circuit);
  Reader reader(writer.bytes());
  const auto again = read_circuit(reader);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*again == circuit);
  EXPECT_TRUE(reader.at_end());
  for (std::size_t size = 0; size < writer.bytes().size(); ++size) {
    Reader cut(ByteView(writer.bytes()).first(size));
    EXPECT_FALSE(read_circuit(cut).ok()) << size;
  }
  for (std::size_t at = 0; at < writer.bytes().size(); ++at) {  // a flipped byte: refused, or another circuit
    Bytes bad = writer.bytes();
    bad[at] ^= 0x81;
    Reader flipped(bad);
    const auto other = read_circuit(flipped);
    if (other.ok()) {
      EXPECT_FALSE(*other == circuit) << at;
    }
  }
}

TEST(ReadCircuit, RefusesATableOutsideTheRegistry) {
  Circuit circuit = Small().circuit;
  circuit.tables[0].parameters = {40};
  Writer writer;
  write_circuit(writer, circuit);
  Reader reader(writer.bytes());
  EXPECT_FALSE(read_circuit(reader).ok());
}

}  // namespace
}  // namespace veil
