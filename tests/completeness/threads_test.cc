// The same randomness gives the same bytes, however many threads share the work.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "parallel/parallel.h"
#include "prove/prover.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

void frozen(std::span<std::uint8_t> out) { std::fill(out.begin(), out.end(), std::uint8_t{7}); }

// Wide enough for every kind of work to be cut: leaves, tables of sumchecks, rows, sums of points.
TEST(Threads, ProofsAreTheSameBytes) {
  MlpOptions options;
  options.widths = {300, 900, 40, 3};
  options.shift = 15;
  const TestCircuit network = make_mlp(options);
  std::mt19937_64 random(3);
  const auto values = network.random_values(random, 3000);
  auto key = set_up_model(network.circuit, network.weights_of(values), {});
  ASSERT_TRUE(key.ok());
  const auto model = VerifiedModel::check(key->model, std::nullopt).model;
  auto prover = Prover::open(std::move(key).value());
  ASSERT_TRUE(prover.ok());
  prover->set_entropy(frozen);
  const std::size_t before = num_threads();
  std::vector<Bytes> proofs;
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    set_num_threads(threads);
    const auto out = prover->prove(network.run(values), as_bytes("context"));
    ASSERT_TRUE(out.ok());
    proofs.push_back(out->proof);
    EXPECT_TRUE(verify(*model, {as_bytes("context"), {}, {}}, out->proof).verdict.accepted());
  }
  set_num_threads(before);
  EXPECT_EQ(proofs[0], proofs[1]);
  EXPECT_EQ(proofs[0], proofs[2]);
}

}  // namespace
}  // namespace veil::testing
