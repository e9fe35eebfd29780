// LogUp-GKR of one lookup in the table of 8 bits: the prover's answers with the verifier text around them, ns a lookup.
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
  const std::int64_t size = std::int64_t{1} << state.range(0);
  Circuit circuit;
  const TensorId values = add_tensor(circuit, {"values", {size}, 0, 255, Owner::kWitness, {}});
  const TableId table = add_table(circuit, TableKind::kUnsigned, {8});
  Lookup lookup;
  lookup.name = "bytes";
  lookup.domain = {{size}, 1};
  lookup.table = table;
  lookup.entries.push_back(linear_expression({{1, whole_view(circuit, values)}}));
  circuit.lookups.push_back(std::move(lookup));
  Trace trace = empty_trace(circuit);
  std::mt19937_64 rng(1);
  for (std::int64_t i = 0; i < size; ++i) trace.values[values].push_back(static_cast<std::int64_t>(rng() % 256));
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
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(size),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(logup_gkr)
    ->ArgsProduct({{10, 14, 17, 20}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace veil
