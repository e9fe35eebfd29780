#include "verify/argument.h"

#include <algorithm>

#include "argument/argue.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "verify/proof_source.h"

namespace veil {

namespace {

G1Affine receive_point(ProofSource& source, Transcript& transcript, const std::string& label) {
  const G1Affine point = source.point();
  transcript.absorb_point(label, compress(point));
  return point;
}

// The last part of a proof: openings in the clear, uniform because of the masks.
struct Openings {
  std::vector<Fr> pads;
  Fr pads_blinder;
  std::vector<Fr> row;
  Fr row_blinder;
  Fr error_blinder;
};

Openings receive_openings(ProofSource& source, Transcript& transcript, const PreparedCircuit& circuit) {
  const auto scalar = [&](const char* label) {
    const Fr value = source.scalar();
    transcript.absorb_scalar(label, value);
    return value;
  };
  Openings openings;
  for (std::size_t i = 0; i < circuit.num_slots(); ++i) openings.pads.push_back(scalar("open/pi"));
  openings.pads_blinder = scalar("open/pi/blinder");
  for (std::size_t i = 0; i < circuit.layout().columns(); ++i) openings.row.push_back(scalar("open/g"));
  openings.row_blinder = scalar("open/g/blinder");
  openings.error_blinder = scalar("open/e/blinder");
  return openings;
}

// A linear equation in G1, owed to be the identity:  sum_j over generators + blinder H + sum other terms.
struct GroupEquation {
  const char* name;
  std::vector<Fr> generator_scalars;
  Fr blinder;
  std::vector<G1Affine> points;
  std::vector<Fr> scalars;

  void add(const G1Affine& point, const Fr& scalar) {
    points.push_back(point);
    scalars.push_back(scalar);
  }
};

bool holds(const GroupEquation& equation) {
  const auto bases = generators(equation.generator_scalars.size());
  std::vector<G1Affine> points(bases.begin(), bases.end());
  std::vector<Fr> scalars = equation.generator_scalars;
  points.push_back(blinding_generator());
  scalars.push_back(equation.blinder);
  points.insert(points.end(), equation.points.begin(), equation.points.end());
  scalars.insert(scalars.end(), equation.scalars.begin(), equation.scalars.end());
  return msm(points, scalars).is_identity();
}

// All equations at once under powers of a coin drawn after everything; singly when that fails, to name the culprit.
// Soundness: (number of equations)/p.
Verdict check_group_equations(const std::vector<GroupEquation>& equations, const Fr& coin) {
  GroupEquation combined{"", {}, Fr::zero(), {}, {}};
  Fr factor = Fr::one();
  for (const GroupEquation& equation : equations) {
    combined.generator_scalars.resize(std::max(combined.generator_scalars.size(), equation.generator_scalars.size()));
    for (std::size_t j = 0; j < equation.generator_scalars.size(); ++j) {
      combined.generator_scalars[j] += factor * equation.generator_scalars[j];
    }
    combined.blinder += factor * equation.blinder;
    for (std::size_t i = 0; i < equation.points.size(); ++i) {
      combined.add(equation.points[i], factor * equation.scalars[i]);
    }
    factor *= coin;
  }
  if (holds(combined)) return Verdict::accept();
  for (const GroupEquation& equation : equations) {
    if (!holds(equation)) return Verdict::reject(equation.name);
  }
  return Verdict::reject("open/combined");  // not reachable: a sum of true equations is true
}

}  // namespace

Verdict verify_argument(const Statement& statement, ByteView proof) {
  Transcript transcript;
  return verify_argument(statement, proof, transcript);
}

Verdict verify_argument(const Statement& statement, ByteView proof, Transcript& transcript) {
  if (Verdict verdict = check_statement(statement); !verdict.accepted()) return verdict;
  const PreparedCircuit& prepared = statement.circuit;
  const RowLayout& layout = prepared.layout();
  if (proof.size() < prepared.proof_size_bytes()) return Verdict::reject("format/short");
  if (proof.size() > prepared.proof_size_bytes()) return Verdict::reject("format/trailing");
  ProofSource source(proof);
  absorb_statement(transcript, statement);

  std::vector<G1Affine> rows(statement.model_rows.begin(), statement.model_rows.end());
  rows.insert(rows.end(), statement.input_rows.begin(), statement.input_rows.end());
  for (std::size_t i = 0; i < layout.rows(Owner::kWitness).count; ++i) {
    rows.push_back(receive_point(source, transcript, "row/" + std::to_string(i)));
  }
  const G1Affine pads = receive_point(source, transcript, "pad/P");
  const G1Affine masks = receive_point(source, transcript, "pad/S");
  const G1Affine mask_row = receive_point(source, transcript, "pad/mask");
  if (source.failed()) return Verdict::reject(source.failure());

  Committed<ProofSource> checker(transcript, source);
  const OpeningClaim<AffineForm> opening = argue(checker, prepared.circuit(), layout, statement.public_values);
  const PadFold fold(checker.constraints(), checker.sent(), transcript.challenge("fold/rho"));
  const G1Affine t0 = receive_point(source, transcript, "fold/T0");
  const G1Affine t1 = receive_point(source, transcript, "fold/T1");
  const Fr delta = source.scalar();
  transcript.absorb_scalar("fold/delta", delta);
  const Fr r = transcript.challenge("fold/r");
  const Openings opened = receive_openings(source, transcript, prepared);
  source.expect_end();
  if (source.failed()) return Verdict::reject(source.failure());

  const Fr sent = evaluate_form_at(opening.value, checker.sent());
  const Fr opened_value =
      inner_product(opened.row, opening.column_eq) + evaluate_linear_part(opening.value, opened.pads);
  if (!(opened_value - delta - r * sent).is_zero()) return Verdict::reject("fold/opening");

  GroupEquation pad_equation{"open/pi", opened.pads, opened.pads_blinder, {masks, pads}, {-Fr::one(), -r}};
  GroupEquation row_equation{"open/g", opened.row, opened.row_blinder, {mask_row}, {-Fr::one()}};
  for (const auto& [row, weight] : opening.row_weights) row_equation.add(rows[row], -(r * weight));
  GroupEquation error_equation{
      "fold/quadratic", {fold.evaluate(r, opened.pads)}, opened.error_blinder, {t0, t1}, {-Fr::one(), -r}};
  return check_group_equations({std::move(pad_equation), std::move(row_equation), std::move(error_equation)},
                               transcript.challenge("open/combine"));
}

}  // namespace veil
