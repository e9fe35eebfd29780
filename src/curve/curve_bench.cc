#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "base/bytes.h"
#include "curve/batch_add.h"
#include "curve/generators.h"
#include "curve/hash_to_curve.h"
#include "curve/msm.h"
#include "field/test_support.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

// Figures are those of one core.
[[maybe_unused]] const bool kOneThread = (set_num_threads(1), true);

std::vector<std::int64_t> random_ints(std::size_t count, unsigned bits) {
  std::mt19937_64 rng(1);
  std::vector<std::int64_t> out(count);
  for (std::int64_t& value : out) value = static_cast<std::int64_t>(rng()) >> (64 - bits);
  return out;
}

void per_item(benchmark::State& state, std::size_t items) {
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(items),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// So many different points: the generators, and beyond them sums with one point again and again.
std::vector<G1Affine> many_points(std::size_t count) {
  const std::size_t known = std::min(count, kMaxGenerators);
  std::vector<G1Affine> points(generators(known).begin(), generators(known).end());
  points.resize(count);
  BatchAdder adder;
  for (std::size_t i = known; i < count; ++i) {
    adder.add(PointRef(&points[i - known]), PointRef(&blinding_generator()), &points[i]);
    if (i % known == known - 1) adder.flush();
  }
  adder.flush();
  return points;
}

void msm(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<G1Affine> points = many_points(count);
  std::mt19937_64 rng(2);
  std::vector<Fr> scalars(count);
  for (Fr& scalar : scalars) scalar = random_fr(rng);
  for (auto _ : state) benchmark::DoNotOptimize(veil::msm(points, scalars));
  per_item(state, count);
}
BENCHMARK(msm)
    ->Arg(1)
    ->Arg(8)
    ->Arg(16)
    ->Arg(32)
    ->Arg(64)
    ->Arg(128)
    ->RangeMultiplier(2)
    ->Range(256, 4096)
    ->Arg(1 << 16)
    ->Unit(benchmark::kMicrosecond);

void scalar_rows(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(1));
  const RowCommitter committer(columns);
  std::mt19937_64 rng(2);
  std::vector<Fr> scalars(columns * count);
  for (Fr& scalar : scalars) scalar = random_fr(rng);
  const std::vector<Fr> blinders(scalars.begin(), scalars.begin() + static_cast<std::ptrdiff_t>(count));
  for (auto _ : state) benchmark::DoNotOptimize(committer.commit_scalars(scalars, columns, blinders));
  per_item(state, count);
}
BENCHMARK(scalar_rows)->ArgsProduct({{64, 128, 256, 512}, {1, 8}})->Unit(benchmark::kMicrosecond);

void batch_addition(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<G1Affine> points(generators(2 * count).begin(), generators(2 * count).end());
  points.resize(3 * count);
  BatchAdder adder(static_cast<CpuLevel>(state.range(1)));
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) {
      adder.add(PointRef(&points[2 * i]), PointRef(&points[2 * i + 1]), &points[2 * count + i]);
    }
    adder.flush();
  }
  per_item(state, count);
}
BENCHMARK(batch_addition)->ArgsProduct({{64, 256, 1024, 2048}, {1, 2}});

void jacobian_mixed_addition(benchmark::State& state) {
  G1 sum = G1::generator().doubled();
  const G1Affine point = blinding_generator();
  for (auto _ : state) sum += point;
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(jacobian_mixed_addition);

void jacobian_addition(benchmark::State& state) {
  G1 sum = G1::generator().doubled();
  const G1 point = G1(blinding_generator()).doubled();
  for (auto _ : state) sum += point;
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(jacobian_addition);

void jacobian_doubling(benchmark::State& state) {
  G1 sum = G1::generator().doubled();
  for (auto _ : state) sum = sum.doubled();
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(jacobian_doubling);

void scalar_multiplication(benchmark::State& state) {
  std::mt19937_64 rng(3);
  const Fr scalar = random_fr(rng);
  G1 point = G1::generator();
  for (auto _ : state) point = point * scalar;
  benchmark::DoNotOptimize(point);
}
BENCHMARK(scalar_multiplication)->Unit(benchmark::kMicrosecond);

void fixed_base_multiplication(benchmark::State& state) {
  std::mt19937_64 rng(4);
  const Fr scalar = random_fr(rng);
  const FixedBase base(blinding_generator());
  for (auto _ : state) benchmark::DoNotOptimize(base * scalar);
}
BENCHMARK(fixed_base_multiplication)->Unit(benchmark::kMicrosecond);

void fixed_base_table(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(FixedBase(blinding_generator()));
}
BENCHMARK(fixed_base_table)->Unit(benchmark::kMicrosecond);

void row_committer_table(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(RowCommitter(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(row_committer_table)->Arg(64)->Arg(256)->Arg(1024)->Arg(4096)->Unit(benchmark::kMicrosecond);

void commit_row(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const RowCommitter committer(columns);
  const std::vector<std::int64_t> row = random_ints(columns, static_cast<unsigned>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(committer.commit(row));
  per_item(state, columns);
}
BENCHMARK(commit_row)->ArgsProduct({{64, 256, 1024, 4096}, {8, 16, 64}})->Unit(benchmark::kMicrosecond);

void commit_rows(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const RowCommitter committer(columns);
  const std::vector<std::int64_t> rows = random_ints(64 * columns, static_cast<unsigned>(state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(committer.commit_rows(rows, columns));
  per_item(state, rows.size());
}
BENCHMARK(commit_rows)->ArgsProduct({{64, 256, 1024, 4096}, {8, 16}})->Unit(benchmark::kMicrosecond);

void hash_to_curve(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(hash_to_g1(as_bytes("G"), kGeneratorsTag));
}
BENCHMARK(hash_to_curve)->Unit(benchmark::kMicrosecond);

void decompress(benchmark::State& state) {
  const auto bytes = compress(blinding_generator());
  for (auto _ : state) benchmark::DoNotOptimize(veil::decompress(bytes));
}
BENCHMARK(decompress)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace veil
