// The parts of a registration: every row of the model is a row of one part, with the same integers at the same columns.
#include "verify/registration.h"

#include <gtest/gtest.h>

#include <random>

namespace veil {
namespace {

Circuit random_model(std::mt19937_64& random) {
  Circuit circuit;
  const std::size_t count = 1 + random() % 5;
  for (std::size_t i = 0; i < count; ++i) {
    Shape shape;
    for (std::size_t rank = random() % 5; rank > 0; --rank) {
      shape.push_back(1 + static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 3 : 20)));
    }
    const Owner owner = random() % 5 == 0 ? Owner::kWitness : Owner::kModel;
    add_tensor(circuit, Tensor{"t" + std::to_string(i), shape, -128, 127, owner, std::nullopt});
  }
  return circuit;
}

std::vector<std::int64_t> random_entries(const Shape& shape, std::mt19937_64& random) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(shape_size(shape)));
  for (std::int64_t& value : out) value = static_cast<std::int64_t>(random() % 256) - 128;
  return out;
}

// The slice by its definition: the entries whose index along the axis lies in it.
std::vector<std::int64_t> entries_of(const Circuit& circuit, const RegistrationSlice& slice,
                                     const std::vector<std::int64_t>& values) {
  if (!slice.length) return values;
  const Shape& shape = circuit.tensors[slice.tensor].shape;
  std::size_t inner = 1;
  for (std::size_t d = slice.axis + 1; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i / inner) % shape[slice.axis];
    if (at >= slice.begin && at < slice.begin + *slice.length) out.push_back(values[i]);
  }
  return out;
}

void check_parts(const Circuit& circuit, unsigned log_columns, const PartLimits& limits, std::mt19937_64& random) {
  const RowLayout layout(circuit, log_columns);
  Trace trace = empty_trace(circuit);
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    trace.values[id] = random_entries(circuit.tensors[id].shape, random);
  }
  const RowMatrix whole = layout.matrix(trace, Owner::kModel);
  std::size_t next = layout.rows(Owner::kModel).first;
  for (const RegistrationPart& part : registration_parts(circuit, layout, limits)) {
    const Registration registration = registration_circuit(circuit, part);
    Trace own = empty_trace(registration.circuit);
    for (std::size_t i = 0; i < part.slices.size(); ++i) {
      own.values[i] = entries_of(circuit, part.slices[i], trace.values[part.slices[i].tensor]);
    }
    const RowLayout own_layout(registration.circuit, log_columns);
    const RowMatrix rows = own_layout.matrix(own, Owner::kModel);
    ASSERT_EQ(part.rows.first, next);
    ASSERT_EQ(part.rows.count, own_layout.rows(Owner::kModel).count);
    EXPECT_EQ(rows.entries(own_layout.rows(Owner::kModel)), whole.entries(part.rows));
    next += part.rows.count;
  }
  EXPECT_EQ(next, layout.rows(Owner::kModel).count);
}

TEST(Registration, PartsAreTheRowsOfTheModel) {
  std::mt19937_64 random(7);
  for (int trial = 0; trial < 400; ++trial) {
    const Circuit circuit = random_model(random);
    for (const unsigned log_columns : {1u, 3u, 6u}) {
      for (const PartLimits limits : {PartLimits{}, PartLimits{2, 4}, PartLimits{4, 6}, PartLimits{5, 5}}) {
        check_parts(circuit, log_columns, limits, random);
      }
    }
  }
}

TEST(Registration, AModelOfFewWeightsIsOnePartAndItsTensorsAreUnchanged) {
  std::mt19937_64 random(8);
  for (int trial = 0; trial < 50; ++trial) {
    const Circuit circuit = random_model(random);
    const auto parts = registration_parts(circuit, RowLayout(circuit, 3));
    ASSERT_LE(parts.size(), 1u);
    if (!parts.empty()) {
      EXPECT_EQ(registration_circuit(circuit, parts[0]).circuit, registration_circuit(circuit).circuit);
    }
  }
}

// Of whatever shape the first axis can be cut: before the row/column cut, within it, a whole row left over or less.
TEST(Registration, LongAxesAreCutInWholeRows) {
  std::mt19937_64 random(9);
  for (const Shape& shape : {Shape{67, 5}, Shape{64, 5}, Shape{65, 3}, Shape{130}, Shape{1, 129}, Shape{33, 2, 3},
                             Shape{1, 70, 1, 2}, Shape{16, 16}, Shape{40, 40}, Shape{5, 300}}) {
    Circuit circuit;
    add_tensor(circuit, Tensor{"w", shape, -128, 127, Owner::kModel, std::nullopt});
    add_tensor(circuit, Tensor{"b", {3}, -128, 127, Owner::kModel, std::nullopt});
    for (const unsigned log_columns : {1u, 2u, 3u, 4u, 5u, 6u}) {
      for (const PartLimits limits : {PartLimits{1, 2}, PartLimits{5, 6}, PartLimits{6, 7}, PartLimits{7, 8}}) {
        check_parts(circuit, log_columns, limits, random);
      }
    }
  }
}

TEST(Registration, PartsStayWithinTheirLimit) {
  Circuit circuit;
  add_tensor(circuit, Tensor{"w", {512, 512, 3, 3}, -32768, 32767, Owner::kModel, std::nullopt});
  add_tensor(circuit, Tensor{"v", {10, 512}, -32768, 32767, Owner::kModel, std::nullopt});
  const auto parts = registration_parts(circuit, RowLayout(circuit, 12));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].slices.size(), 7u);  // of 2^19 cells
  EXPECT_EQ(parts[1].slices.size(), 2u);
}

}  // namespace
}  // namespace veil
