#include "commit/layout.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "claim/claims.h"
#include "field/test_support.h"
#include "poly/eq.h"

namespace veil {
namespace {

Weight random_weight(std::mt19937_64& random, std::size_t length, int kind) {
  if (kind == 0) {
    NamedPoint point{"T", {}};
    for (unsigned i = 0; i < log2_ceil(length); ++i) point.coordinates.push_back(random_fr(random));
    return eq_weight(point, 0, point.coordinates.size(), length);
  }
  std::vector<Fr> values;
  for (std::size_t i = 0; i < length; ++i) values.push_back(random_fr(random));
  Weight weight;
  weight.values = std::move(values);
  return weight;
}

// <rows x columns, M> summed over parts, with garbage wherever no tensor lives.
Fr evaluate_parts(const RowLayout& layout, const std::vector<Fr>& matrix, const std::vector<WeightPart>& parts) {
  Fr sum;
  for (const WeightPart& part : parts) {
    for (const auto& [row, weight] : part.rows) {
      std::vector<Fr> columns(layout.columns());
      part.add_columns(columns, weight);
      for (std::size_t j = 0; j < columns.size(); ++j) sum += columns[j] * matrix[row * layout.columns() + j];
    }
  }
  return sum;
}

// Tensors of every width, up to the largest integers of a lying trace.
std::int64_t random_integer(std::mt19937_64& random, TensorId id) {
  return static_cast<std::int64_t>(random()) >> (std::array{60, 56, 48, 32, 0}[id % 5]);
}

// The matrix holds every tensor at its cells and zeros elsewhere, whether a trace shares its tensors or not; a row is
// no wider than it needs.
void check_matrix(const RowLayout& layout, const Trace& trace, const std::vector<std::int64_t>& cells) {
  const RowRange all{0, layout.total_rows()};
  const RowMatrix own = layout.matrix(trace);
  EXPECT_EQ(own.entries(all), cells);
  Trace sharing = trace;
  for (std::vector<std::int64_t>& values : sharing.values) {
    sharing.shared.emplace_back(values);
    values.clear();
  }
  EXPECT_EQ(layout.matrix(sharing).entries(all), cells);
  const RowMatrix again(layout.columns(), cells);
  EXPECT_EQ(again.entries(all), cells);
  for (const RowMatrix* matrix : std::initializer_list<const RowMatrix*>{&own, &again}) {
    std::size_t rows = 0;
    for (const RowBlock& block : matrix->blocks()) {
      EXPECT_EQ(block.rows.first, rows);
      rows += block.rows.count;
      EXPECT_EQ(block.entries.size(), block.rows.count * layout.columns());
      const std::vector<std::int64_t> values = block.entries.to_vector();
      EXPECT_LE(block.entries.width(), narrowest_width(values)) << "room that nothing needs";
    }
    EXPECT_EQ(rows, all.count);
  }
  for (const Owner owner : {Owner::kModel, Owner::kInput, Owner::kWitness}) {
    const RowRange& rows = layout.rows(owner);
    const auto first = cells.begin() + static_cast<std::ptrdiff_t>(rows.first * layout.columns());
    const std::vector<std::int64_t> expected(first, first + static_cast<std::ptrdiff_t>(rows.count * layout.columns()));
    EXPECT_EQ(layout.matrix(trace, owner).entries(rows), expected);
    EXPECT_EQ(own.entries(rows), expected);
  }
}

void check_layout(const Circuit& circuit, unsigned log_columns, std::mt19937_64& random) {
  const RowLayout layout(circuit, log_columns);
  std::map<std::pair<std::size_t, std::size_t>, TensorId> used;
  Trace trace = empty_trace(circuit);
  std::vector<Fr> matrix(layout.total_rows() * layout.columns());
  for (Fr& cell : matrix) cell = random_fr(random);
  std::vector<std::int64_t> cells(matrix.size(), 0);
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    const Tensor& tensor = circuit.tensors[id];
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    for (std::int64_t i = 0; i < shape_size(tensor.shape); ++i) {
      const RowLayout::Cell cell = layout.cell(id, index);
      ASSERT_TRUE(used.emplace(std::make_pair(cell.row, cell.column), id).second) << "a cell has two owners";
      const RowRange& rows = layout.rows(tensor.owner);
      ASSERT_TRUE(cell.row >= rows.first && cell.row < rows.first + rows.count && cell.column < layout.columns());
      trace.values[id].push_back(random_integer(random, id));
      cells[cell.row * layout.columns() + cell.column] = trace.values[id].back();
      matrix[cell.row * layout.columns() + cell.column] = Fr::from_int(trace.values[id].back());
      for (std::size_t d = index.size(); d-- > 0;) {
        if (++index[d] < tensor.shape[d]) break;
        index[d] = 0;
      }
    }
  }
  check_matrix(layout, trace, cells);
  for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
    std::vector<Weight> weights;
    for (const std::int64_t length : circuit.tensors[id].shape) {
      weights.push_back(random_weight(random, static_cast<std::size_t>(length), static_cast<int>(random() % 2)));
    }
    EXPECT_EQ(evaluate_parts(layout, matrix, layout.parts(id, weights)), weighted_sum(trace.values[id], weights));
  }
}

TEST(Layout, CellsAreDisjointAndPaddingIsHarmless) {
  std::mt19937_64 random(10);
  for (int trial = 0; trial < 150; ++trial) {
    Circuit circuit;
    const std::size_t count = 1 + random() % 6;
    for (std::size_t k = 0; k < count; ++k) {
      Shape shape(random() % 4);
      for (std::int64_t& length : shape) length = 1 + static_cast<std::int64_t>(random() % 9);
      add_tensor(circuit, Tensor{"t" + std::to_string(k), shape, 0, 0, static_cast<Owner>(random() % 3), std::nullopt});
    }
    check_layout(circuit, static_cast<unsigned>(random() % 6), random);
  }
}

// Attacks 14: an axis across the cut, every odd length against every number of columns.
TEST(Layout, AnAxisAcrossTheCutIsASumOfProducts) {
  std::mt19937_64 random(11);
  for (std::int64_t length = 1; length <= 33; length += 2) {
    for (unsigned log_columns = 0; log_columns <= 6; ++log_columns) {
      Circuit circuit;
      add_tensor(circuit, Tensor{"a", {length}, 0, 0, Owner::kWitness, std::nullopt});
      add_tensor(circuit, Tensor{"b", {3, length, 5}, 0, 0, Owner::kWitness, std::nullopt});
      check_layout(circuit, log_columns, random);
    }
  }
}

}  // namespace
}  // namespace veil
