#include "verify/argument.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "argument/argue.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "verify/joined_claims.h"
#include "verify/proof_source.h"

namespace veil {

namespace {

// The points of a proof, in their order; each is absorbed under its label.
std::vector<G1Affine> receive_points(ProofSource& source, Transcript& transcript,
                                     const std::vector<std::string>& labels) {
  return source.absorbed_points(
      labels.size(), [&](std::size_t i, ByteView compressed) { transcript.absorb_point(labels[i], compressed); });
}

std::vector<std::string> committed_labels(std::size_t witness_rows, std::size_t pad_rows) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < witness_rows; ++i) labels.push_back("row/" + std::to_string(i));
  for (const char* prefix : {"pad/P/", "pad/S/"}) {
    for (std::size_t i = 0; i < pad_rows; ++i) labels.push_back(prefix + std::to_string(i));
  }
  labels.emplace_back("pad/mask");
  return labels;
}

// The verifier's side of the folded opening: what the proof says, absorbed.
struct ReadingSide {
  ProofSource& source;
  Transcript& transcript;
  const OpeningShape& shape;

  Fr challenge(const std::string& label) { return transcript.challenge(label); }
  template <class Question>
  Fr scalar(const std::string& label, const Question&) {
    return source.absorbed_scalar(transcript, label);
  }
  template <class Question>
  std::array<Fr, 2> scalars(const std::string& label, const Question&) {
    const Fr low = source.absorbed_scalar(transcript, label + "/low");
    return {low, source.absorbed_scalar(transcript, label + "/high")};
  }
  template <class Question>
  std::array<G1Affine, 2> points(const std::string& label, const Question&) {
    const std::vector<G1Affine> both = receive_points(source, transcript, {label + "/low", label + "/high"});
    return {both[0], both[1]};
  }
  template <class Question>
  std::vector<Fr> row(const std::string& label, const Question&) {
    std::vector<Fr> out;
    out.reserve(shape.columns_left());
    while (out.size() < shape.columns_left()) out.push_back(source.absorbed_scalar(transcript, label));
    return out;
  }
};

FoldClaims receive_claims(ProofSource& source, Transcript& transcript, const std::set<std::uint32_t>& opened) {
  FoldClaims out;
  out.cross = source.absorbed_scalar(transcript, "fold/cross");
  out.error = source.absorbed_scalar(transcript, "fold/error");
  out.delta = source.absorbed_scalar(transcript, "fold/delta");
  out.r = transcript.challenge("fold/r");
  for (const std::uint32_t slot : opened) out.opened.emplace_back(slot, source.absorbed_scalar(transcript, "open/pad"));
  out.theta = transcript.challenge("open/theta");
  return out;
}

// What was committed, in the order of the rows that are opened.
struct Commitments {
  std::span<const G1Affine> pads;
  std::span<const G1Affine> masks;
  G1Affine mask_row;
  RowRange model;                 // the first rows of the matrix are the statement's
  std::span<const G1Affine> own;  // the rows after them
};

// r sum_i w_i row_i + mask, with a factor.
void add_row(GroupEquation& out, const std::map<std::size_t, Fr>& weights, const Commitments& committed,
             const Fr& factor, const Fr& r) {
  out.points.push_back(committed.mask_row);
  out.scalars.push_back(factor);
  const Fr scaled = factor * r;
  for (const auto& [row, weight] : weights) {
    if (row < committed.model.count) {
      out.model_rows.resize(row + 1);  // rows ascend
      out.model_rows[row] = scaled * weight;
    } else {
      out.points.push_back(committed.own[row - committed.model.count]);
      out.scalars.push_back(scaled * weight);
    }
  }
}

// <w, G'> + chi <w, weights> H = K with
//   K = X (sum_i f_i K_i - b H + chi value H) + sum_j (x_{j+1} ... x_k) (low_j + x_j^2 high_j),    X = x_1 ... x_k
GroupEquation opening_equation(const FoldedOpening& opened, const std::map<std::size_t, Fr>& row_weights,
                               const Commitments& committed, const Fr& r) {
  GroupEquation out{"open/rows", opened.generator_scalars(), opened.chi * opened.inner, {}, {}, {}};
  Fr factor = -Fr::one();
  for (std::size_t j = opened.column_coins.size(); j-- > 0;) {
    const Fr& coin = opened.column_coins[j];
    out.points.insert(out.points.end(), opened.crosses[j].begin(), opened.crosses[j].end());
    out.scalars.insert(out.scalars.end(), {factor, factor * coin.square()});
    factor *= coin;
  }
  out.blinder += factor * (opened.chi * opened.value - opened.blinder);
  for (std::size_t i = 0; i < committed.pads.size(); ++i) {
    const Fr scalar = factor * opened.row_factor(i);
    out.points.insert(out.points.end(), {committed.masks[i], committed.pads[i]});
    out.scalars.insert(out.scalars.end(), {scalar, scalar * r});
  }
  add_row(out, row_weights, committed, factor * opened.row_factor(committed.pads.size()), r);
  return out;
}

}  // namespace

CheckedArgument check_argument(const Statement& statement, ByteView proof) {
  Transcript transcript;
  return check_argument(statement, proof, transcript);
}

CheckedArgument check_argument(const Statement& statement, ByteView proof, Transcript& transcript) {
  absorb_model(transcript, statement.circuit, statement.model_rows);
  return check_argument_of_model(statement, proof, transcript);
}

CheckedArgument check_argument_of_model(const Statement& statement, ByteView proof, Transcript& transcript) {
  const auto reject = [](const std::string& name) { return CheckedArgument{Verdict::reject(name), {}}; };
  if (Verdict verdict = check_statement(statement); !verdict.accepted()) return {verdict, {}};
  const PreparedCircuit& prepared = statement.circuit;
  const RowLayout& layout = prepared.layout();
  if (proof.size() < prepared.proof_size_bytes()) return reject("format/short");
  if (proof.size() > prepared.proof_size_bytes()) return reject("format/trailing");
  ProofSource source(proof);
  absorb_instance(transcript, statement);

  const OpeningShape& shape = prepared.opening();
  const std::size_t witness_rows = layout.rows(Owner::kWitness).count;
  const std::vector<G1Affine> points =
      receive_points(source, transcript, committed_labels(witness_rows, shape.pad_rows()));
  if (source.failed()) return reject(source.failure());
  std::vector<G1Affine> rows(statement.input_rows.begin(), statement.input_rows.end());
  rows.insert(rows.end(), points.begin(), points.begin() + static_cast<std::ptrdiff_t>(witness_rows));
  const std::span<const G1Affine> of_pads = std::span(points).subspan(witness_rows);
  const Commitments committed{of_pads.first(shape.pad_rows()), of_pads.subspan(shape.pad_rows(), shape.pad_rows()),
                              of_pads.back(), layout.rows(Owner::kModel), rows};

  Committed<ProofSource> checker(transcript, source);
  const OpeningClaim<AffineForm> opening = argue(checker, prepared.circuit(), layout, statement.public_values);
  const PadFold fold(checker.constraints(), checker.sent(), transcript.challenge("fold/rho"));
  const FoldClaims claims = receive_claims(source, transcript, checker.opened());
  auto [weights, value] = joined_claims(shape, opening, fold, checker.sent(), claims);
  ReadingSide side{source, transcript, shape};
  const FoldedOpening opened = fold_opening(side, shape, std::move(weights), value);
  source.expect_end();
  if (source.failed()) return reject(source.failure());

  CheckedArgument out{Verdict::accept(), {statement.model_rows, {}, transcript.challenge("open/combine")}};
  out.owed.equations.push_back(opening_equation(opened, opening.row_weights, committed, claims.r));
  return out;
}

Verdict verify_argument(const Statement& statement, ByteView proof) {
  Transcript transcript;
  return verify_argument(statement, proof, transcript);
}

Verdict verify_argument(const Statement& statement, ByteView proof, Transcript& transcript) {
  const CheckedArgument checked = check_argument(statement, proof, transcript);
  return checked.so_far.accepted() ? discharge({&checked.owed, 1})[0] : checked.so_far;
}

}  // namespace veil
