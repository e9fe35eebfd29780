// The model's identity, its registration, and proofs as files.
#include <gtest/gtest.h>

#include "circuit/range.h"
#include "circuit/validate.h"
#include "curve/generators.h"
#include "prove/prover.h"
#include "support/proving.h"
#include "support/registered.h"

namespace veil::testing {
namespace {

TEST(Model, ProofsVerifyAndStateTheOutput) {
  for (const Visibility visibility : {Visibility::kHidden, Visibility::kPublic}) {
    const Registered registered(visibility);
    const Verification result = verify(*registered.model, {as_bytes("context"), {}, {}}, registered.prove());
    ASSERT_TRUE(result.verdict.accepted()) << result.verdict.name();
    MlpOptions options;
    options.widths = {3, 2, 1};
    EXPECT_EQ(result.public_values[registered.network.output], run_mlp(options, registered.values));
    EXPECT_EQ(registered.model->id(), registered.prover->model_id());
  }
}

// The model's rows are the key's in every proof, and not part of a proof's seed: a trace with other weights is refused.
TEST(Model, AProofIsOfTheKeysWeights) {
  const Registered registered;
  const Trace own = registered.network.run(registered.values);
  Trace sharing = own;
  sharing.shared = registered.prover->new_trace().shared;
  for (const TensorId id : registered.network.given) {
    if (registered.network.circuit.tensors[id].owner == Owner::kModel) sharing.values[id].clear();
  }
  for (const Trace* trace : std::initializer_list<const Trace*>{&own, &sharing}) {
    const auto output = registered.prover->prove(*trace, as_bytes("context"));
    ASSERT_TRUE(output.ok()) << output.error().message;
    EXPECT_EQ(registered.reason(output->proof), "");
  }
  const TensorId weight = registered.network.given[0];
  ASSERT_EQ(registered.network.circuit.tensors[weight].owner, Owner::kModel);
  Trace lie = own;
  ++lie.values[weight][0];
  EXPECT_FALSE(registered.prover->prove(lie, as_bytes("context")).ok());
  lie = sharing;
  std::vector<std::int64_t> other = lie.shared[weight].to_vector();
  ++other[1];
  lie.shared[weight] = other;
  EXPECT_FALSE(registered.prover->prove(lie, as_bytes("context")).ok());
  lie.shared.clear();
  EXPECT_FALSE(registered.prover->prove(lie, as_bytes("context")).ok());
}

TEST(Model, MismatchesAreNamedBeforeAnyCryptography) {
  const Registered registered;
  const Bytes proof = registered.prove();
  EXPECT_EQ(registered.reason(proof), "");
  EXPECT_EQ(registered.reason(proof, "another"), "statement/context");
  EXPECT_EQ(Registered(Visibility::kHidden, 2).reason(proof), "statement/model");
  PublicValues other(registered.network.circuit.tensors.size());
  other[registered.network.output] = {1};
  EXPECT_EQ(verify(*registered.model, {as_bytes("context"), other, {}}, proof).verdict.name(), "statement/public");
  EXPECT_EQ(verify(*registered.model, {as_bytes("context"), {}, std::vector<G1Affine>{}}, proof).verdict.name(),
            "statement/input");
  EXPECT_EQ(registered.reason({}), "format/header");
  EXPECT_EQ(registered.reason(Bytes(proof.begin(), proof.begin() + 80)), "format/short");
}

// The header's ids are hints; the argument binds them again: a header that was made to fit does not help.
TEST(Model, AForgedHeaderDoesNotHelp) {
  const Registered registered;
  Bytes proof = registered.prove();
  const Digest context = keccak256(as_bytes("another"));
  std::copy(context.begin(), context.end(), proof.begin() + 12 + 32);
  EXPECT_FALSE(registered.reason(proof, "another").empty());
  const Registered other(Visibility::kHidden, 2);
  proof = registered.prove();
  std::copy(other.model->id().begin(), other.model->id().end(), proof.begin() + 12);
  EXPECT_FALSE(other.reason(proof).empty());
}

TEST(Model, EveryByteOfTheEnvelopeIsChecked) {
  const Registered registered;
  const Bytes proof = registered.prove();
  const std::size_t envelope = proof.size() - registered.model->circuit().proof_size_bytes();
  for (std::size_t at = 0; at < envelope; ++at) {
    Bytes bad = proof;
    bad[at] ^= 1;
    EXPECT_FALSE(registered.reason(bad).empty()) << at;
  }
}

TEST(Model, RegistrationRejectsWeightsOutsideTheirRange) {
  const Registered registered;
  auto weights = registered.network.weights_of(registered.values);
  weights[registered.network.given[0]][0] = 1 << 16;
  EXPECT_FALSE(set_up_model(registered.network.circuit, weights, {}).ok());  // the honest setup refuses
  // A patched one commits and proves all the same; the registration circuit sees it.
  const Registration registration = registration_circuit(registered.network.circuit);
  const auto circuit = prepare(registration.circuit, 2);
  for (const std::int64_t bad : {std::int64_t{1} << 15, -(std::int64_t{1} << 15) - 1, std::int64_t{1} << 40}) {
    Trace trace = empty_trace(registration.circuit);
    std::size_t next = 0;
    for (std::size_t id = 0; id < registered.network.circuit.tensors.size(); ++id) {
      if (registered.network.circuit.tensors[id].owner == Owner::kModel) trace.values[next++] = weights[id];
    }
    trace.values[0][0] = bad;
    for (const LimbStep& step : registration.steps) fill_limbs(registration.circuit, trace, step);
    fill_multiplicities(registration.circuit, trace);
    const Setting setting = make_setting(circuit, trace, kRegistrationContext);
    EXPECT_FALSE(verify_argument(setting.statement(), setting.prove()).accepted());
  }
}

TEST(Model, KeysThatWereChangedAreRejectedByName) {
  const Registered registered;
  const ModelKey& honest = registered.prover->key().model;
  const auto name = [](ModelKey key, std::optional<Digest> id = {}) {
    return VerifiedModel::check(std::move(key), id).verdict.name();
  };
  EXPECT_EQ(name(honest, registered.model->id()), "");
  EXPECT_EQ(name(honest, Digest{}), "model/id");
  ModelKey key = honest;
  key.model_rows[0] = generators(1)[0];
  EXPECT_EQ(name(key), "model/registration");
  EXPECT_EQ(name(key, registered.model->id()), "model/id");
  key = honest;
  key.model_rows.pop_back();
  EXPECT_EQ(name(key), "model/rows");
  key = honest;
  key.registration_proof[100] ^= 1;
  EXPECT_EQ(name(key), "model/registration");
  key = honest;
  key.registration_proof.clear();
  EXPECT_EQ(name(key), "model/registration");
  key = honest;
  key.circuit.lookups.pop_back();
  EXPECT_EQ(name(key).rfind("circuit/", 0), 0u);
  key = honest;
  key.log_columns = 40;
  EXPECT_EQ(name(key), "model/size");
  key = honest;
  key.visibility = Visibility::kPublic;
  EXPECT_EQ(name(key, registered.model->id()), "model/id");
}

// So many weights that they are registered in two parts.
TEST(Model, EveryPartOfARegistrationIsChecked) {
  Circuit circuit;
  const TensorId weights = add_tensor(circuit, Tensor{"w", {1100, 4096}, -128, 127, Owner::kModel, std::nullopt});
  std::vector<std::int64_t> values(1100 * 4096);
  for (std::size_t i = 0; i < values.size(); i += 4096) values[i] = static_cast<std::int64_t>(i / 4096 % 128);
  const auto key = set_up_model(circuit, std::vector<IntegerArray>{IntegerArray(values)}, {{}, 12, {}});
  ASSERT_TRUE(key.ok());
  ASSERT_EQ(weights, 0u);
  const auto name = [](const ModelKey& model) { return VerifiedModel::check(model, {}).verdict.name(); };
  EXPECT_EQ(name(key->model), "");
  const Bytes honest = key->model.registration_proof;
  Reader reader(honest);
  const ByteView first = *reader.block(honest.size());
  const ByteView second = *reader.block(honest.size());
  ASSERT_TRUE(reader.at_end());
  const auto with = [&](const std::vector<ByteView>& proofs) {
    Writer writer;
    for (const ByteView proof : proofs) writer.block(proof);
    ModelKey model = key->model;
    model.registration_proof = writer.take();
    return name(model);
  };
  EXPECT_EQ(with({first, second}), "");
  EXPECT_EQ(with({first}), "model/registration");
  EXPECT_EQ(with({second, first}), "model/registration");
  EXPECT_EQ(with({first, first}), "model/registration");
  EXPECT_EQ(with({first, second, second}), "model/registration");
  for (const std::size_t row : {std::size_t{0}, std::size_t{900}, key->model.model_rows.size() - 1}) {
    ModelKey model = key->model;  // a row of either part
    model.model_rows[row] = generators(1)[0];
    EXPECT_EQ(name(model), "model/registration") << row;
  }
}

TEST(Model, TheIdBindsEverythingItNames) {
  const Registered registered;
  const ModelKey& honest = registered.prover->key().model;
  const auto id = [](const ModelKey& key) {
    return compute_model_id(*prepare(key.circuit, key.log_columns), key.model_rows, key.visibility);
  };
  ModelKey key = honest;
  key.visibility = Visibility::kPublic;
  EXPECT_NE(id(key), id(honest));
  key = honest;
  ASSERT_GT(key.model_rows.size(), 1u);
  std::swap(key.model_rows[0], key.model_rows[1]);
  EXPECT_NE(id(key), id(honest));
  key = honest;
  key.log_columns = 3;
  EXPECT_NE(id(key), id(honest));
  for (const auto& change :
       std::vector<std::function<void(Meaning&)>>{[](Meaning& m) { m.scale_log2[0] += 1; },
                                                  [](Meaning& m) { m.unit = "mm"; }, [](Meaning& m) { m.text = "z"; },
                                                  [](Meaning& m) {
                                                    m.labels = {"a", "b", "c"};
                                                  }}) {
    key = honest;
    for (Tensor& tensor : key.circuit.tensors) {
      if (tensor.owner == Owner::kInput) change(*tensor.meaning);
    }
    EXPECT_NE(id(key), id(honest));
  }
}

TEST(Model, KeysRoundTripAndRefuseDamage) {
  const Registered registered;
  Writer writer;
  write_model_key(writer, registered.prover->key().model);
  Reader reader(writer.bytes());
  const auto again = read_model_key(reader);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(VerifiedModel::check(*again, registered.model->id()).verdict.accepted());
  Writer secret;
  write_prover_key(secret, registered.prover->key());
  Reader secret_reader(secret.bytes());
  auto prover_key = read_prover_key(secret_reader);
  ASSERT_TRUE(prover_key.ok());
  EXPECT_EQ(Prover::open(std::move(prover_key).value())->model_id(), registered.model->id());
  for (std::size_t size = 0; size < secret.bytes().size(); size += 53) {
    Reader cut(ByteView(secret.bytes()).first(size));
    EXPECT_FALSE(read_prover_key(cut).ok()) << size;
  }
}

// A key that reads may still hold a circuit that is none: a table whose multiplicities are counted elsewhere.
TEST(Model, AProversKeyWithAnImpossibleCircuitIsRefused) {
  const Registered registered(Visibility::kPublic);
  Writer secret;
  write_prover_key(secret, registered.prover->key());
  Reader reader(secret.bytes());
  auto key = read_prover_key(reader);
  ASSERT_TRUE(key.ok());
  std::vector<Table>& tables = (*key).model.circuit.tables;
  ASSERT_GE(tables.size(), 2U);
  tables[0].multiplicity = tables[1].multiplicity;
  const auto prover = Prover::open(std::move(key).value());
  ASSERT_FALSE(prover.ok());
  EXPECT_NE(prover.error().message.find("circuit/table"), std::string::npos) << prover.error().message;
}

// A public model's rows can be recomputed by anybody; a hidden one's cannot even be compared.
TEST(Model, PublicRowsAreReproducibleHiddenOnesAreNot) {
  const Registered open(Visibility::kPublic);
  EXPECT_EQ(commit_model_rows(open.model->circuit(), narrowest(open.network.weights_of(open.values)), {}),
            open.model->model_rows());
  EXPECT_EQ(Registered(Visibility::kPublic).model->id(), open.model->id());
  EXPECT_NE(Registered().model->id(), Registered().model->id());
}

}  // namespace
}  // namespace veil::testing
