// Files of keys: written and read back, and every kind of damage named.
#include <gtest/gtest.h>

#include <tuple>

#include "circuit/range.h"
#include "hash/keccak256.h"
#include "key/veil_file.h"

namespace veil {
namespace {

// y = w x with y public: the smallest model there is.
Circuit small_circuit() {
  Circuit circuit;
  const Meaning meaning{"x", "", {}, {0}};
  const TensorId w = add_tensor(circuit, {"w", {1}, -128, 127, Owner::kModel, {}});
  const TensorId x = add_tensor(circuit, {"x", {1}, -128, 127, Owner::kInput, meaning});
  const TensorId y = add_tensor(circuit, {"y", {1}, -(1 << 14), 1 << 14, Owner::kPublic, Meaning{"y", "", {}, {0}}});
  const Domain one{{1}, 1};
  const auto form = [&](TensorId id) { return Form{{1, whole_view(circuit, id)}}; };
  Expression product;
  product.products.push_back({1, form(w), form(x)});
  add_range_proof(circuit, "x range", one, linear_expression(form(x)), -128, 127);
  circuit.identities.push_back({"y", one, product - linear_expression(form(y))});
  return circuit;
}

ProverFile small_prover_file(Visibility visibility) {
  SetupOptions options;
  options.visibility = visibility;
  const Circuit circuit = small_circuit();
  std::vector<std::vector<std::int64_t>> weights(circuit.tensors.size());
  weights[0] = {-7};
  auto key = set_up_model(circuit, std::move(weights), options);
  EXPECT_TRUE(key.ok()) << (key.ok() ? "" : key.error().message);
  return ProverFile{std::move(key).value(),
                    "{\"a\":1}",
                    {{{"batch", 4}, {"tokens", 16}}, "score"},
                    SecretVector<std::uint8_t>(Bytes{1, 2, 3}),
                    {{1.5, -2}, {}, {1e300}}};
}

Bytes sealed(Bytes bytes) {
  bytes.erase(bytes.end() - 32, bytes.end());
  const Digest digest = keccak256(bytes);
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

TEST(VeilFile, WritesAndReadsBack) {
  for (const Visibility visibility : {Visibility::kHidden, Visibility::kPublic}) {
    const ProverFile file = small_prover_file(visibility);
    const Bytes bytes = write_prover_file(file);
    const auto read = read_prover_file(bytes, "'p'");
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->graph_json, file.graph_json);
    EXPECT_EQ(read->import, file.import);
    EXPECT_EQ(read->imputed, file.imputed);
    EXPECT_TRUE(std::ranges::equal(read->onnx.expose(), file.onnx.expose()));
    EXPECT_EQ(read->key.weights, file.key.weights);
    EXPECT_EQ(write_prover_file(*read), bytes);

    const Bytes shown = write_verifier_file({file.key.model, file.graph_json, {}});
    const auto verifier = read_verifier_file(shown, "'v'");
    ASSERT_TRUE(verifier.ok()) << verifier.error().message;
    EXPECT_FALSE(verifier->import.output.has_value());
    EXPECT_EQ(write_verifier_file(*verifier), shown);
    EXPECT_TRUE(VerifiedModel::check(verifier->model, std::nullopt).verdict.accepted());
  }
}

// A model tensor of every width, at the ends of its range.
TEST(ProverKey, WeightsTakeTheWidthOfTheirDeclaredRange) {
  constexpr std::int64_t kWidest = kMaxRangeBound;
  std::size_t narrowest = 0;
  for (const auto& [low, high, size_bytes] : std::vector<std::tuple<std::int64_t, std::int64_t, std::size_t>>{
           {-128, 127, 1}, {0, 128, 2}, {-32768, 32767, 2}, {-32769, 0, 4}, {-kWidest, kWidest, 8}}) {
    Circuit circuit;
    add_tensor(circuit, {"w", {5}, low, high, Owner::kModel, {}});
    SetupOptions options;
    options.visibility = Visibility::kPublic;
    options.log_columns = 3;
    const std::vector<std::vector<std::int64_t>> weights{{low, high, 0, low, high}};
    auto key = set_up_model(circuit, weights, options);
    ASSERT_TRUE(key.ok()) << key.error().message;
    Writer model;
    write_model_key(model, key->model);
    Writer writer;
    write_prover_key(writer, *key);
    EXPECT_EQ(writer.bytes().size(), model.bytes().size() + 5 * size_bytes + 4 + 32);
    Reader reader(writer.bytes());
    const auto read = read_prover_key(reader);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(read->weights[0].to_vector(), weights[0]);
    EXPECT_EQ(read->weights[0].size_bytes(), 5 * size_bytes);
    // One less byte, and a weight just outside: refused.
    for (std::size_t cut = 0; cut < 5 * size_bytes + 4 + 32; cut += 3) {
      Reader shorter(ByteView(writer.bytes()).first(model.bytes().size() + cut));
      EXPECT_FALSE(read_prover_key(shorter).ok());
    }
    if (high != 128) continue;
    Bytes bytes = writer.bytes();
    bytes[model.bytes().size() + 3] = 0x81;  // 128 becomes 129
    Reader outside(bytes);
    EXPECT_FALSE(read_prover_key(outside).ok());
    ++narrowest;
  }
  EXPECT_EQ(narrowest, 1u);
}

TEST(ProverKey, ARangeWithoutIntegersIsRefused) {
  ProverFile file = small_prover_file(Visibility::kPublic);
  file.key.model.circuit.tensors[0].low = 1;
  file.key.model.circuit.tensors[0].high = -1;
  Writer writer;
  write_model_key(writer, file.key.model);
  writer.raw(Bytes(100, 0));
  Reader reader(writer.bytes());
  EXPECT_FALSE(read_prover_key(reader).ok());
}

TEST(VeilFile, KindsAreToldApart) {
  const ProverFile file = small_prover_file(Visibility::kHidden);
  const Bytes prover = write_prover_file(file);
  const Bytes verifier = write_verifier_file({file.key.model, file.graph_json, file.import});
  EXPECT_EQ(file_kind(prover), FileKind::kProver);
  EXPECT_EQ(file_kind(verifier), FileKind::kVerifier);
  EXPECT_EQ(file_kind(as_bytes("veil/file/2 and more")), std::nullopt);
  EXPECT_EQ(file_kind({}), std::nullopt);
  EXPECT_NE(read_verifier_file(prover, "'p'").error().message.find("keep it secret"), std::string::npos);
  EXPECT_NE(read_prover_file(verifier, "'v'").error().message.find("prover.veil"), std::string::npos);
}

TEST(VeilFile, DamageIsNoticed) {
  const Bytes bytes = write_prover_file(small_prover_file(Visibility::kHidden));
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(read_prover_file(ByteView(bytes).first(size), "'p'").ok()) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 11) {
    Bytes changed = bytes;
    changed[at] ^= 0x10;
    EXPECT_FALSE(read_prover_file(changed, "'p'").ok()) << at;
  }
}

// With the checksum made right again: whatever is accepted is canonical.
TEST(VeilFile, WhatIsReadIsCanonical) {
  const Bytes bytes = write_prover_file(small_prover_file(Visibility::kPublic));
  for (std::size_t at = 12; at + 32 < bytes.size(); at += 3) {
    Bytes changed = bytes;
    changed[at] ^= 0x81;
    changed = sealed(std::move(changed));
    if (const auto read = read_prover_file(changed, "'p'"); read.ok()) {
      EXPECT_EQ(write_prover_file(*read), changed) << at;
    }
  }
}

TEST(VeilFile, NothingMayFollow) {
  Bytes bytes = write_verifier_file({small_prover_file(Visibility::kPublic).key.model, "{}", {}});
  bytes.insert(bytes.end() - 32, 0);
  EXPECT_FALSE(read_verifier_file(sealed(std::move(bytes)), "'v'").ok());
}

}  // namespace
}  // namespace veil
