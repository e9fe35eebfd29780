// Every single committed entry of a small network, changed in several ways: the clear checker, the native protocol and
// the whole proof must all notice.
#include <gtest/gtest.h>

#include <map>

#include "support/mutations.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

MlpOptions claim_options() {
  MlpOptions options;
  options.reveal = false;
  options.threshold = -(1 << 15);
  return options;
}

bool is_multiplicity(const Circuit& circuit, TensorId id) {
  for (const Table& table : circuit.tables) {
    if (table.multiplicity == id) return true;
  }
  return false;
}

TEST(Mutation, EveryWitnessEntryBreaksAConstraintAndTheNativeProtocol) {
  std::mt19937_64 random(4);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  std::size_t tried = 0;
  std::map<std::string, int> first_failures;
  for (const std::int64_t magnitude : {60, 3000, 1 << 15}) {
    const Trace honest = network.run(network.random_values(random, magnitude));
    for (TensorId id = 0; id < network.circuit.tensors.size(); ++id) {
      if (network.circuit.tensors[id].owner != Owner::kWitness || is_multiplicity(network.circuit, id)) continue;
      for (std::size_t i = 0; i < honest.values[id].size(); ++i) {
        for (const std::int64_t value : mutations(honest.values[id][i], random)) {
          Trace lie = honest;
          lie.values[id][i] = value;
          fill_multiplicities(network.circuit, lie);  // the strongest honest-looking liar
          ASSERT_NE(check_trace(network.circuit, lie, false), std::nullopt)
              << network.circuit.tensors[id].name << "[" << i << "] = " << value;
          ++tried;
          if (tried % 7 != 0) continue;
          const NativeRun run = run_native(*circuit, lie, public_values_of(network.circuit, lie));
          ASSERT_FALSE(run.failed.empty()) << network.circuit.tensors[id].name;
          ++first_failures[run.failed[0]];
        }
      }
    }
  }
  EXPECT_GT(tried, 1000u);
  std::printf("  %zu mutations; first failing checks:", tried);
  for (const auto& [name, count] : first_failures) std::printf(" %s x%d", name.c_str(), count);
  std::printf("\n");
}

TEST(Mutation, MultiplicitiesAreBound) {
  std::mt19937_64 random(5);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  const Trace honest = network.run(network.random_values(random, 3000));
  for (const Table& table : network.circuit.tables) {
    for (std::size_t row = 0; row < honest.values[table.multiplicity].size(); row += 37) {
      Trace lie = honest;
      lie.values[table.multiplicity][row] += 1;
      EXPECT_NE(check_trace(network.circuit, lie), std::nullopt);
      const NativeRun run = run_native(*circuit, lie, public_values_of(network.circuit, lie));
      ASSERT_FALSE(run.failed.empty());
    }
  }
}

TEST(Mutation, ALyingTraceGivesAProofThatIsRejected) {
  std::mt19937_64 random(6);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  const Setting honest = make_setting(circuit, network.run(network.random_values(random, 3000)));
  ASSERT_TRUE(verify_argument(honest.statement(), honest.prove()).accepted());
  for (TensorId id = 0; id < network.circuit.tensors.size(); ++id) {
    const Owner owner = network.circuit.tensors[id].owner;
    if (owner != Owner::kWitness && owner != Owner::kModel && owner != Owner::kInput) continue;
    Trace lie = honest.trace;
    const std::size_t at = random() % lie.values[id].size();
    lie.values[id][at] += 1;
    if (!is_multiplicity(network.circuit, id)) fill_multiplicities(network.circuit, lie);
    const Verdict verdict = verify_argument(honest.statement(), with_trace(honest, lie).prove());
    EXPECT_FALSE(verdict.accepted()) << network.circuit.tensors[id].name;
  }
}

TEST(Mutation, AConsistentRunOfAnotherModelOrInputIsRejectedByTheRows) {
  std::mt19937_64 random(7);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  const auto values = network.random_values(random, 3000);
  const Setting honest = make_setting(circuit, network.run(values));
  for (std::size_t tensor = 0; tensor < values.size(); ++tensor) {
    auto other = values;
    other[tensor][0] ^= 1;
    const Trace trace = network.run(other);
    ASSERT_EQ(check_trace(network.circuit, trace), std::nullopt);
    const Verdict verdict = verify_argument(honest.statement(), with_trace(honest, trace).prove());
    EXPECT_EQ(verdict.name(), "open/rows");
  }
}

TEST(LyingProver, EverySlotChangedIsNoticed) {
  std::mt19937_64 random(8);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  const Setting honest = make_setting(circuit, network.run(network.random_values(random, 3000)));
  std::map<std::string, int> names;
  for (std::size_t slot = 0; slot < circuit->num_slots(); ++slot) {
    const auto lie = [slot](std::size_t at, const Fr& value) { return at == slot ? value + Fr::one() : value; };
    const NativeRun run = run_native(*circuit, honest.trace, honest.public_values, lie);
    ASSERT_FALSE(run.failed.empty()) << run.labels[slot];
    ++names[run.failed[0]];
    if (slot % 9 != 0) continue;
    const Deviations deviations{lie, Fr::zero(), {}, {}};
    const Verdict verdict = verify_argument(honest.statement(), honest.prove(&deviations));
    EXPECT_FALSE(verdict.accepted()) << run.labels[slot];
  }
  const Deviations delta{{}, Fr::one(), {}, {}};
  EXPECT_EQ(verify_argument(honest.statement(), honest.prove(&delta)).name(), "open/rows");
  for (const char* name : {"lookup/root", "lookup/0/end", "einsum/end", "column/end"}) {
    EXPECT_GT(names[name], 0) << name;
  }
}

// A prover that goes on honestly after a lie about the fold or an opened pad: the claims are false and nothing that is
// folded afterwards makes them true.
TEST(LyingProver, EveryClaimOfTheFoldIsNoticed) {
  std::mt19937_64 random(11);
  const TestCircuit network = make_mlp(claim_options());
  for (const unsigned log_columns : {3u, 6u}) {
    const auto circuit = prepare(network.circuit, log_columns);
    const Setting honest = make_setting(circuit, network.run(network.random_values(random, 3000)));
    const auto verdict = [&](const Deviations& deviations) {
      return verify_argument(honest.statement(), honest.prove(&deviations)).name();
    };
    EXPECT_EQ(verdict({}), "");
    for (std::size_t i = 0; i < circuit->opening().num_opened; ++i) {
      EXPECT_EQ(verdict({{}, {}, {}, [&](FoldClaims& claims) { claims.opened[i].second += Fr::one(); }}), "open/rows");
    }
    for (const std::uint64_t guess : {0u, 1u, 1000u}) {  // of r, and of theta
      EXPECT_EQ(verdict({{},
                         {},
                         [&](FoldClaims& claims) {
                           claims.cross += Fr::one();
                           claims.error -= Fr::from_u64(guess);
                         },
                         {}}),
                "open/rows");
      EXPECT_EQ(verdict({{},
                         {},
                         [&](FoldClaims& claims) {
                           claims.error += Fr::one();
                           claims.delta -= Fr::from_u64(guess);
                         },
                         {}}),
                "open/rows");
    }
  }
}

// Every scalar changed after it was sent, the rest as it was: every message is bound by a later challenge or equation.
TEST(LyingProver, EverySlotAlteredInTransitIsNoticed) {
  std::mt19937_64 random(9);
  const TestCircuit network = make_mlp(MlpOptions{});
  const auto circuit = prepare(network.circuit, 5);
  const Trace trace = network.run(network.random_values(random, 3000));
  const PublicValues public_values = public_values_of(network.circuit, trace);
  const NativeRun honest = run_native(*circuit, trace, public_values);
  ASSERT_TRUE(check_native(*circuit, trace, public_values, honest.sent).empty());
  for (std::size_t slot = 0; slot < honest.sent.size(); ++slot) {
    std::vector<Fr> sent = honest.sent;
    sent[slot] += Fr::one();
    EXPECT_FALSE(check_native(*circuit, trace, public_values, sent).empty()) << honest.labels[slot];
  }
}

// q = 0 at the root: with a zero tree every layer can be met; q * inverse = 1 stands, and so does the opening of the
// leaves.
TEST(LyingProver, ZeroOverZeroFailsAtTheRoot) {
  std::mt19937_64 random(10);
  const TestCircuit network = make_mlp(claim_options());
  const auto circuit = prepare(network.circuit, 5);
  const Trace trace = network.run(network.random_values(random, 3000));
  const NativeRun honest = run_native(*circuit, trace, public_values_of(network.circuit, trace));
  const NativeRun run =
      run_native(*circuit, trace, public_values_of(network.circuit, trace), [&](std::size_t slot, const Fr& value) {
        return honest.labels[slot].rfind("lookup/", 0) == 0 ? Fr::zero() : value;
      });
  ASSERT_FALSE(run.failed.empty());
  EXPECT_EQ(run.failed[0], "lookup/root");
  for (const std::string& name : run.failed) EXPECT_TRUE(name == "lookup/root" || name == "column/end") << name;
}

}  // namespace
}  // namespace veil::testing
