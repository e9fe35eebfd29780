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
#include "support/places.h"
#include "support/proving.h"
#include "verify/joined_claims.h"

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

std::vector<Fr> uniform(Drbg& drbg, std::size_t count) {
  std::vector<Fr> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(sample_fr(drbg));
  return out;
}

// The end of the text, answered from rows that are uniform: it needs no secret beyond them.
struct SimulatedSide {
  OpeningAnswers answers;
  ProgrammedOracle& oracle;
  Writer& out;

  Fr challenge(const std::string& label) { return oracle.challenge(label); }
  template <class Question>
  std::array<Fr, 2> scalars(const std::string&, const Question& question) {
    const auto values = answers.answer(question);
    for (const Fr& value : values) out.raw(value.to_bytes());
    return values;
  }
  template <class Question>
  std::array<G1Affine, 2> points(const std::string&, const Question& question) {
    const auto values = G1::batch_to_affine(answers.answer(question));
    for (const G1Affine& value : values) out.raw(compress(value));
    return {values[0], values[1]};
  }
  template <class Question>
  Fr scalar(const std::string&, const Question& question) {
    const Fr value = answers.answer(question);
    out.raw(value.to_bytes());
    return value;
  }
  template <class Question>
  std::vector<Fr> row(const std::string&, const Question& question) {
    const std::vector<Fr> values = answers.answer(question);
    for (const Fr& value : values) out.raw(value.to_bytes());
    return values;
  }
};

// pi', g' and their blinders, uniform, as the rows that are opened.
struct UniformRows {
  std::vector<Fr> pads;
  std::vector<std::vector<Fr>> rows;
  std::vector<Fr> blinders;

  UniformRows(const OpeningShape& shape, Drbg& drbg)
      : pads(uniform(drbg, shape.num_pads())), blinders(uniform(drbg, shape.pad_rows() + 1)) {
    for (std::size_t i = 0; i < shape.pad_rows(); ++i) {
      const auto first = pads.begin() + static_cast<std::ptrdiff_t>(i * shape.columns());
      rows.emplace_back(first, first + static_cast<std::ptrdiff_t>(
                                           std::min(shape.columns(), shape.num_pads() - i * shape.columns())));
    }
    rows.push_back(uniform(drbg, shape.columns()));
  }
  // <row, G> + b H - r point
  G1Affine minus(std::size_t row, const Fr& r, const G1& point) const {
    const G1 sum = msm(generators(rows[row].size()), rows[row]) + G1(blinding_generator()) * blinders[row];
    return (sum - point * r).to_affine();
  }
};

// What an honest prover fixes before it knows the answers to r.
FoldClaims simulate_claims(const OpeningClaim<AffineForm>& opening, const PadFold& fold, std::span<const Fr> sent,
                           const std::set<std::uint32_t>& opened, const UniformRows& rows, ProgrammedOracle& oracle,
                           Drbg& drbg) {
  FoldClaims out;
  out.r = oracle.challenge("fold/r");
  out.theta = oracle.challenge("open/theta");
  out.cross = sample_fr(drbg);
  out.error = fold.evaluate(out.r, rows.pads) + rows.pads.back() - out.r * out.cross;
  out.delta = inner_product(rows.rows.back(), opening.column_eq) + evaluate_linear_part(opening.value, rows.pads) -
              out.r * evaluate_form_at(opening.value, sent);
  for (const std::uint32_t slot : opened) out.opened.emplace_back(slot, rows.pads[slot]);
  return out;
}

// An accepting argument from the statement alone: no witness, no model, no input.
Bytes simulate(const Statement& statement, ProgrammedOracle& oracle, Drbg& drbg) {
  const PreparedCircuit& prepared = statement.circuit;
  const OpeningShape& shape = prepared.opening();
  const auto random_points = [&](std::size_t count) {
    std::vector<G1Affine> out;
    for (const Fr& k : uniform(drbg, count)) out.push_back((G1(blinding_generator()) * k).to_affine());
    return out;
  };
  const std::vector<G1Affine> witness = random_points(prepared.layout().rows(Owner::kWitness).count);
  const std::vector<G1Affine> pads = random_points(shape.pad_rows());
  std::vector<G1Affine> committed(statement.model_rows.begin(), statement.model_rows.end());
  committed.insert(committed.end(), statement.input_rows.begin(), statement.input_rows.end());
  committed.insert(committed.end(), witness.begin(), witness.end());

  Transcript transcript(&oracle);
  UniformSource source{drbg};
  Committed<UniformSource> checker(transcript, source);
  const auto opening = argue(checker, prepared.circuit(), prepared.layout(), statement.public_values);
  const PadFold fold(checker.constraints(), checker.sent(), oracle.challenge("fold/rho"));
  const UniformRows rows(shape, drbg);
  const FoldClaims claims = simulate_claims(opening, fold, checker.sent(), checker.opened(), rows, oracle, drbg);

  Writer out;
  for (const G1Affine& point : witness) out.raw(compress(point));
  for (const G1Affine& point : pads) out.raw(compress(point));
  for (std::size_t i = 0; i < shape.pad_rows(); ++i) out.raw(compress(rows.minus(i, claims.r, pads[i])));
  G1 row;
  for (const auto& [index, weight] : opening.row_weights) row += G1(committed[index]) * weight;
  out.raw(compress(rows.minus(shape.pad_rows(), claims.r, row)));
  for (const Fr& scalar : checker.sent()) out.raw(scalar.to_bytes());
  for (const Fr& scalar : {claims.cross, claims.error, claims.delta}) out.raw(scalar.to_bytes());
  for (const auto& [slot, pad] : claims.opened) out.raw(pad.to_bytes());
  SimulatedSide side{{shape, rows.rows, rows.blinders}, oracle, out};
  auto [weights, value] = joined_claims(shape, opening, fold, checker.sent(), claims);
  fold_opening(side, shape, std::move(weights), value);
  return out.take();
}

TEST(Simulator, IsAcceptedUnderProgrammedChallengesForTrueAndFalseStatementsAlike) {
  std::mt19937_64 random(1);
  const TestCircuit network = make_mlp(tiny());
  const auto witness = network.random_values(random, 3000);
  for (int k = 0; k < 10; ++k) {
    const Setting honest = make_setting(prepare(network.circuit, 2 + static_cast<unsigned>(k)), network.run(witness));
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
    const Places at(*circuit_);
    Histograms out;
    for (int k = 0; k < kProofs; ++k) {
      const Bytes proof = setting.prove();
      std::size_t field = 0;
      for (std::size_t place = 0; place <= at.last(); ++place) {
        if (at.is_point(place)) continue;
        const std::span<const std::uint8_t> bytes = std::span<const std::uint8_t>(proof).subspan(32 * place, 32);
        EXPECT_TRUE(seen_.emplace(bytes.begin(), bytes.end()).second) << "a scalar was sent twice";
        const double top = (bytes[0] * 256.0 + bytes[1] + 0.5) / (0x3064 + 0.306);  // of the modulus
        if (field == out.size()) out.emplace_back();
        out[field++][std::min<std::size_t>(7, static_cast<std::size_t>(top * 8))] += 1;
      }
    }
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
    const Places at(*circuit);
    opened.emplace_back();
    for (std::size_t i = 0; i < 2; ++i) {
      const auto bytes = std::span<const std::uint8_t>(proof).subspan(32 * at.opened_pad(i), 32);
      opened.back().push_back(*Fr::from_bytes(bytes));
    }
  }
  // pi'_1 - pi'_2 = (r_1 - r_2) pi: the ratio of two slots is the ratio of their pads. The first slots that are opened
  // are the root's and the first layer's p0.
  const Fr ratio = (opened[0][0] - opened[1][0]) * (opened[0][1] - opened[1][1]).inverse();
  EXPECT_EQ(ratio, pads.pads()[0] * pads.pads()[2].inverse());
}

}  // namespace
}  // namespace veil::testing
