// The folded opening under a prover who knows everything and adapts (docs/protocol/opening.md). Each way to pay for a
// false statement is first shown to work where one coin is known beforehand, so that the way is a real one, and then
// to fail under the hash, where the payment changes the coin.
#include <gtest/gtest.h>

#include "curve/generators.h"
#include "support/forged_case.h"
#include "support/places.h"

namespace veil::testing {
namespace {

TEST(Forger, WithoutDeviationsIsAnHonestProver) {
  for (const unsigned log_columns : kLogColumns) {
    const Case with(log_columns);
    Forger by_hash(with.honest, with.values, nullptr);
    EXPECT_EQ(by_hash.verdict(), "");
    EXPECT_TRUE(by_hash.left_over().is_zero() && by_hash.owed().is_zero());
    CoinsByLabel coins;
    EXPECT_EQ(Forger(with.honest, with.values, &coins).verdict(), "");
    Forger lying(with.lie, with.values, nullptr);
    EXPECT_EQ(lying.verdict(), "open/rows");
    EXPECT_FALSE(lying.left_over().is_zero() || lying.owed().is_zero());
    EXPECT_EQ(Forger(with.lie, with.values, &coins).verdict(), "open/rows");
  }
}

// ---------------------------------------------------------------- a false output, paid for in one message
struct Payment {
  std::string coin;  // that the payment needs before it is drawn
  // `seen`: an earlier run of the same lie without payment.
  std::function<void(Forger& forger, const Forger& seen, const Fr& coin)> pay;
};

// The last opened pad, moved until all claims together hold under theta.
Payment by_opened_pads() {
  return {"open/theta", [](Forger& forger, const Forger&, const Fr& coin) {
            forger.opened = [&forger, coin](FoldClaims& claims) {
              const Fr before = forger.owed_under(claims, coin);
              FoldClaims moved = claims;
              moved.opened.back().second += Fr::one();
              const Fr slope = forger.owed_under(moved, coin) - before;
              claims.opened.back().second -= before * slope.inverse();
              ASSERT_TRUE(forger.owed_under(claims, coin).is_zero());
            };
          }};
}

void add_payments_of_rows(std::vector<Payment>& out, std::size_t round) {
  for (const bool high : {false, true}) {  // low + coin value + coin^2 high
    out.push_back({"open/rows/" + std::to_string(round), [=](Forger& forger, const Forger&, const Fr& coin) {
                     forger.row_cross = [&forger, coin, round, high](std::size_t at, std::array<Fr, 2>& cross) {
                       if (at != round) return;
                       cross[high ? 1 : 0] -= forger.owed() * (high ? coin.inverse() : coin);
                     };
                   }});
  }
}

void add_payments_of_columns(std::vector<Payment>& out, std::size_t round) {
  for (const bool high : {false, true}) {
    out.push_back({"open/columns/" + std::to_string(round), [=](Forger& forger, const Forger&, const Fr& coin) {
                     forger.column_cross = [&forger, coin, round, high](std::size_t at, std::array<G1, 2>& cross) {
                       if (at != round) return;
                       const Fr owed = forger.coin("open/chi") * forger.owed();
                       cross[high ? 1 : 0] -= G1(blinding_generator()) * (owed * (high ? coin.inverse() : coin));
                     };
                   }});
  }
}

std::vector<Payment> payments(const OpeningShape& shape) {
  std::vector<Payment> out;
  // The inverse of the root stands in the first constraint and nowhere else.
  out.push_back({"fold/rho", [](Forger& forger, const Forger& seen, const Fr&) {
                   forger.answer = [&seen](std::size_t at, const Fr& value) {
                     return at == 1 ? value - seen.left_over() * seen.answers()[0].inverse() : value;
                   };
                 }});
  out.push_back({"fold/r", [](Forger& forger, const Forger&, const Fr& coin) {
                   forger.fold = [&forger, coin](FoldClaims& claims) {
                     claims.error += coin.square() * forger.left_over();
                   };
                 }});
  out.push_back({"fold/r", [](Forger& forger, const Forger&, const Fr& coin) {
                   forger.fold = [&forger, coin](FoldClaims& claims) { claims.cross += coin * forger.left_over(); };
                 }});
  out.push_back(by_opened_pads());
  for (std::size_t round = 0; round < shape.row_folds(); ++round) add_payments_of_rows(out, round);
  out.push_back({"open/chi", [](Forger& forger, const Forger&, const Fr& coin) {
                   forger.blinder = [&forger, coin](Fr& blinder) { blinder += coin * forger.owed(); };
                 }});
  for (std::size_t round = 0; round < shape.column_folds(); ++round) add_payments_of_columns(out, round);
  return out;
}

TEST(FalseOutput, IsPaidForByWhoeverKnowsOneCoinAndByNobodyElse) {
  for (const unsigned log_columns : kLogColumns) {
    const Case with(log_columns);
    CoinsByLabel known;
    Forger seen_known(with.lie, with.values, &known), seen(with.lie, with.values, nullptr);
    ASSERT_EQ(seen_known.verdict(), "open/rows");
    ASSERT_EQ(seen.verdict(), "open/rows");
    for (const Payment& payment : payments(with.lie.circuit->opening())) {
      Forger knowing(with.lie, with.values, &known);
      payment.pay(knowing, seen_known, seen_known.coin(payment.coin));
      EXPECT_EQ(knowing.verdict(), "") << payment.coin;
      Forger adapting(with.lie, with.values, nullptr);  // for the coin that he was given without the payment
      payment.pay(adapting, seen, seen.coin(payment.coin));
      EXPECT_EQ(adapting.verdict(), "open/rows") << payment.coin;
      EXPECT_FALSE(adapting.coin(payment.coin) == seen.coin(payment.coin)) << payment.coin;
    }
  }
}

// No coin of the opening is one that was drawn before, or a small number.
TEST(FalseOutput, IsNotPaidForByOldCoins) {
  const Case with(5);
  Forger seen(with.lie, with.values, nullptr);
  ASSERT_EQ(seen.verdict(), "open/rows");
  for (const Payment& payment : payments(with.lie.circuit->opening())) {
    std::vector<Fr> guesses{Fr::one(), -Fr::one(), Fr::half()};
    for (const auto& [label, coin] : seen.coins()) {
      if (label.rfind("fold/", 0) == 0 || label.rfind("open/", 0) == 0) guesses.push_back(coin);
    }
    for (const Fr& guess : guesses) {
      Forger guessing(with.lie, with.values, nullptr);
      payment.pay(guessing, seen, guess);
      EXPECT_EQ(guessing.verdict(), "open/rows") << payment.coin;
    }
  }
}

// ---------------------------------------------------------------- what is sent after the last coin
// H comes out right, and the generators do not.
TEST(FalseOutput, IsNotPaidForByTheLastRow) {
  for (const unsigned log_columns : kLogColumns) {
    const Case with(log_columns);
    for (std::size_t at = 0; at < with.lie.circuit->opening().columns_left(); ++at) {
      Forger forger(with.lie, with.values, nullptr);
      forger.row = [&](std::vector<Fr>& row) { row[at] += forger.owed() * forger.weights().row(0)[at].inverse(); };
      EXPECT_EQ(forger.verdict(), "open/rows");
    }
  }
}

// ---------------------------------------------------------------- opened pads
// A false message and another value for some opened pad, so that the quadratic equation holds as the verifier computes
// it. Only the claim that this pad is the committed one is false, and it is not to be paid for.
TEST(OpenedPad, CannotPayForAFalseMessage) {
  const Case with(5);
  const std::size_t opened = with.honest.circuit->opening().num_opened;
  CoinsByLabel known;
  std::size_t met = 0;
  for (std::size_t slot = 0; slot < with.honest.circuit->num_slots(); ++slot) {
    const std::size_t pad = slot % opened;
    bool moved = false;
    const auto lie = [&](Forger& forger) {
      forger.answer = [slot](std::size_t at, const Fr& value) { return at == slot ? value + Fr::one() : value; };
      forger.opened = [&, pad](FoldClaims& claims) {
        const Fr before = forger.quadratic_left_over(claims);
        FoldClaims other = claims;
        other.opened[pad].second += Fr::one();
        const Fr slope = forger.quadratic_left_over(other) - before;
        if (before.is_zero() || slope.is_zero()) return;
        claims.opened[pad].second -= before * slope.inverse();
        moved = forger.quadratic_left_over(claims).is_zero();
      };
    };
    Forger forger(with.honest, with.values, nullptr);
    lie(forger);
    EXPECT_EQ(forger.verdict(), "open/rows") << slot;
    met += moved ? 1 : 0;
    if (!moved) continue;
    Forger knowing(with.honest, with.values, &known);  // the same, with a payment that works: nothing else is wrong
    lie(knowing);
    const Fr coin = known.challenge("open/rows/0");
    knowing.row_cross = [&](std::size_t at, std::array<Fr, 2>& cross) {
      if (at == 0) cross[0] -= coin * knowing.owed();
    };
    EXPECT_EQ(knowing.verdict(), "") << slot;
  }
  EXPECT_GT(met, with.honest.circuit->num_slots() / 2);
}

// Three false pads that leave the quadratic equation as it is, and whose errors cancel under weights that are a factor
// apart: equal ones, powers of the theta that was drawn without them, of r.
TEST(OpenedPad, ErrorsOfThreeDoNotCancel) {
  const Case with(5);
  Forger seen(with.honest, with.values, nullptr);
  ASSERT_EQ(seen.verdict(), "");
  const std::size_t opened = with.honest.circuit->opening().num_opened;
  for (std::size_t pad = 0; pad + 2 < opened; ++pad) {
    for (const Fr& ratio : {Fr::one(), seen.coin("open/theta"), seen.coin("fold/r")}) {
      Forger forger(with.honest, with.values, nullptr);
      forger.opened = [&](FoldClaims& claims) {
        std::array<Fr, 3> slope;
        for (std::size_t i = 0; i < 3; ++i) {
          FoldClaims moved = claims;
          moved.opened[pad + i].second += Fr::one();
          slope[i] = forger.quadratic_left_over(moved);
        }
        const std::array<Fr, 3> weight{Fr::one(), ratio, ratio.square()};
        for (std::size_t i = 0; i < 3; ++i) {  // orthogonal to both
          const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
          claims.opened[pad + i].second += slope[j] * weight[k] - slope[k] * weight[j];
        }
        ASSERT_TRUE(forger.quadratic_left_over(claims).is_zero());
      };
      EXPECT_EQ(forger.verdict(), "open/rows") << pad;
    }
  }
}

// ---------------------------------------------------------------- rows that the prover does not know
// The weights of another model, with what their rows lack paid for in a commitment or in a cross point.
struct OtherModel {
  Setting setting;
  std::vector<G1> lacking;  // a model row less what the prover can open, each

  OtherModel(const Case& with, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    setting = with_trace(with.honest, with.network.run(with.network.random_values(random, 3000)));
    setting.public_values = public_values_of(with.network.circuit, setting.trace);
    const RowLayout& layout = setting.circuit->layout();
    const RowRange rows = layout.rows(Owner::kModel);
    const std::vector<G1Affine> own = commit_rows(RowCommitter(layout.columns()), RowBlinder(), setting.rows.matrix,
                                                  rows, setting.rows.blinders.expose().subspan(rows.first, rows.count));
    for (std::size_t i = 0; i < rows.count; ++i) lacking.push_back(G1(setting.model_rows[i]) - own[i]);
    // The input's rows are the prover's own.
    const RowRange input = layout.rows(Owner::kInput);
    setting.input_rows = commit_rows(RowCommitter(layout.columns()), RowBlinder(), setting.rows.matrix, input,
                                     setting.rows.blinders.expose().subspan(input.first, input.count));
  }

  G1 lacking_under(const std::map<std::size_t, Fr>& weights) const {
    G1 out;
    for (std::size_t i = 0; i < lacking.size(); ++i) {
      const auto weight = weights.find(i);
      if (weight != weights.end()) out += lacking[i] * weight->second;
    }
    return out;
  }
};

Fr factor_of_last_row(const OpeningShape& shape, const Forger& seen) {
  Fr out = Fr::one();
  for (std::size_t i = 0; i < shape.row_folds(); ++i) {
    if ((shape.pad_rows() >> (shape.row_folds() - 1 - i) & 1) != 0) out *= seen.coin("open/rows/" + std::to_string(i));
  }
  return out;
}

TEST(UnknownRows, ArePaidForByWhoeverKnowsTheCoinsAndByNobodyElse) {
  for (const unsigned log_columns : kLogColumns) {
    const Case with(log_columns);
    const OtherModel other(with, 21);
    const OpeningShape& shape = with.honest.circuit->opening();
    const Places at(*with.honest.circuit);
    CoinsByLabel known;
    for (ChallengeOracle* const oracle :
         {static_cast<ChallengeOracle*>(&known), static_cast<ChallengeOracle*>(nullptr)}) {
      Forger seen(other.setting, with.values, oracle);
      ASSERT_EQ(seen.verdict(), "open/rows");
      ASSERT_TRUE(seen.owed().is_zero());
      const G1 lacking = other.lacking_under(seen.row_weights()) * seen.coin("fold/r");
      const Fr factor = factor_of_last_row(shape, seen);
      const auto pay_in_point = [&](std::size_t place, const Fr& share) {
        Forger forger(other.setting, with.values, oracle);
        forger.points = [&](std::vector<G1Affine>& points) {
          points[place] = (G1(points[place]) - lacking * share).to_affine();
        };
        return forger.verdict();
      };
      const std::string wanted = oracle != nullptr ? "" : "open/rows";
      EXPECT_EQ(pay_in_point(at.mask_row(), Fr::one()), wanted);
      EXPECT_EQ(pay_in_point(at.masks(0), factor), wanted);
      EXPECT_EQ(pay_in_point(at.pads(0), factor * seen.coin("fold/r").inverse()), wanted);
      for (std::size_t round = 0; round < shape.column_folds(); ++round) {
        Forger forger(other.setting, with.values, oracle);
        Fr before = factor;
        for (std::size_t i = 0; i < round; ++i) before *= seen.coin("open/columns/" + std::to_string(i));
        forger.column_cross = [&](std::size_t place, std::array<G1, 2>& cross) {
          if (place == round) cross[0] -= lacking * (before * seen.coin("open/columns/" + std::to_string(round)));
        };
        EXPECT_EQ(forger.verdict(), wanted) << round;
      }
    }
  }
}

}  // namespace
}  // namespace veil::testing
