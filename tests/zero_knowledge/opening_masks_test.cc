// Perfect hiding of everything that is sent beside commitments: for every other witness there are pads and masks under
// which the very same scalars and cross points are sent.
#include <gtest/gtest.h>

#include "support/forger.h"
#include "support/places.h"

namespace veil::testing {
namespace {

struct Sent {
  OneTimeValues values;
  FoldClaims claims;  // cross, error, delta
  std::vector<Fr> answers;
  std::vector<std::vector<Fr>> rows;
  std::vector<Fr> blinders;
  Fr r;
  Bytes proof;
};

Sent send(const Setting& setting, OneTimeValues values) {
  CoinsByLabel coins;
  Sent out;
  Forger prover(setting, values, &coins);
  prover.fold = [&](FoldClaims& claims) { out.claims = claims; };
  out.proof = prover.prove();
  Transcript transcript(&coins);
  EXPECT_EQ(verify_argument(setting.statement(), out.proof, transcript).name(), "");
  out.answers = prover.answers();
  out.rows = prover.folded_rows();
  out.blinders = prover.folded_blinders();
  out.r = prover.coin("fold/r");
  out.values = std::move(values);
  return out;
}

// What makes another witness send the same.
OneTimeValues fitted(const Setting& setting, const Sent& wanted) {
  const OpeningShape& shape = setting.circuit->opening();
  OneTimeValues values = wanted.values;  // blinders of pads and masks stay
  const Sent plain = send(setting, values);
  const auto set_pad = [&](std::size_t i, const Fr& pad) {
    values.pads[i] = pad;
    values.masks[i] = wanted.rows[i / shape.columns()][i % shape.columns()] - wanted.r * pad;
  };
  for (std::size_t i = 0; i < shape.num_slots; ++i) {
    set_pad(i, wanted.values.pads[i] + wanted.answers[i] - plain.answers[i]);
  }
  for (std::size_t i = 0; i < shape.columns(); ++i) {
    values.mask_row[i] += wanted.rows.back()[i] - plain.rows.back()[i];
  }
  values.mask_row_blinder += wanted.blinders.back() - plain.blinders.back();
  const std::size_t last = shape.num_slots;  // the pad of cross
  set_pad(last, values.pads[last] + wanted.claims.cross - send(setting, values).claims.cross);
  return values;
}

void expect_the_same_but_for_commitments(const Setting& setting, const Bytes& one, const Bytes& other) {
  ASSERT_EQ(one.size(), other.size());
  const Places at(*setting.circuit);
  std::size_t different = 0;
  for (std::size_t place = 0; place <= at.last(); ++place) {
    const auto begin = static_cast<std::ptrdiff_t>(32 * place);
    const bool equal = std::equal(one.begin() + begin, one.begin() + begin + 32, other.begin() + begin);
    if (place < at.slot(0)) {
      different += equal ? 0 : 1;
    } else {
      EXPECT_TRUE(equal) << place;
    }
  }
  EXPECT_GT(different, setting.circuit->layout().rows(Owner::kWitness).count);
}

TEST(Masks, EveryWitnessCouldHaveSentTheSame) {
  MlpOptions options;
  options.widths = {2, 2, 1};
  options.reveal = false;
  options.threshold = -(1 << 15);
  const TestCircuit network = make_mlp(options);
  std::mt19937_64 random(30);
  for (unsigned log_columns = 1; log_columns <= 9; ++log_columns) {
    const auto circuit = prepare(network.circuit, log_columns);
    const auto setting = [&] { return make_setting(circuit, network.run(network.random_values(random, 3000))); };
    const Setting one = setting(), other = setting();  // another model and another input
    const Sent wanted = send(one, OneTimeValues::sample(circuit->opening()));
    const Sent same = send(other, fitted(other, wanted));
    EXPECT_FALSE(wanted.answers == same.answers);
    expect_the_same_but_for_commitments(one, wanted.proof, same.proof);
  }
}

}  // namespace
}  // namespace veil::testing
