// A small registered model with its prover, its verified model, and one row's values.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "prove/prover.h"
#include "support/mlp_circuit.h"
#include "verify/proof.h"

namespace veil::testing {

struct Registered {
  TestCircuit network;
  std::vector<std::vector<std::int64_t>> values;
  std::optional<Prover> prover;
  std::shared_ptr<VerifiedModel> model;

  explicit Registered(Visibility visibility = Visibility::kHidden, std::uint64_t seed = 1) {
    MlpOptions options;
    options.widths = {3, 2, 1};
    network = make_mlp(options);
    std::mt19937_64 random(seed);
    values = network.random_values(random, 3000);
    SetupOptions setup;
    setup.visibility = visibility;
    setup.log_columns = 2;
    auto key = set_up_model(network.circuit, network.weights_of(values), setup);
    EXPECT_TRUE(key.ok());
    auto checked = VerifiedModel::check(key->model, std::nullopt);
    EXPECT_TRUE(checked.verdict.accepted()) << checked.verdict.name() << " " << checked.verdict.detail();
    model = checked.model;
    prover.emplace(std::move(Prover::open(std::move(key).value())).value());
  }

  Bytes prove(std::string_view context = "context") const {
    auto output = prover->prove(network.run(values), as_bytes(context));
    EXPECT_TRUE(output.ok());
    return output->proof;
  }
  std::string reason(const Bytes& proof, std::string_view context = "context") const {
    return verify(*model, {as_bytes(context), {}, {}}, proof).verdict.name();
  }
};

}  // namespace veil::testing
