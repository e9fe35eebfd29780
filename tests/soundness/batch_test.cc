// Many proofs at once: each gets the verdict that it would get alone, whatever is beside it.
#include <gtest/gtest.h>

#include "curve/generators.h"
#include "support/places.h"
#include "support/registered.h"
#include "verify/argument.h"

namespace veil::testing {
namespace {

constexpr std::string_view kContext = "context";

const Registered& first_model() {
  static const Registered instance;
  return instance;
}
const Registered& second_model() {
  static const Registered instance(Visibility::kHidden, 2);
  return instance;
}

Expected expecting(std::string_view context) { return {as_bytes(context), {}, {}}; }

std::vector<Bytes> prove_many(std::size_t count) {
  std::vector<Bytes> proofs;
  for (std::size_t i = 0; i < count; ++i) proofs.push_back(first_model().prove());
  return proofs;
}

std::vector<Verification> verify_many(const std::vector<Bytes>& proofs) {
  const std::vector<ByteView> views(proofs.begin(), proofs.end());
  return verify_all(*first_model().model, expecting(kContext), views);
}

std::vector<std::string> names(const std::vector<Verification>& verifications) {
  std::vector<std::string> out;
  for (const Verification& one : verifications) out.push_back(one.verdict.name());
  return out;
}

Places places() { return Places(first_model().model->circuit()); }

std::span<std::uint8_t> field_of(std::span<std::uint8_t> argument, std::size_t place) {
  return argument.subspan(32 * place, 32);
}
std::span<std::uint8_t> argument_of(Bytes& proof) {
  return std::span(proof).last(first_model().model->circuit().proof_size_bytes());
}

void add_to_scalar(std::span<std::uint8_t> field, const Fr& difference) {
  const auto bytes = (*Fr::from_bytes(field) + difference).to_bytes();
  std::copy(bytes.begin(), bytes.end(), field.begin());
}
void replace_point(std::span<std::uint8_t> field) {
  const auto bytes = compress(generators(8)[7]);
  std::copy(bytes.begin(), bytes.end(), field.begin());
}

TEST(Batch, AcceptsWhatIsAcceptedAlone) {
  const std::vector<Bytes> proofs = prove_many(5);
  const std::vector<Verification> all = verify_many(proofs);
  ASSERT_EQ(all.size(), proofs.size());
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    const Verification alone = verify(*first_model().model, expecting(kContext), proofs[i]);
    EXPECT_TRUE(all[i].verdict.accepted()) << all[i].verdict.name();
    EXPECT_EQ(all[i].public_values, alone.public_values);
    EXPECT_EQ(all[i].input_rows, alone.input_rows);
  }
}

TEST(Batch, NothingToVerifyIsNoError) {
  EXPECT_TRUE(verify_many({}).empty());
  EXPECT_TRUE(discharge({}).empty());
}

// One bad proof among good ones, for each class of field: found, named as alone, and the others accepted.
TEST(Batch, TheBadProofIsFoundAndNamed) {
  const std::vector<Bytes> proofs = prove_many(6);
  const Places at = places();
  const auto check = [&](const char* what, const char* wanted, const std::function<void(Bytes&)>& tamper) {
    for (std::size_t bad = 0; bad < proofs.size(); bad += 5) {
      std::vector<Bytes> batch = proofs;
      tamper(batch[bad]);
      const std::vector<Verification> all = verify_many(batch);
      const Verdict alone = verify(*first_model().model, expecting(kContext), batch[bad]).verdict;
      for (std::size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(all[i].verdict.accepted(), i != bad) << what;
      EXPECT_EQ(all[bad].verdict.name(), alone.name()) << what;
      EXPECT_TRUE(all[bad].public_values.empty() && all[bad].input_rows.empty()) << what;
      if (wanted != nullptr) {
        EXPECT_EQ(alone.name(), wanted) << what;
      }
    }
  };
  const auto point = [&](const char* what, std::size_t place) {
    check(what, nullptr, [&](Bytes& proof) { replace_point(field_of(argument_of(proof), place)); });
  };
  const auto scalar = [&](const char* what, const char* wanted, std::size_t place) {
    check(what, wanted, [&](Bytes& proof) { add_to_scalar(field_of(argument_of(proof), place), Fr::one()); });
  };
  point("witness row", 0);
  point("pads", at.pads(0));
  point("masks", at.masks(0));
  point("mask row", at.mask_row());
  scalar("first message", "open/rows", at.slot(0));
  scalar("last message", "open/rows", at.slot(at.slots - 1));
  scalar("cross", "open/rows", at.cross());
  scalar("error", "open/rows", at.error());
  scalar("delta", "open/rows", at.delta());
  scalar("opened pad", "open/rows", at.opened_pad(0));
  scalar("cross value of the rows", "open/rows", at.row_cross(0));
  scalar("blinder", "open/rows", at.blinder());
  scalar("opened row", "open/rows", at.opened_row(0));
  check("no point", "format/point", [&](Bytes& proof) {
    const auto field = field_of(argument_of(proof), 0);
    std::fill(field.begin(), field.end(), std::uint8_t{0x3f});
  });
  check("too short", "format/short", [](Bytes& proof) { proof.pop_back(); });
  check("too long", "format/trailing", [](Bytes& proof) { proof.push_back(0); });
  check("no header", "format/header", [](Bytes& proof) { proof.clear(); });
  check("model id", "statement/model", [](Bytes& proof) { proof[12] ^= 1; });
  check("context", "statement/context", [](Bytes& proof) { proof[12 + 32] ^= 1; });
  check("public value", nullptr, [](Bytes& proof) { proof[12 + 64 + 7] ^= 1; });
}

TEST(Batch, ManyBadProofsAreAllNamed) {
  std::vector<Bytes> proofs = prove_many(9);
  const Places at = places();
  std::vector<std::string> wanted(proofs.size());
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{7}, std::size_t{8}}) {
    add_to_scalar(field_of(argument_of(proofs[i]), i % 2 != 0 ? at.blinder() : at.last()), Fr::one());
    wanted[i] = "open/rows";
  }
  EXPECT_EQ(names(verify_many(proofs)), wanted);
  EXPECT_EQ(names(verify_many(proofs)), wanted);  // the same again: there is no randomness
}

// What two arguments owe, under the coefficients that each has alone.
bool cancels_under_equal_coefficients(const OwedEquations& a, const OwedEquations& b) {
  GroupSum sum;
  for (const OwedEquations* owed : {&a, &b}) {
    Fr factor = Fr::one();
    for (const GroupEquation& equation : owed->equations) {
      sum.add(equation, owed->model_rows, factor);
      factor *= owed->coin;
    }
  }
  return sum.is_identity();
}

OwedEquations owed_of(Bytes& proof) {
  const VerifiedModel& model = *first_model().model;
  const Verification stated = verify(model, expecting(kContext), first_model().prove());
  const std::size_t before = proof.size() - model.circuit().proof_size_bytes();
  const std::size_t count = model.circuit().layout().rows(Owner::kInput).count;
  std::vector<G1Affine> input_rows;
  for (std::size_t i = 0; i < count; ++i) {
    input_rows.push_back(*decompress(ByteView(proof).subspan(before - 32 * (count - i), 32)));
  }
  const CheckedArgument checked = check_argument(
      {model.circuit(), model.model_rows(), input_rows, stated.public_values, as_bytes(kContext)}, argument_of(proof));
  EXPECT_TRUE(checked.so_far.accepted());
  EXPECT_EQ(checked.owed.equations[0].generators.size(), places().shape.columns());
  return checked.owed;
}

// Two false proofs whose errors are a point and its opposite: under equal coefficients they would cancel.
TEST(Batch, ErrorsDoNotCancel) {
  std::vector<Bytes> proofs(2, first_model().prove());
  add_to_scalar(field_of(argument_of(proofs[0]), places().last()), Fr::one());
  add_to_scalar(field_of(argument_of(proofs[1]), places().last()), -Fr::one());
  ASSERT_TRUE(cancels_under_equal_coefficients(owed_of(proofs[0]), owed_of(proofs[1])));
  const std::vector<std::string> wanted{"open/rows", "open/rows"};
  EXPECT_EQ(names(verify_many(proofs)), wanted);
  EXPECT_EQ(names(verify_many({proofs[1], proofs[0]})), wanted);
}

TEST(Batch, ModelsAndContextsMayDiffer) {
  const Bytes one = first_model().prove("a");
  const Bytes two = first_model().prove("b");
  const Bytes three = second_model().prove("a");
  const Expected a = expecting("a");
  const Expected b = expecting("b");
  const VerifiedModel& first = *first_model().model;
  const VerifiedModel& second = *second_model().model;
  const std::vector<PresentedProof> presented{{first, a, one}, {first, b, two},   {second, a, three},
                                              {first, b, one}, {first, a, three}, {second, a, three}};
  const std::vector<std::string> wanted{"", "", "", "statement/context", "statement/model", ""};
  EXPECT_EQ(names(verify_all(presented)), wanted);
}

// So many proofs that they are settled in several sums.
TEST(Batch, MoreThanFitInMemoryAtOnce) {
  Bytes good = first_model().prove();
  Bytes bad = good;
  add_to_scalar(field_of(argument_of(bad), places().last()), Fr::one());
  const std::size_t count = kMaxTermsInFlight / owed_of(good).num_terms() + 100;
  std::vector<ByteView> views(count, good);
  std::vector<std::string> wanted(count);
  for (const std::size_t i : {std::size_t{3}, count - 50}) {
    views[i] = bad;
    wanted[i] = "open/rows";
  }
  EXPECT_EQ(names(verify_all(*first_model().model, expecting(kContext), views)), wanted);
}

struct KeyAndProof {
  ModelKey key = first_model().prover->key().model;
  Bytes proof = first_model().prove();

  // The registration's last scalar, of the row that is left.
  void spoil_key(const Fr& difference) { add_to_scalar(std::span(key.registration_proof).last(32), difference); }
  void spoil_proof(const Fr& difference) { add_to_scalar(field_of(argument_of(proof), places().last()), difference); }
  KeyVerification verify() const {
    CheckedKey checked = PendingModel::check(key, first_model().model->id());
    EXPECT_TRUE(checked.so_far.accepted());
    const ByteView view(proof);
    const Expected expected = expecting(kContext);
    return verify_with_key(std::move(*checked.pending), expected, {&view, 1});
  }
};

TEST(BatchWithKey, AcceptsBoth) {
  const KeyVerification out = KeyAndProof().verify();
  ASSERT_TRUE(out.key.verdict.accepted() && out.key.model);
  EXPECT_EQ(out.key.model->id(), first_model().model->id());
  EXPECT_EQ(out.key.model->trust(), Trust::kPinned);
  EXPECT_TRUE(out.proofs[0].verdict.accepted());
}

TEST(BatchWithKey, ABadRegistrationRejectsEverything) {
  KeyAndProof both;
  both.spoil_key(Fr::one());
  const KeyVerification out = both.verify();
  EXPECT_EQ(out.key.verdict.name(), "model/registration");
  EXPECT_EQ(out.key.verdict.detail(), "open/rows");
  EXPECT_EQ(out.key.model, nullptr);
  EXPECT_EQ(out.proofs[0].verdict.name(), "model/registration");
  EXPECT_TRUE(out.proofs[0].public_values.empty());
  const VerifiedModel::Checked alone = VerifiedModel::check(both.key, std::nullopt);
  EXPECT_EQ(alone.verdict.name(), "model/registration");
  EXPECT_EQ(alone.model, nullptr);
}

TEST(BatchWithKey, ABadProofLeavesTheKey) {
  KeyAndProof both;
  both.spoil_proof(Fr::one());
  const KeyVerification out = both.verify();
  EXPECT_TRUE(out.key.model);
  EXPECT_EQ(out.proofs[0].verdict.name(), "open/rows");
}

TEST(BatchWithKey, ErrorsOfKeyAndProofDoNotCancel) {
  KeyAndProof both;
  both.spoil_key(Fr::one());
  both.spoil_proof(-Fr::one());
  const KeyVerification out = both.verify();
  EXPECT_EQ(out.key.verdict.name(), "model/registration");
  EXPECT_EQ(out.key.model, nullptr);
  EXPECT_FALSE(out.proofs[0].verdict.accepted());
}

TEST(BatchWithKey, WithoutProofsItIsTheCheckOfTheKey) {
  CheckedKey checked = PendingModel::check(first_model().prover->key().model, std::nullopt);
  ASSERT_TRUE(checked.pending);
  const Expected expected = expecting(kContext);
  const KeyVerification out = verify_with_key(std::move(*checked.pending), expected, {});
  EXPECT_TRUE(out.key.model);
  EXPECT_TRUE(out.proofs.empty());
}

}  // namespace
}  // namespace veil::testing
