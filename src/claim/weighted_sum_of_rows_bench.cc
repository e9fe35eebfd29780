// Folding a matrix of small integers, ns an entry, against one multiplication an entry (axpy).
#include <benchmark/benchmark.h>

#include <random>

#include "claim/weighted_sum_of_rows.h"
#include "field/arrays.h"

namespace veil {
namespace {

struct Case {
  IntegerArray entries;
  std::vector<Fr> weights;
  std::vector<Fr> out;

  Case(std::size_t rows, std::size_t columns, IntegerWidth width) : out(columns) {
    std::mt19937_64 random(1);
    IntegerBuffer buffer(rows * columns, width);
    for (std::size_t i = 0; i < rows * columns; ++i) {
      buffer.set(i, static_cast<std::int64_t>(random()) >> (64 - 8 * width_bytes(width)));
    }
    entries = std::move(buffer).finish();
    Fr weight = Fr::from_u64(random());
    for (std::size_t i = 0; i < rows; ++i) weights.push_back(weight *= Fr::from_u64(random()));
  }
};

void report(benchmark::State& state, std::size_t entries) {
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(entries),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// range: rows, columns, bytes an entry, transposed
void BM_WeightedSumOfRows(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto columns = static_cast<std::size_t>(state.range(1));
  Case c(rows, columns, static_cast<IntegerWidth>(state.range(2)));
  IntegerMatrixView matrix{c.entries.view().data(), c.entries.width(), rows, columns};
  matrix.row_stride = state.range(3) != 0 ? 1 : state.range(1);
  matrix.column_stride = state.range(3) != 0 ? state.range(0) : 1;
  for (auto _ : state) {
    weighted_sum_of_rows(c.weights, matrix, c.out);
    benchmark::DoNotOptimize(c.out.data());
  }
  report(state, rows * columns);
}
BENCHMARK(BM_WeightedSumOfRows)
    ->ArgsProduct({{4, 16, 256, 2048}, {256, 2048}, {1, 2, 8}, {0, 1}})
    ->Args({6144, 4096, 2, 0});

void BM_AxpyRows(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  Case c(rows, 256, IntegerWidth::k64);
  const std::vector<std::int64_t> entries = c.entries.to_vector();
  for (auto _ : state) {
    for (std::size_t i = 0; i < rows; ++i) axpy(c.out, c.weights[i], std::span(entries).subspan(i * 256, 256));
  }
  report(state, rows * 256);
}
BENCHMARK(BM_AxpyRows)->Arg(256);

}  // namespace
}  // namespace veil
