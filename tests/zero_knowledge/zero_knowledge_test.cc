// Zero knowledge: the simulator of pads-and-fold, uniformity of what is sent, and what pads must never do.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "argument/argue.h"
#include "base/random.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/sample.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

MlpOptions tiny() {
  MlpOptions options;
  options.widths = {2, 2, 1};
  return options;
}

// Challenges prepared by label: what a simulator may program in the random-oracle model.
class ProgrammedOracle : public ChallengeOracle {
 public:
  explicit ProgrammedOracle(Drbg& drbg) : drbg_(drbg) {}
  Fr challenge(std::string_view label) override {
    const auto [entry, added] = coins_.emplace(std::string(label), Fr::zero());
    if (added) entry->second = sample_fr(drbg_);
    return entry->second;
  }

 private:
  Drbg& drbg_;
  std::map<std::string, Fr> coins_;
};

struct UniformSource {
  Drbg& drbg;
  template <class Question>
  Fr next(const Question&) {
    return sample_fr(drbg);
  }
};

G1Affine combine(std::vector<G1Affine> points, std::vector<Fr> scalars) { return msm(points, scalars).to_affine(); }

G1 commit(std::span<const Fr> values, const Fr& blinder) {
  const auto bases = generators(values.size());
  return msm(bases, values) + G1(blinding_generator()) * blinder;
}

// An accepting argument from the statement alone: no witness, no model, no input.
Bytes simulate(const Statement& statement, ProgrammedOracle& oracle, Drbg& drbg) {
  const PreparedCircuit& prepared = statement.circuit;
  const RowLayout& layout = prepared.layout();
  const auto random_point = [&] { return (G1(blinding_generator()) * sample_fr(drbg)).to_affine(); };
  std::vector<G1Affine> rows(statement.model_rows.begin(), statement.model_rows.end());
  rows.insert(rows.end(), statement.input_rows.begin(), statement.input_rows.end());
  std::vector<G1Affine> witness;
  for (std::size_t i = 0; i < layout.rows(Owner::kWitness).count; ++i) witness.push_back(random_point());
  rows.insert(rows.end(), witness.begin(), witness.end());
  const G1Affine pads = random_point();

  Transcript transcript(&oracle);
  UniformSource source{drbg};
  Committed<UniformSource> checker(transcript, source);
  const auto opening = argue(checker, prepared.circuit(), layout, statement.public_values);
  const PadFold fold(checker.constraints(), checker.sent(), oracle.challenge("fold/rho"));
  const Fr r = oracle.challenge("fold/r");
  const auto scalars = [&](std::size_t count) {
    std::vector<Fr> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(sample_fr(drbg));
    return out;
  };
  const std::vector<Fr> pi = scalars(prepared.num_slots());
  const std::vector<Fr> row = scalars(layout.columns());
  const std::vector<Fr> blinders = scalars(3);
  const G1Affine masks = combine({commit(pi, blinders[0]).to_affine(), pads}, {Fr::one(), -r});
  std::vector<G1Affine> points{commit(row, blinders[1]).to_affine()};
  std::vector<Fr> weights{Fr::one()};
  for (const auto& [index, weight] : opening.row_weights) {
    points.push_back(rows[index]);
    weights.push_back(-(r * weight));
  }
  const G1Affine mask_row = combine(points, weights);
  const G1Affine t1 = random_point();
  const std::vector<Fr> error{fold.evaluate(r, pi)};
  const G1Affine t0 = combine({commit(error, blinders[2]).to_affine(), t1}, {Fr::one(), -r});
  const Fr delta = inner_product(row, opening.column_eq) + evaluate_linear_part(opening.value, pi) -
                   r * evaluate_form_at(opening.value, checker.sent());
  Writer out;
  for (const G1Affine& point : witness) out.raw(compress(point));
  for (const G1Affine& point : {pads, masks, mask_row}) out.raw(compress(point));
  for (const Fr& scalar : checker.sent()) out.raw(scalar.to_bytes());
  for (const G1Affine& point : {t0, t1}) out.raw(compress(point));
  out.raw(delta.to_bytes());
  for (const Fr& scalar : pi) out.raw(scalar.to_bytes());
  out.raw(blinders[0].to_bytes());
  for (const Fr& scalar : row) out.raw(scalar.to_bytes());
  out.raw(blinders[1].to_bytes());
  out.raw(blinders[2].to_bytes());
  return out.take();
}

TEST(Simulator, IsAcceptedUnderProgrammedChallengesForTrueAndFalseStatementsAlike) {
  std::mt19937_64 random(1);
  const TestCircuit network = make_mlp(tiny());
  const Setting honest = make_setting(prepare(network.circuit, 4), network.run(network.random_values(random, 3000)));
  for (int k = 0; k < 10; ++k) {
    PublicValues values = honest.public_values;
    values[network.output][0] = static_cast<std::int64_t>(random() % 60000) - 30000;  // whatever the output is
    const Statement statement{*honest.circuit, honest.model_rows, honest.input_rows, values, honest.context};
    Drbg drbg = fresh_drbg();
    ProgrammedOracle oracle(drbg);
    const Bytes proof = simulate(statement, oracle, drbg);
    Transcript programmed(&oracle);
    const Verdict verdict = verify_argument(statement, proof, programmed);
    EXPECT_TRUE(verdict.accepted()) << verdict.name();
    EXPECT_FALSE(verify_argument(statement, proof).accepted());  // under the real hash
  }
}

// How far the sent scalars of many proofs of two inputs are from uniform in their top bits, by field.
struct Uniformity {
  double mean = 0;
  std::vector<double> chi_square;  // by field and input, 7 degrees of freedom
  std::vector<double> between;     // the two inputs compared, by field
};

class UniformityRun {
 public:
  UniformityRun(const TestCircuit& network, std::shared_ptr<const PreparedCircuit> circuit)
      : network_(network), circuit_(std::move(circuit)) {
    std::mt19937_64 random(2);
    values_ = network.random_values(random, 3000);
  }

  Uniformity run() {
    const std::array<Histograms, 2> counts{count(0), count(12345)};
    Uniformity out;
    for (const Histograms& histograms : counts) {
      for (const Bins& bins : histograms) {
        double chi = 0;
        for (const double bin : bins) chi += (bin - kExpected) * (bin - kExpected) / kExpected;
        out.chi_square.push_back(chi);
        out.mean += chi;
      }
    }
    out.mean /= static_cast<double>(out.chi_square.size());
    for (std::size_t i = 0; i < counts[0].size(); ++i) {
      double chi = 0;
      for (std::size_t b = 0; b < 8; ++b) {
        const double sum = counts[0][i][b] + counts[1][i][b];
        const double difference = counts[0][i][b] - counts[1][i][b];
        if (sum > 0) chi += difference * difference / sum;
      }
      out.between.push_back(chi);
    }
    return out;
  }

 private:
  static constexpr int kProofs = 200;
  static constexpr double kExpected = kProofs / 8.0;
  using Bins = std::array<double, 8>;
  using Histograms = std::vector<Bins>;

  Histograms count(std::int64_t input) {
    for (std::int64_t& x : values_.back()) x = input;
    const Setting setting = make_setting(circuit_, network_.run(values_));
    const std::size_t first = 32 * (setting.rows.witness.size() + 3);
    Histograms out;
    for (int k = 0; k < kProofs; ++k) {
      const Bytes proof = setting.prove();
      out.resize((proof.size() - first) / 32);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::span<const std::uint8_t> bytes = std::span<const std::uint8_t>(proof).subspan(first + 32 * i, 32);
        EXPECT_TRUE(seen_.emplace(bytes.begin(), bytes.end()).second) << "a scalar was sent twice";
        const double top = (bytes[0] * 256.0 + bytes[1] + 0.5) / (0x3064 + 0.306);  // of the modulus
        out[i][std::min<std::size_t>(7, static_cast<std::size_t>(top * 8))] += 1;
      }
    }
    const std::size_t t0 = circuit_->num_slots();  // T0, T1 are points, not scalars
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(t0), out.begin() + static_cast<std::ptrdiff_t>(t0 + 2));
    return out;
  }

  const TestCircuit& network_;
  std::shared_ptr<const PreparedCircuit> circuit_;
  std::vector<std::vector<std::int64_t>> values_;
  std::set<std::string> seen_;
};

// A leak repeats in the same field, chance does not: a field fails when it is far out in two runs. (7 degrees: 30 is
// passed with probability 1e-4, so about one in ten thousand pairs of runs fails by chance somewhere.)
TEST(Uniformity, SentScalarsLookUniformWhateverTheInput) {
  const TestCircuit network = make_mlp(tiny());
  const auto circuit = prepare(network.circuit, 4);
  const Uniformity first = UniformityRun(network, circuit).run();
  const Uniformity second = UniformityRun(network, circuit).run();
  EXPECT_NEAR(first.mean, 7.0, 0.6);
  EXPECT_NEAR(second.mean, 7.0, 0.6);
  constexpr double kFar = 30;
  for (std::size_t i = 0; i < first.chi_square.size(); ++i) {
    EXPECT_FALSE(first.chi_square[i] > kFar && second.chi_square[i] > kFar) << "field " << i;
  }
  for (std::size_t i = 0; i < first.between.size(); ++i) {
    EXPECT_FALSE(first.between[i] > kFar && second.between[i] > kFar) << "field " << i;
  }
  std::printf("  %zu fields, mean chi-square %.2f and %.2f (7 expected)\n", first.chi_square.size(), first.mean,
              second.mean);
}

TEST(Uniformity, TheSameInputTwiceGivesDifferentProofs) {
  std::mt19937_64 random(3);
  const TestCircuit network = make_mlp(tiny());
  const Setting setting = make_setting(prepare(network.circuit, 4), network.run(network.random_values(random, 3000)));
  EXPECT_NE(setting.prove(), setting.prove());
}

// Why pads are used once: two arguments under one set give every pad away (attacks 9).
TEST(Pads, UsedTwiceRevealTheMessages) {
  std::mt19937_64 random(4);
  const TestCircuit network = make_mlp(tiny());
  const auto circuit = prepare(network.circuit, 4);
  Drbg drbg = fresh_drbg();
  const Pads pads = Pads::sample(drbg, circuit->num_slots(), circuit->layout().columns());
  std::vector<std::vector<Fr>> opened;
  for (int k = 0; k < 2; ++k) {
    const Setting setting = make_setting(circuit, network.run(network.random_values(random, 3000)));
    const Bytes proof = prove_argument(setting.statement(), setting.trace, setting.rows, pads);
    const std::size_t first = 32 * (setting.rows.witness.size() + 3 + circuit->num_slots() + 3);
    opened.emplace_back();
    for (std::size_t i = 0; i < circuit->num_slots(); ++i) {
      opened.back().push_back(*Fr::from_bytes(std::span<const std::uint8_t>(proof).subspan(first + 32 * i, 32)));
    }
  }
  // pi'_1 - pi'_2 = (r_1 - r_2) pi: the ratio of two slots is the ratio of their pads.
  const Fr ratio = (opened[0][0] - opened[1][0]) * (opened[0][1] - opened[1][1]).inverse();
  EXPECT_EQ(ratio, pads.pads()[0] * pads.pads()[1].inverse());
}

}  // namespace
}  // namespace veil::testing
