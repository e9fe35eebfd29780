// The trained credit model, whole: 200 random rows and the extremes of every input's range are proven and verified, and
// the revealed integers are those of the integer evaluation. The mutation test runs on its trace.
#include <gtest/gtest.h>

#include <random>

#include "data/files.h"
#include "onnx/import.h"
#include "ops/choose_bits.h"
#include "ops/evaluate.h"
#include "prove/prover.h"
#include "support/mutations.h"
#include "witness/witness.h"

namespace veil::testing {
namespace {

class Credit {
 public:
  explicit Credit(const std::string& claim) {
    const auto bytes = read_file(std::string(VEIL_SOURCE_DIR) + "/examples/credit/credit.onnx");
    EXPECT_TRUE(bytes.ok());
    const auto graph = import_onnx(*bytes, ImportOptions{});
    EXPECT_TRUE(graph.ok()) << (graph.ok() ? "" : graph.error().message);
    std::mt19937_64 random(1);
    std::vector<RealRow> rows;
    for (int i = 0; i < 50; ++i) {
      rows.push_back({{}});
      for (int feature = 0; feature < 20; ++feature) {
        rows.back()[0].push_back(std::ldexp(static_cast<double>(random() % 2000) - 1000.0, feature < 8 ? -8 : 6));
      }
    }
    QuantiseOptions options;
    options.claim = claim;
    auto model = quantise(*graph, rows, 16, options);
    EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
    model_.emplace(std::move(model).value());
    auto lowering = lower(model_->graph);
    EXPECT_TRUE(lowering.ok()) << (lowering.ok() ? "" : lowering.error().message);
    lowering_.emplace(std::move(lowering).value());
  }

  const Lowering& lowering() const { return *lowering_; }
  const Circuit& circuit() const { return lowering_->circuit; }

  Trace trace(const IntegerRow& row) const {
    auto trace = fill_trace_of_any_claim(*lowering_, model_->weights, row);
    EXPECT_TRUE(trace.ok()) << (trace.ok() ? "" : trace.error().message);
    return std::move(trace).value();
  }
  std::vector<std::int64_t> evaluate(const IntegerRow& row) const {
    const auto values = evaluate_integers(model_->graph, model_->weights, row);
    EXPECT_TRUE(values.ok());
    return (*values)[model_->graph.output];
  }
  std::vector<IntegerArray> weights() const {
    std::vector<IntegerArray> out(circuit().tensors.size());
    for (std::size_t i = 0; i < lowering_->model.size(); ++i) out[lowering_->model[i]] = model_->weights.tensors[i];
    return out;
  }
  const Tensor& input() const { return circuit().tensors[lowering_->inputs[0]]; }

 private:
  std::optional<QuantisedModel> model_;
  std::optional<Lowering> lowering_;
};

std::vector<IntegerRow> rows_of(const Tensor& input) {
  std::mt19937_64 random(7);
  const auto size = static_cast<std::size_t>(shape_size(input.shape));
  std::uniform_int_distribution<std::int64_t> pick(input.low, input.high);
  std::vector<IntegerRow> rows;
  for (int i = 0; i < 200; ++i) {
    rows.push_back({{}});
    for (std::size_t k = 0; k < size; ++k) rows.back()[0].push_back(pick(random));
  }
  rows.push_back({std::vector<std::int64_t>(size, input.low)});
  rows.push_back({std::vector<std::int64_t>(size, input.high)});
  for (std::size_t k = 0; k < size; ++k) {  // each feature at each end, the others at the other end
    for (const bool low : {true, false}) {
      rows.push_back({std::vector<std::int64_t>(size, low ? input.high : input.low)});
      rows.back()[0][k] = low ? input.low : input.high;
    }
  }
  return rows;
}

TEST(Credit, EveryRowInRangeIsProvenAndRevealsTheIntegerResult) {
  const Credit credit("");
  auto key = set_up_model(credit.circuit(), credit.weights(), {});
  ASSERT_TRUE(key.ok()) << key.error().message;
  const auto checked = VerifiedModel::check(key->model, std::nullopt);
  ASSERT_TRUE(checked.verdict.accepted()) << checked.verdict.name() << " " << checked.verdict.detail();
  auto prover = Prover::open(std::move(key).value());
  ASSERT_TRUE(prover.ok());
  for (const IntegerRow& row : rows_of(credit.input())) {
    const Trace trace = credit.trace(row);
    ASSERT_EQ(check_trace(credit.circuit(), trace), std::nullopt);
    ASSERT_EQ(trace.values[*credit.lowering().output], credit.evaluate(row));
    const auto proof = prover->prove(trace, as_bytes("context"));
    ASSERT_TRUE(proof.ok());
    const Verification result = verify(*checked.model, {as_bytes("context"), {}, {}}, proof->proof);
    ASSERT_TRUE(result.verdict.accepted()) << result.verdict.name();
    EXPECT_EQ(result.public_values[*credit.lowering().output], credit.evaluate(row));
  }
}

// Every committed entry of the trained model's trace (witness tensors, a sample of each), and a patched prover that
// claims a refused applicant was approved.
TEST(Credit, NoWitnessEntryIsFreeAndAFalseClaimCannotBeProven) {
  const Credit credit("score >= 0.75");
  auto key = set_up_model(credit.circuit(), credit.weights(), {});
  ASSERT_TRUE(key.ok()) << key.error().message;
  const auto checked = VerifiedModel::check(key->model, std::nullopt);
  ASSERT_TRUE(checked.verdict.accepted());
  auto prover = Prover::open(std::move(key).value());
  std::mt19937_64 random(3);
  std::size_t refused = 0;
  std::optional<Trace> approved;
  for (const IntegerRow& row : rows_of(credit.input())) {
    Trace trace = credit.trace(row);
    if (claim_holds(credit.lowering(), trace)) {
      if (!approved) approved = std::move(trace);
      continue;
    }
    EXPECT_NE(check_trace(credit.circuit(), trace), std::nullopt);
    if (++refused > 5) continue;
    const auto proof = prover->prove(trace, {});
    EXPECT_FALSE(verify(*checked.model, {{}, {}, {}}, proof->proof).verdict.accepted());
  }
  EXPECT_GT(refused, 0u);
  ASSERT_TRUE(approved);
  EXPECT_TRUE(verify(*checked.model, {{}, {}, {}}, prover->prove(*approved, {})->proof).verdict.accepted());
  std::vector<bool> counts(credit.circuit().tensors.size(), false);
  for (const Table& table : credit.circuit().tables) counts[table.multiplicity] = true;
  for (TensorId id = 0; id < credit.circuit().tensors.size(); ++id) {
    if (credit.circuit().tensors[id].owner != Owner::kWitness || counts[id]) continue;
    for (int sample = 0; sample < 4; ++sample) {
      const std::size_t at = random() % approved->values[id].size();
      for (const std::int64_t value : mutations(approved->values[id][at], random)) {
        Trace lie = *approved;
        lie.values[id][at] = value;
        EXPECT_NE(check_trace(credit.circuit(), lie, false), std::nullopt) << credit.circuit().tensors[id].name;
      }
    }
  }
}

}  // namespace
}  // namespace veil::testing
