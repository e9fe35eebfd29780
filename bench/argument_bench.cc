// Proving and verifying one argument of a hand-made perceptron, 16 bits, everything hidden: the proof wing alone.
#include <benchmark/benchmark.h>

#include "parallel/parallel.h"
#include "prove/prover.h"
#include "prove/stopwatch.h"
#include "support/proving.h"
#include "verify/proof.h"

namespace veil::testing {
namespace {

// Figures are those of one core.
[[maybe_unused]] const bool kOneThread = (set_num_threads(1), true);

struct Case {
  TestCircuit network;
  std::optional<Prover> prover;
  std::shared_ptr<VerifiedModel> model;
  Trace trace;

  explicit Case(std::vector<std::int64_t> widths) {
    MlpOptions options;
    options.widths = std::move(widths);
    options.shift = 15;
    network = make_mlp(options);
    std::mt19937_64 random(1);
    const auto values = network.random_values(random, 3000);
    auto key = set_up_model(network.circuit, network.weights_of(values), {});
    model = VerifiedModel::check(key->model, std::nullopt).model;
    prover.emplace(std::move(Prover::open(std::move(key).value())).value());
    trace = network.run(values);
    for (std::size_t id = 0; id < trace.values.size(); ++id) {  // as a warm prover has them: shared with the key
      if (network.circuit.tensors[id].owner == Owner::kModel) trace.values[id].clear();
    }
    trace.shared = prover->key().weights;
  }
};

const Case& case_of(std::int64_t which) {
  static const Case credit({20, 64, 32, 1});
  static const Case digits({784, 128, 64, 10});
  return which == 0 ? credit : digits;
}

void BM_ProveOnline(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  double cpu = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto out = c.prover->prove(c.trace, as_bytes("context"));
    state.SetIterationTime(out->online.cpu_ms / 1e3);
    cpu += out->offline.cpu_ms;
    bytes = out->proof.size();
  }
  state.counters["offline_ms"] = benchmark::Counter(cpu, benchmark::Counter::kAvgIterations);
  state.counters["proof_bytes"] = static_cast<double>(bytes);
  state.counters["slots"] = static_cast<double>(c.prover->circuit().num_slots());
  state.counters["columns"] = static_cast<double>(c.prover->circuit().layout().columns());
  state.counters["rows"] = static_cast<double>(c.prover->circuit().layout().total_rows());
}
BENCHMARK(BM_ProveOnline)->Arg(0)->Arg(1)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_Verify(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  const Bytes proof = c.prover->prove(c.trace, as_bytes("context"))->proof;
  for (auto _ : state) {
    benchmark::DoNotOptimize(verify(*c.model, {as_bytes("context"), {}, {}}, proof).verdict.accepted());
  }
}
BENCHMARK(BM_Verify)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Everything but the multi-scalar multiplication.
void BM_CheckArgument(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  const Bytes proof = c.prover->prove(c.trace, as_bytes("context"))->proof;
  const Verification stated = verify(*c.model, {as_bytes("context"), {}, {}}, proof);
  const Statement statement{c.model->circuit(), c.model->model_rows(), stated.input_rows, stated.public_values,
                            as_bytes("context")};
  const ByteView argument = ByteView(proof).last(c.model->circuit().proof_size_bytes());
  for (auto _ : state) {
    Transcript transcript = c.model->transcript();
    benchmark::DoNotOptimize(check_argument_of_model(statement, argument, transcript).so_far.accepted());
  }
}
BENCHMARK(BM_CheckArgument)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// The time of a proof among so many, of one model.
void BM_VerifyBatch(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  const Expected expected{as_bytes("context"), {}, {}};
  std::vector<Bytes> proofs;
  for (std::int64_t i = 0; i < state.range(1); ++i) proofs.push_back(c.prover->prove(c.trace, expected.context)->proof);
  const std::vector<ByteView> views(proofs.begin(), proofs.end());
  for (auto _ : state) {
    Stopwatch watch;
    const std::vector<Verification> verified = verify_all(*c.model, expected, views);
    state.SetIterationTime(watch.lap().cpu_ms / 1e3 / static_cast<double>(views.size()));
    for (const Verification& one : verified) {
      if (!one.verdict.accepted()) state.SkipWithError("rejected");
    }
  }
}
BENCHMARK(BM_VerifyBatch)->ArgsProduct({{0, 1}, {1, 8, 64}})->UseManualTime()->Unit(benchmark::kMillisecond);

// A key and a proof of it together, as `veil verify` does it.
void BM_CheckKeyAndVerify(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  const Expected expected{as_bytes("context"), {}, {}};
  const Bytes proof = c.prover->prove(c.trace, expected.context)->proof;
  const ByteView view(proof);
  for (auto _ : state) {
    CheckedKey checked = PendingModel::check(c.prover->key().model, std::nullopt);
    const KeyVerification out = verify_with_key(std::move(*checked.pending), expected, {&view, 1});
    if (!out.key.model || !out.proofs[0].verdict.accepted()) state.SkipWithError("rejected");
  }
}
BENCHMARK(BM_CheckKeyAndVerify)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_CheckKey(benchmark::State& state) {
  const Case& c = case_of(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(VerifiedModel::check(c.prover->key().model, std::nullopt).verdict.accepted());
  }
}
BENCHMARK(BM_CheckKey)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace veil::testing
