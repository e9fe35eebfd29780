#include <benchmark/benchmark.h>

#include "hash/keccak256.h"
#include "hash/sha256.h"

namespace veil {
namespace {

template <Digest (*kHash)(ByteView)>
void hash(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(kHash(data));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(hash<keccak256>)->Name("keccak256")->Arg(64)->Arg(1 << 16);
BENCHMARK(hash<keccak256_in_eighths>)->Name("keccak256_in_eighths")->Arg(64)->Arg(1 << 16);
BENCHMARK(hash<sha256>)->Name("sha256")->Arg(64)->Arg(1 << 16);

}  // namespace
}  // namespace veil
