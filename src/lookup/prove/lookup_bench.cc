// LogUp-GKR of lookups in the table of 8 bits: the prover's answers with the verifier text around them, ns a lookup.
// Lookups of 2^(k-1), 2^(k-2), ..., 2^8 values and the table's 2^8 rows fill a tree of 2^k leaves. A tree that the
// segments fill by little more than half, as 2^17 lookups in one segment would, costs up to twice as much a lookup.
#include <benchmark/benchmark.h>

#include <random>

#include "checker/checker.h"
#include "lookup/prove/lookup_answers.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

struct LookupSource {
  LookupAnswers& answers;

  template <class Question>
  Fr next(const Question& question) {
    return answers.answer(question);
  }
};

void logup_gkr(benchmark::State& state) {
  set_num_threads(static_cast<std::size_t>(state.range(1)));
  const std::int64_t leaves = std::int64_t{1} << state.range(0);
  Circuit circuit;
  const TableId table = add_table(circuit, TableKind::kUnsigned, {8});
  std::mt19937_64 rng(1);
  std::vector<TensorId> tensors;
  for (std::int64_t size = leaves / 2; size >= 256; size /= 2) {
    const TensorId values = add_tensor(circuit, {"values" + std::to_string(size), {size}, 0, 255, Owner::kWitness, {}});
    Lookup lookup;
    lookup.name = "bytes";
    lookup.domain = {{size}, 1};
    lookup.table = table;
    lookup.entries.push_back(linear_expression({{1, whole_view(circuit, values)}}));
    circuit.lookups.push_back(std::move(lookup));
    tensors.push_back(values);
  }
  Trace trace = empty_trace(circuit);
  for (const TensorId values : tensors) {
    for (std::int64_t i = 0; i < circuit.tensors[values].shape[0]; ++i) {
      trace.values[values].push_back(static_cast<std::int64_t>(rng() % 256));
    }
  }
  fill_multiplicities(circuit, trace);
  const PublicValues none(circuit.tensors.size());
  for (auto _ : state) {
    LookupAnswers answers(circuit, trace);
    LookupSource source{answers};
    Transcript transcript;
    Native<LookupSource> checker(transcript, source);
    Claims<Native<LookupSource>> claims(checker, circuit, none);
    LookupArgument<Native<LookupSource>>(checker, circuit, claims).reduce();
    if (!checker.failed().empty()) state.SkipWithError("a check failed");
  }
  state.counters["each"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(leaves - 256),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(logup_gkr)
    ->ArgsProduct({{10, 14, 17, 20}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace veil
