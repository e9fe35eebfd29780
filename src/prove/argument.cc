#include "prove/argument.h"

#include "argument/argue.h"
#include "base/check.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "curve/generators.h"

namespace veil {

namespace {

class ArgumentWriter {
 public:
  explicit ArgumentWriter(Transcript& transcript) : transcript_(transcript) {}

  void point(const std::string& label, const G1Affine& value) {
    const auto bytes = compress(value);
    transcript_.absorb_point(label, bytes);
    writer_.raw(bytes);
  }
  void scalar(const std::string& label, const Fr& value) {
    transcript_.absorb_scalar(label, value);
    plain(value);
  }
  void plain(const Fr& value) { writer_.raw(value.to_bytes()); }
  Bytes take() { return writer_.take(); }

 private:
  Transcript& transcript_;
  Writer writer_;
};

G1Affine commit_scalar(const Fr& value, const Fr& blinder) {
  return (G1(generators(1)[0]) * value + G1(blinding_generator()) * blinder).to_affine();
}

// T0, T1: the error of the fold, e = t0 + r t1 (checker/pad_fold.h).
struct FoldError {
  Fr t0;
  Fr t1;
};

FoldError fold_error(const PadFold& fold, const Pads& pads) {
  std::vector<Fr> sum(pads.num_slots());
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = pads.masks()[i] + pads.pads()[i];
  const Fr t0 = fold.evaluate(Fr::zero(), pads.masks());
  const Fr t1 = fold.evaluate(Fr::one(), sum) - t0 - fold.evaluate(Fr::one(), pads.pads());
  return {t0, t1};
}

void write_openings(ArgumentWriter& out, const OpeningClaim<AffineForm>& opening, const Answers& answers,
                    const CommittedRows& rows, const Pads& pads, const Fr& r) {
  for (std::size_t i = 0; i < pads.num_slots(); ++i) out.plain(pads.masks()[i] + r * pads.pads()[i]);
  out.plain(pads.masks_blinder() + r * pads.pads_blinder());
  const std::vector<Fr> row = answers.columns().combine_rows(opening.row_weights);
  for (std::size_t i = 0; i < row.size(); ++i) out.plain(pads.mask_row()[i] + r * row[i]);
  Fr blinder = pads.mask_row_blinder();
  for (const auto& [index, weight] : opening.row_weights) blinder += r * weight * rows.blinders.expose(index);
  out.plain(blinder);
  out.plain(pads.t0_blinder() + r * pads.t1_blinder());
}

}  // namespace

Bytes prove_argument(const Statement& statement, const Trace& trace, const CommittedRows& rows, const Pads& pads,
                     const Deviations* deviations, const Transcript* after_model, Profile* profile) {
  const PreparedCircuit& prepared = statement.circuit;
  VEIL_CHECK(pads.num_slots() == prepared.num_slots() && pads.columns() == prepared.layout().columns());
  VEIL_CHECK(pads.intact());
  enter_phase(profile, "statement");
  Transcript transcript;
  if (after_model != nullptr) {
    transcript = *after_model;
    absorb_instance(transcript, statement);
  } else {
    absorb_statement(transcript, statement);
  }
  ArgumentWriter out(transcript);
  for (std::size_t i = 0; i < rows.witness.size(); ++i) out.point("row/" + std::to_string(i), rows.witness[i]);
  out.point("pad/P", pads.pads_commitment());
  out.point("pad/S", pads.masks_commitment());
  out.point("pad/mask", pads.mask_row_commitment());

  enter_phase(profile, "lookup");
  Answers answers(prepared, trace, rows.matrix);
  const bool lies = deviations != nullptr && deviations->answer;
  PaddedAnswers source{answers, pads.pads(), lies ? &deviations->answer : nullptr, 0, profile};
  Committed<PaddedAnswers> checker(transcript, source);
  const OpeningClaim<AffineForm> opening =
      argue(checker, prepared.circuit(), prepared.layout(), statement.public_values);
  for (const Fr& sent : checker.sent()) out.plain(sent);

  enter_phase(profile, "fold");
  const PadFold fold(checker.constraints(), checker.sent(), transcript.challenge("fold/rho"));
  const FoldError error = fold_error(fold, pads);
  Fr delta = inner_product(pads.mask_row(), opening.column_eq) + evaluate_linear_part(opening.value, pads.masks());
  if (deviations != nullptr) delta += deviations->delta;
  out.point("fold/T0", commit_scalar(error.t0, pads.t0_blinder()));
  out.point("fold/T1", commit_scalar(error.t1, pads.t1_blinder()));
  out.scalar("fold/delta", delta);
  write_openings(out, opening, answers, rows, pads, transcript.challenge("fold/r"));
  return out.take();
}

}  // namespace veil
