#include "verify/argument.h"

#include <utility>

#include "argument/argue.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "verify/proof_source.h"

namespace veil {

namespace {

// The points of a proof, in their order; each is absorbed under its label.
std::vector<G1Affine> receive_points(ProofSource& source, Transcript& transcript,
                                     const std::vector<std::string>& labels) {
  return source.absorbed_points(
      labels.size(), [&](std::size_t i, ByteView compressed) { transcript.absorb_point(labels[i], compressed); });
}

std::vector<std::string> committed_labels(std::size_t witness_rows) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < witness_rows; ++i) labels.push_back("row/" + std::to_string(i));
  labels.insert(labels.end(), {"pad/P", "pad/S", "pad/mask"});
  return labels;
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
  const auto scalar = [&](const char* label) { return source.absorbed_scalar(transcript, label); };
  Openings openings;
  openings.pads.reserve(circuit.num_slots());
  openings.row.reserve(circuit.layout().columns());
  for (std::size_t i = 0; i < circuit.num_slots(); ++i) openings.pads.push_back(scalar("open/pi"));
  openings.pads_blinder = scalar("open/pi/blinder");
  for (std::size_t i = 0; i < circuit.layout().columns(); ++i) openings.row.push_back(scalar("open/g"));
  openings.row_blinder = scalar("open/g/blinder");
  openings.error_blinder = scalar("open/e/blinder");
  return openings;
}

// <g', G> + b_g H - mask - r sum_i w_i row_i; the model's rows come first, then `rows`.
GroupEquation row_equation(const OpeningClaim<AffineForm>& opening, const Fr& r, const RowRange& model,
                           std::span<const G1Affine> rows, Openings& opened, const G1Affine& mask_row) {
  GroupEquation out{"open/g", std::move(opened.row), opened.row_blinder, {}, {mask_row}, {-Fr::one()}};
  for (const auto& [row, weight] : opening.row_weights) {
    const Fr scalar = -(r * weight);
    if (row < model.count) {
      out.model_rows.resize(row + 1);  // rows ascend
      out.model_rows[row] = scalar;
    } else {
      out.points.push_back(rows[row - model.count]);
      out.scalars.push_back(scalar);
    }
  }
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

  const std::size_t witness_rows = layout.rows(Owner::kWitness).count;
  const std::vector<G1Affine> committed = receive_points(source, transcript, committed_labels(witness_rows));
  if (source.failed()) return reject(source.failure());
  const G1Affine pads = committed[witness_rows];
  const G1Affine masks = committed[witness_rows + 1];
  const G1Affine mask_row = committed[witness_rows + 2];
  std::vector<G1Affine> rows(statement.input_rows.begin(), statement.input_rows.end());
  rows.insert(rows.end(), committed.begin(), committed.end() - 3);

  Committed<ProofSource> checker(transcript, source);
  const OpeningClaim<AffineForm> opening = argue(checker, prepared.circuit(), layout, statement.public_values);
  const PadFold fold(checker.constraints(), checker.sent(), transcript.challenge("fold/rho"));
  const std::vector<G1Affine> errors = receive_points(source, transcript, {"fold/T0", "fold/T1"});
  const Fr delta = source.absorbed_scalar(transcript, "fold/delta");
  const Fr r = transcript.challenge("fold/r");
  Openings opened = receive_openings(source, transcript, prepared);
  source.expect_end();
  if (source.failed()) return reject(source.failure());

  const Fr sent = evaluate_form_at(opening.value, checker.sent());
  const Fr opened_value =
      inner_product(opened.row, opening.column_eq) + evaluate_linear_part(opening.value, opened.pads);
  if (!(opened_value - delta - r * sent).is_zero()) return reject("fold/opening");

  const Fr error = fold.evaluate(r, opened.pads);
  CheckedArgument out{Verdict::accept(), {statement.model_rows, {}, transcript.challenge("open/combine")}};
  std::vector<GroupEquation>& owed = out.owed.equations;
  owed.push_back({"open/pi", std::move(opened.pads), opened.pads_blinder, {}, {masks, pads}, {-Fr::one(), -r}});
  owed.push_back(row_equation(opening, r, layout.rows(Owner::kModel), rows, opened, mask_row));
  owed.push_back({"fold/quadratic", {error}, opened.error_blinder, {}, {errors[0], errors[1]}, {-Fr::one(), -r}});
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
