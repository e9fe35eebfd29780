#include <gtest/gtest.h>

#include "circuit/validate.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

TEST(Argument, AcceptsHonestProofsOfASmallNetwork) {
  std::mt19937_64 random(1);
  for (const bool reveal : {true, false}) {
    MlpOptions options;
    options.reveal = reveal;
    options.threshold = -(1 << 15);
    const TestCircuit network = make_mlp(options);
    const Verdict valid = validate_circuit(network.circuit);
    ASSERT_TRUE(valid.accepted()) << valid.name() << " " << valid.detail();
    const auto circuit = prepare(network.circuit, 5);
    for (const std::int64_t magnitude : {60, 3000, 1 << 15}) {
      const auto values = network.random_values(random, magnitude);
      const Trace trace = network.run(values);
      ASSERT_EQ(check_trace(network.circuit, trace), std::nullopt);
      const Setting setting = make_setting(circuit, trace);
      if (reveal) {
        EXPECT_EQ(setting.public_values[network.output], run_mlp(options, values));
      }
      const Bytes proof = setting.prove();
      EXPECT_EQ(proof.size(), circuit->proof_size_bytes());
      const Verdict verdict = verify_argument(setting.statement(), proof);
      EXPECT_TRUE(verdict.accepted()) << verdict.name();
    }
  }
}

}  // namespace
}  // namespace veil::testing
