// The folded opening at its edges: places without a claim, points that are not random, encodings, circuits of one
// element.
#include <gtest/gtest.h>

#include <set>

#include "support/forged_case.h"
#include "support/places.h"

namespace veil::testing {
namespace {

// ---------------------------------------------------------------- places without a claim
// Behind the last pad nothing has a weight: what is committed there changes nothing, and pays for nothing.
TEST(Filling, OfTheLastPadRowIsFreeAndPaysForNothing) {
  std::size_t tried = 0;
  for (const unsigned log_columns : kLogColumns) {
    Case with(log_columns);
    const std::size_t pads = with.honest.circuit->opening().num_pads();
    if (pads == with.values.pads.size()) continue;
    for (std::size_t i = pads; i < with.values.pads.size(); ++i) {
      with.values.pads[i] = Fr::from_u64(i);
      with.values.masks[i] = -Fr::from_u64(i).square();
    }
    EXPECT_EQ(Forger(with.honest, with.values, nullptr).verdict(), "");
    EXPECT_EQ(Forger(with.lie, with.values, nullptr).verdict(), "open/rows");
    ++tried;
  }
  EXPECT_GT(tried, 1u);
}

// Rows after the last one are zeros under the identity: another row there is not under it, even where coins are known.
TEST(Filling, RowsAfterTheLastAreZeros) {
  std::size_t tried = 0;
  for (const unsigned log_columns : {1u, 2u, 3u, 4u, 5u, 6u}) {
    const Case with(log_columns);
    const OpeningShape& shape = with.honest.circuit->opening();
    if (shape.pad_rows() + 1 == std::size_t{1} << shape.row_folds()) continue;
    CoinsByLabel known;
    Forger forger(with.honest, with.values, &known);
    forger.rows_beyond.assign(1, std::vector<Fr>(shape.columns()));
    EXPECT_EQ(forger.verdict(), "");
    forger.rows_beyond[0].back() = Fr::one();
    EXPECT_EQ(forger.verdict(), "open/rows");
    ++tried;
  }
  EXPECT_GT(tried, 2u);
}

// ---------------------------------------------------------------- points that are not random
// Pads that are all one, masks that are their opposites, a mask row that is a generator: sums of equal and opposite
// points. Only the prover's own secrets suffer.
TEST(Points, EqualAndOppositeOnesAreSummedRightly) {
  for (const unsigned log_columns : {1u, 4u, 5u}) {
    Case with(log_columns);
    OneTimeValues& values = with.values;
    const std::size_t places = values.pads.size(), rows = values.pads_blinders.size();
    values.pads.assign(places, Fr::one());
    values.masks.assign(places, -Fr::one());
    values.pads_blinders.assign(rows, Fr::one());
    values.masks_blinders.assign(rows, -Fr::one());
    values.mask_row.assign(values.mask_row.size(), Fr::zero());
    values.mask_row[0] = Fr::one();
    values.mask_row_blinder = Fr::zero();
    EXPECT_EQ(Forger(with.honest, values, nullptr).verdict(), "");
    EXPECT_EQ(Forger(with.lie, values, nullptr).verdict(), "open/rows");
    CoinsByLabel known;
    EXPECT_EQ(Forger(with.honest, values, &known).verdict(), "");
    EXPECT_EQ(Forger(with.lie, values, &known).verdict(), "open/rows");
  }
}

// ---------------------------------------------------------------- encodings
// Every scalar has one encoding, every point one, and its opposite is another point.
TEST(Encodings, OfEveryFieldAreCanonical) {
  const Case with(5);
  const Bytes proof = with.honest.prove();
  const Places at(*with.honest.circuit);
  const auto order = (-Fr::one()).to_bytes();  // less one, as the next one
  const auto modulus = (-Fq::one()).to_bytes();
  for (std::size_t place = 0; place <= at.last(); ++place) {
    const auto& added = at.is_point(place) ? modulus : order;
    Bytes bad = proof;
    unsigned carry = 1;
    for (std::size_t i = 32; i-- > 0;) {
      carry += static_cast<unsigned>(bad[32 * place + i]) + added[i];
      bad[32 * place + i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    const char* const wanted = at.is_point(place) ? "format/point" : "format/scalar";
    EXPECT_TRUE(carry != 0 || verify_argument(with.honest.statement(), bad).name() == wanted) << place;
    bad = proof;
    bad[32 * place] ^= 0x80;
    EXPECT_EQ(verify_argument(with.honest.statement(), bad).name(), at.is_point(place) ? "open/rows" : "format/scalar")
        << place;
  }
}

// ---------------------------------------------------------------- the coin of a batch
// It depends on every field of the proof and of the statement: no field may be fitted to the weights of a batch.
TEST(CoinOfABatch, DependsOnEverything) {
  const Case with(5);
  const Bytes proof = with.honest.prove();
  const Places at(*with.honest.circuit);
  std::set<std::string> coins;
  const auto add = [&](const Setting& setting, const Bytes& bytes) {
    const CheckedArgument checked = check_argument(setting.statement(), bytes);
    ASSERT_TRUE(checked.so_far.accepted()) << checked.so_far.name();
    const auto coin = checked.owed.coin.to_bytes();
    EXPECT_TRUE(coins.emplace(coin.begin(), coin.end()).second) << coins.size();
  };
  add(with.honest, proof);
  for (std::size_t place = 0; place <= at.last(); ++place) {
    Bytes other = proof;
    const auto field = std::span(other).subspan(32 * place, 32);
    const auto changed =
        at.is_point(place) ? compress(-*decompress(field)) : (*Fr::from_bytes(field) + Fr::one()).to_bytes();
    std::copy(changed.begin(), changed.end(), field.begin());
    add(with.honest, other);
  }
  for (std::vector<G1Affine> Setting::*rows : {&Setting::model_rows, &Setting::input_rows}) {
    Setting other = with_trace(with.honest, with.honest.trace);
    (other.*rows)[0] = -(other.*rows)[0];
    add(other, proof);
  }
  Setting other = with_trace(with.honest, with.honest.trace);
  ++other.public_values[with.network.output][0];
  add(other, proof);
  other = with_trace(with.honest, with.honest.trace);
  other.context.push_back(0);
  add(other, proof);
}

// ---------------------------------------------------------------- the smallest circuits
// Nothing committed, public tensors alone, one element: true is accepted, false is not.
struct Tiny {
  Circuit circuit;
  TensorId x, y;
  Trace trace;

  Tiny(Owner owner, bool product, std::int64_t result) {
    const auto add = [&](const char* name) {
      return add_tensor(circuit, Tensor{name, {1}, 0, 100, owner, Meaning{name, "", {}, {0}}});
    };
    x = add("x");
    y = add("y");
    const auto term = [&](TensorId id, std::int64_t factor) { return LinearTerm{factor, view_by_axes(id, {0})}; };
    Expression expression = linear_expression({term(y, -1)});
    if (product) {
      expression.products.push_back({1, {term(x, 1)}, {term(x, 1)}});
    } else {
      expression.linear.push_back(term(x, 1));
    }
    circuit.identities.push_back(Identity{"y", Domain{{1}, 1}, expression});
    trace = empty_trace(circuit);
    trace.values[x] = {7};
    trace.values[y] = {result};
  }
  std::string verdict(unsigned log_columns) const {
    const Setting setting = make_setting(prepare(circuit, log_columns), trace);
    const OneTimeValues values = OneTimeValues::sample(setting.circuit->opening());
    return Forger(setting, values, nullptr).verdict() + verify_argument(setting.statement(), setting.prove()).name();
  }
};

TEST(SmallestCircuits, AreProvenAndTheirLiesAreNot) {
  for (const unsigned log_columns : {1u, 2u, 4u, 5u, 6u}) {
    for (const Owner owner : {Owner::kPublic, Owner::kInput, Owner::kModel, Owner::kWitness}) {
      EXPECT_EQ(Tiny(owner, false, 7).verdict(log_columns), "");
      EXPECT_EQ(Tiny(owner, false, 8).verdict(log_columns), "open/rowsopen/rows");
      EXPECT_EQ(Tiny(owner, true, 49).verdict(log_columns), "");
      EXPECT_EQ(Tiny(owner, true, 50).verdict(log_columns), "open/rowsopen/rows");
    }
  }
}

}  // namespace
}  // namespace veil::testing
