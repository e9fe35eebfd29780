// The tamper table: every byte of a small proof flipped, cut, extended, swapped; every item of the statement changed.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/sanitizers.h"
#include "curve/generators.h"
#include "support/places.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

constexpr std::size_t kStride = kSanitized ? 13 : 1;  // sanitizers: a sample; the release build flips every byte

struct Small {
  MlpOptions options;
  TestCircuit network;
  Setting setting;
  Bytes proof;
};

const Small& small() {
  static const Small instance = [] {
    Small out;
    out.options.widths = {2, 2, 1};
    out.network = make_mlp(out.options);
    std::mt19937_64 random(1);
    out.setting =
        make_setting(prepare(out.network.circuit, 4), out.network.run(out.network.random_values(random, 3000)));
    out.proof = out.setting.prove();
    return out;
  }();
  return instance;
}

std::string reject_name(const Statement& statement, const Bytes& proof) {
  const Verdict verdict = verify_argument(statement, proof);
  EXPECT_FALSE(verdict.accepted());
  return verdict.name();
}

TEST(Tamper, EveryByteFlippedIsRejectedByName) {
  ASSERT_TRUE(verify_argument(small().setting.statement(), small().proof).accepted());
  std::map<std::string, int> table;
  for (std::size_t at = 0; at < small().proof.size(); at += kStride) {
    Bytes bad = small().proof;
    // Every other first byte in its highest bit, which no scalar has.
    bad[at] ^= static_cast<std::uint8_t>(at % 64 == 32 ? 0x80u : 1u << (at % 8));
    const std::string name = reject_name(small().setting.statement(), bad);
    ASSERT_FALSE(name.empty()) << "byte " << at;
    ++table[name];
  }
  static const std::set<std::string> kNames{"format/point", "format/scalar", "format/identity", "open/rows"};
  for (const auto& [name, count] : table) {
    EXPECT_EQ(kNames.count(name), 1u) << name;
    std::printf("  %-16s x%d\n", name.c_str(), count);
  }
  if (kStride != 1) return;  // a sample need not meet every name
  for (const char* name : {"format/point", "format/scalar", "open/rows"}) EXPECT_GT(table[name], 0) << name;
}

// Every field of a proof whose columns are folded, alone: a scalar plus one, a point plus G.
TEST(Tamper, EveryFieldOfAFoldedOpeningIsBound) {
  MlpOptions options;
  options.widths = {2, 2, 1};
  const TestCircuit network = make_mlp(options);
  std::mt19937_64 random(2);
  const auto values = network.random_values(random, 3000);
  for (const unsigned log_columns : {1u, 5u, 6u, 8u}) {
    const Setting setting = make_setting(prepare(network.circuit, log_columns), network.run(values));
    const Bytes proof = setting.prove();
    ASSERT_TRUE(verify_argument(setting.statement(), proof).accepted()) << log_columns;
    const Places at(*setting.circuit);
    ASSERT_EQ(proof.size(), 32 * (at.last() + 1));
    EXPECT_EQ(at.shape.column_folds(), log_columns < 4 ? 0 : std::min(log_columns - 4, 3u));
    const std::size_t stride = kSanitized || log_columns == 1 ? 7 : 1;
    for (std::size_t place = 0; place <= at.last(); place += stride) {
      Bytes bad = proof;
      const auto field = std::span(bad).subspan(32 * place, 32);
      const auto changed = at.is_point(place) ? compress((G1(*decompress(field)) + generators(1)[0]).to_affine())
                                              : (*Fr::from_bytes(field) + Fr::one()).to_bytes();
      std::copy(changed.begin(), changed.end(), field.begin());
      EXPECT_EQ(reject_name(setting.statement(), bad), "open/rows") << log_columns << " " << place;
    }
  }
}

TEST(Tamper, EncodingsAreCanonical) {
  Bytes bad = small().proof;  // the identity in place of a row
  std::fill(bad.begin(), bad.begin() + 32, std::uint8_t{0});
  bad[0] = 0x40;
  EXPECT_EQ(reject_name(small().setting.statement(), bad), "format/identity");
  std::size_t tried = 0;
  for (std::size_t slot = 0; slot < small().setting.circuit->num_slots(); ++slot) {
    bad = small().proof;  // x + p where it fits in 32 bytes
    const std::size_t at = 32 * Places(*small().setting.circuit).slot(slot);
    unsigned carry = 0;
    const auto modulus = (-Fr::one()).to_bytes();
    for (std::size_t i = 32; i-- > 0;) {
      const unsigned sum = bad[at + i] + modulus[i] + carry + (i == 31 ? 1u : 0u);
      bad[at + i] = static_cast<std::uint8_t>(sum);
      carry = sum >> 8;
    }
    if (carry != 0) continue;
    ++tried;
    EXPECT_EQ(reject_name(small().setting.statement(), bad), "format/scalar");
  }
  EXPECT_GT(tried, 10u);
}

TEST(Tamper, LengthAndOrderAreChecked) {
  for (std::size_t size = 0; size < small().proof.size(); size += 97) {
    EXPECT_EQ(reject_name(small().setting.statement(),
                          Bytes(small().proof.begin(), small().proof.begin() + static_cast<std::ptrdiff_t>(size))),
              "format/short");
  }
  Bytes bad = small().proof;
  bad.push_back(0);
  EXPECT_EQ(reject_name(small().setting.statement(), bad), "format/trailing");
  for (std::size_t i = 0; i + 1 < small().setting.rows.witness.size(); ++i) {
    bad = small().proof;
    const auto row = bad.begin() + static_cast<std::ptrdiff_t>(32 * i);
    std::swap_ranges(row, row + 32, row + 32);
    EXPECT_FALSE(reject_name(small().setting.statement(), bad).empty());
  }
  std::mt19937_64 random(3);
  for (int k = 0; k < 100; ++k) {
    for (std::uint8_t& byte : bad) byte = static_cast<std::uint8_t>(random());
    EXPECT_FALSE(reject_name(small().setting.statement(), bad).empty());
  }
}

// Statement binding: each item of protocol section 9 changed alone makes verification fail.
TEST(Statement, EveryItemIsBound) {
  const Setting& setting = small().setting;
  const G1Affine other = generators(1)[0];
  for (std::size_t i = 0; i < setting.model_rows.size(); ++i) {
    auto rows = setting.model_rows;
    rows[i] = other;
    EXPECT_FALSE(
        reject_name({*setting.circuit, rows, setting.input_rows, setting.public_values, setting.context}, small().proof)
            .empty());
  }
  for (std::size_t i = 0; i < setting.input_rows.size(); ++i) {
    auto rows = setting.input_rows;
    rows[i] = other;
    EXPECT_FALSE(
        reject_name({*setting.circuit, setting.model_rows, rows, setting.public_values, setting.context}, small().proof)
            .empty());
  }
  PublicValues values = setting.public_values;
  values[small().network.output][0] += values[small().network.output][0] < 0 ? 1 : -1;
  EXPECT_FALSE(
      reject_name({*setting.circuit, setting.model_rows, setting.input_rows, values, setting.context}, small().proof)
          .empty());
  values[small().network.output][0] = 1 << 20;
  EXPECT_EQ(
      reject_name({*setting.circuit, setting.model_rows, setting.input_rows, values, setting.context}, small().proof),
      "statement/public");
  values[small().network.output].clear();
  EXPECT_EQ(
      reject_name({*setting.circuit, setting.model_rows, setting.input_rows, values, setting.context}, small().proof),
      "statement/public");
  const Bytes context{'c', 'o', 'n', 't', 'e', 'x', 'u'};
  EXPECT_FALSE(reject_name({*setting.circuit, setting.model_rows, setting.input_rows, setting.public_values, context},
                           small().proof)
                   .empty());
  EXPECT_EQ(
      reject_name({*setting.circuit, {}, setting.input_rows, setting.public_values, setting.context}, small().proof),
      "statement/rows");
}

TEST(Statement, TheCircuitIsBound) {
  const Setting& setting = small().setting;
  const auto rejects = [&](const Circuit& circuit, unsigned log_columns) {
    auto prepared = PreparedCircuit::prepare(circuit, log_columns);
    ASSERT_TRUE(prepared.ok());
    const Verdict verdict = verify_argument(
        {*prepared, setting.model_rows, setting.input_rows, setting.public_values, setting.context}, small().proof);
    EXPECT_FALSE(verdict.accepted());
  };
  rejects(small().network.circuit, 5);
  Circuit circuit = small().network.circuit;
  circuit.claim = "something else";
  rejects(circuit, 4);
  circuit = small().network.circuit;
  circuit.tensors[small().network.output].meaning->scale_log2[0] = -3;
  rejects(circuit, 4);
  circuit = small().network.circuit;
  circuit.tensors[small().network.output].meaning->unit = "EUR";
  rejects(circuit, 4);
  circuit = small().network.circuit;
  circuit.tensors[small().network.output].meaning->labels = {"other"};
  rejects(circuit, 4);
  circuit = small().network.circuit;
  circuit.identities[0].expression.products[0].coefficient = -1;
  rejects(circuit, 4);
  MlpOptions options = small().options;
  options.shift = 11;
  rejects(make_mlp(options).circuit, 4);
}

}  // namespace
}  // namespace veil::testing
