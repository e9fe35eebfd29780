#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "field/arrays.h"
#include "field/kernels/field_kernels.h"
#include "field/kernels/ifma.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

// Figures are those of one core.
[[maybe_unused]] const bool kOneThread = (set_num_threads(1), true);

constexpr std::size_t kCount = 1024;  // 32 KiB an array: in the cache

std::vector<Fr> random_frs() {
  std::mt19937_64 rng(1);
  std::vector<Fr> out(kCount);
  for (Fr& value : out) value = Fr::from_limbs({rng(), rng(), rng(), rng()});
  return out;
}

std::vector<std::int64_t> random_ints(unsigned bits) {
  std::mt19937_64 rng(2);
  std::vector<std::int64_t> out(kCount);
  for (std::int64_t& value : out) value = static_cast<std::int64_t>(rng()) >> (64 - bits);
  return out;
}

void per_element(benchmark::State& state) {
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kCount),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Operation>
void run_binary(benchmark::State& state, Operation operation) {
  std::vector<Fr> a = random_frs();
  const std::vector<Fr> b = random_frs();
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCount; ++i) a[i] = operation(a[i], b[i]);
    benchmark::DoNotOptimize(a.data());
    benchmark::ClobberMemory();
  }
  per_element(state);
}

constexpr MontgomeryConstants kConstants = montgomery_constants(Fr::kModulus);

void multiply(benchmark::State& state) {
  run_binary(state, [](const Fr& a, const Fr& b) { return a * b; });
}
BENCHMARK(multiply);

void multiply_portable(benchmark::State& state) {
  run_binary(state, [](const Fr& a, const Fr& b) {
    return Fr::from_raw(portable::multiply_mod(a.raw(), b.raw(), kConstants));
  });
}
BENCHMARK(multiply_portable);

void multiply_latency(benchmark::State& state) {
  Fr a = random_frs()[0];
  const Fr b = random_frs()[1];
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCount; ++i) a = a * b;
    benchmark::DoNotOptimize(a);
  }
  per_element(state);
}
BENCHMARK(multiply_latency);

void add(benchmark::State& state) {
  run_binary(state, [](const Fr& a, const Fr& b) { return a + b; });
}
BENCHMARK(add);

void subtract(benchmark::State& state) {
  run_binary(state, [](const Fr& a, const Fr& b) { return a - b; });
}
BENCHMARK(subtract);

void inverse(benchmark::State& state) {
  Fr a = random_frs()[0];
  for (auto _ : state) a = a.inverse() + Fr::one();
  benchmark::DoNotOptimize(a);
}
BENCHMARK(inverse);

void square_root(benchmark::State& state) {
  Fq a = Fq::from_u64(4);
  for (auto _ : state) benchmark::DoNotOptimize(a.sqrt());
}
BENCHMARK(square_root);

// The array kernels, by CPU level.
const FieldKernels& kernels(const benchmark::State& state) {
  return field_kernels(static_cast<CpuLevel>(state.range(0)));
}

template <class Operation>
void run_kernel(benchmark::State& state, Operation operation) {
  std::vector<Fr> a = random_frs();
  const std::vector<Fr> b = random_frs();
  for (auto _ : state) {
    operation(kernels(state), a, b);
    benchmark::DoNotOptimize(a.data());
    benchmark::ClobberMemory();
  }
  per_element(state);
  state.SetLabel(std::string(kernels(state).name));
}

void batch_inverse(benchmark::State& state) {
  run_kernel(state,
             [](const FieldKernels& k, std::vector<Fr>& a, const auto&) { k.batch_inverse_fr(a.data(), kCount); });
}
BENCHMARK(batch_inverse)->DenseRange(0, 2);

void square_roots(benchmark::State& state) {
  std::vector<Fq> values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = Fq::from_u64(i);
  for (auto _ : state) kernels(state).square_root_candidates(values.data(), kCount);
  per_element(state);
  state.SetLabel(std::string(kernels(state).name));
}
BENCHMARK(square_roots)->DenseRange(0, 2);

void inner_product(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, const std::vector<Fr>& a, const auto& b) {
    benchmark::DoNotOptimize(k.inner_product(a.data(), b.data(), kCount));
  });
}
BENCHMARK(inner_product)->DenseRange(0, 2);

void inner_product_int(benchmark::State& state) {
  const std::vector<std::int64_t> ints = random_ints(static_cast<unsigned>(state.range(1)));
  run_kernel(state, [&](const FieldKernels& k, const std::vector<Fr>& a, const auto&) {
    benchmark::DoNotOptimize(k.inner_product_int(a.data(), ints.data(), kCount));
  });
}
BENCHMARK(inner_product_int)->ArgsProduct({{0, 1, 2}, {8, 32, 64}});

void fold(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    k.fold(a.data(), a.data(), a.data() + kCount / 2, b[0], kCount / 2);
  });
}
BENCHMARK(fold)->DenseRange(0, 2);

void axpy(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    k.axpy(a.data(), b[0], b.data(), kCount);
  });
}
BENCHMARK(axpy)->DenseRange(0, 2);

void axpy_int(benchmark::State& state) {
  const std::vector<std::int64_t> ints = random_ints(8);
  run_kernel(state, [&](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    k.axpy_int(a.data(), b[0], ints.data(), kCount);
  });
}
BENCHMARK(axpy_int)->DenseRange(0, 2);

void combine_alternate(benchmark::State& state) {
  const std::vector<std::int64_t> ints = random_ints(static_cast<unsigned>(state.range(1)));
  run_kernel(state, [&](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    const IntegerColumns columns{1, {ints.data()}, {b[0]}};
    k.combine_alternate(a.data(), b[1], columns, 0, kCount / 2);
    k.combine_alternate(a.data() + kCount / 2, b[1], columns, 1, kCount / 2);
  });
}
BENCHMARK(combine_alternate)->ArgsProduct({{0, 1, 2}, {8, 64}});

void powers(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) { k.powers(a.data(), b[0], kCount); });
}
BENCHMARK(powers)->DenseRange(0, 2);

void scale(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    k.scale(a.data(), b[0], b.data(), kCount);
  });
}
BENCHMARK(scale)->DenseRange(0, 2);

// An element: an entry of a matrix of 1024 rows and 960 columns.
template <class T>
void run_weighted_rows(benchmark::State& state, void (*FieldKernels::*kernel)(Fr*, const Fr*, const T*, std::size_t,
                                                                              std::ptrdiff_t, std::size_t)) {
  constexpr std::size_t kColumns = 960;
  const std::vector<Fr> weights = random_frs();
  std::vector<Fr> out(kColumns);
  std::vector<T> data(kCount * kColumns);
  std::mt19937_64 rng(3);
  for (T& entry : data) entry = static_cast<T>(rng());
  for (auto _ : state) (kernels(state).*kernel)(out.data(), weights.data(), data.data(), kCount, kColumns, kColumns);
  state.counters["each"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(data.size()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
void add_weighted_rows_8(benchmark::State& state) { run_weighted_rows(state, &FieldKernels::add_weighted_rows_8); }
BENCHMARK(add_weighted_rows_8)->DenseRange(0, 2);
void add_weighted_rows_16(benchmark::State& state) { run_weighted_rows(state, &FieldKernels::add_weighted_rows_16); }
BENCHMARK(add_weighted_rows_16)->DenseRange(0, 2);

// Blocks of fractions as the lookups have them.
constexpr std::size_t kRows = 256;
struct FractionBlock {
  std::vector<Fr> values = random_frs();
  MutableFractions rows() { return {&values[0], &values[kRows], &values[2 * kRows], &values[3 * kRows]}; }
};
void per_row(benchmark::State& state) {
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kRows),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void add_fractions(benchmark::State& state) {  // an element: a row of the input
  FractionBlock rows, out;
  for (auto _ : state) kernels(state).add_fractions(out.rows(), rows.rows(), kRows / 2);
  per_row(state);
}
BENCHMARK(add_fractions)->DenseRange(0, 2);

// Rounds: an element is one of the half that is left.
void product_round(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    benchmark::DoNotOptimize(k.product_round(a.data(), b.data(), kCount / 2, kCount / 2));
    benchmark::DoNotOptimize(k.product_round(a.data(), b.data(), kCount / 2, kCount / 2));
  });
}
BENCHMARK(product_round)->DenseRange(0, 2);

void weighted_round(benchmark::State& state) {
  run_kernel(state, [](const FieldKernels& k, std::vector<Fr>& a, const auto& b) {
    benchmark::DoNotOptimize(k.weighted_round(b.data(), a.data(), b.data(), kCount / 2, kCount / 2));
    benchmark::DoNotOptimize(k.weighted_round(b.data(), a.data(), b.data(), kCount / 2, kCount / 2));
  });
}
BENCHMARK(weighted_round)->DenseRange(0, 2);

void fraction_round(benchmark::State& state) {
  FractionBlock low, high;
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels(state).fraction_round(low.rows().p0, low.rows(), high.rows(), kRows));
  }
  per_row(state);
}
BENCHMARK(fraction_round)->DenseRange(0, 2);

void fold_fraction_round(benchmark::State& state) {
  std::array<FractionBlock, 4> b;
  const FractionPairs from{{b[0].rows(), b[1].rows()}, {b[2].rows(), b[3].rows()}};
  const std::vector<Fr> eq = random_frs();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        kernels(state).fold_fraction_round(eq.data(), b[0].rows(), b[1].rows(), from, eq[0], kRows));
  }
  per_row(state);
}
BENCHMARK(fold_fraction_round)->DenseRange(0, 2);

#if defined(__x86_64__)
// Eight products at a time in registers: what the other IFMA kernels are made of. An element: one product.
constexpr std::size_t kRegisterProducts = 1024;

VEIL_IFMA_TARGET Fr multiply_in_registers(const Fr* a) {
  ifma::Octet chains[4] = {ifma::load(a), ifma::load(a + 8), ifma::load(a + 16), ifma::load(a + 24)};
  const ifma::Octet factor = ifma::load(a + 32);
  for (std::size_t i = 0; i < kRegisterProducts / 32; ++i) {
    for (ifma::Octet& chain : chains) chain = ifma::multiply<FrParams>(chain, factor);
  }
  Fr sum;
  for (const ifma::Octet& chain : chains) sum += ifma::sum_of_lanes<Fr, FrParams>(chain);
  return sum;
}
VEIL_IFMA_TARGET Fr fix_in_registers(const Fr* a) {
  ifma::Octet chains[4] = {ifma::load(a), ifma::load(a + 8), ifma::load(a + 16), ifma::load(a + 24)};
  const ifma::Fixed factor = ifma::fixed(a[32]);
  for (std::size_t i = 0; i < kRegisterProducts / 32; ++i) {
    for (ifma::Octet& chain : chains) chain = ifma::fix<FrParams>(chain, factor);
  }
  Fr sum;
  for (const ifma::Octet& chain : chains) sum += ifma::sum_of_lanes<Fr, FrParams>(chain);
  return sum;
}

void ifma_multiply(benchmark::State& state) {
  if (detect_cpu_level() < CpuLevel::kIfma) return state.SkipWithError("this machine has no AVX-512 IFMA");
  const std::vector<Fr> a = random_frs();
  for (auto _ : state) {
    benchmark::DoNotOptimize(state.range(0) == 0 ? multiply_in_registers(a.data()) : fix_in_registers(a.data()));
  }
  static_assert(kRegisterProducts == kCount);
  per_element(state);
  state.SetLabel(state.range(0) == 0 ? "variable" : "fixed");
}
BENCHMARK(ifma_multiply)->DenseRange(0, 1);
#endif

}  // namespace
}  // namespace veil
