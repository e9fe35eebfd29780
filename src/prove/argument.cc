#include "prove/argument.h"

#include <array>
#include <set>

#include "argument/argue.h"
#include "base/check.h"
#include "checker/checker.h"
#include "checker/pad_fold.h"
#include "field/arrays.h"

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

// The error of the fold, e = t0 + r t1 (checker/pad_fold.h).
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

// The prover's side of the folded opening: answers, written and absorbed.
struct WritingSide {
  OpeningAnswers answers;
  ArgumentWriter& out;
  Transcript& transcript;

  Fr challenge(const std::string& label) { return transcript.challenge(label); }
  template <class Question>
  std::array<Fr, 2> scalars(const std::string& label, const Question& question) {
    const std::array<Fr, 2> values = answers.answer(question);
    out.scalar(label + "/low", values[0]);
    out.scalar(label + "/high", values[1]);
    return values;
  }
  template <class Question>
  std::array<G1Affine, 2> points(const std::string& label, const Question& question) {
    const std::vector<G1Affine> values = G1::batch_to_affine(answers.answer(question));
    out.point(label + "/low", values[0]);
    out.point(label + "/high", values[1]);
    return {values[0], values[1]};
  }
  template <class Question>
  Fr scalar(const std::string& label, const Question& question) {
    const Fr value = answers.answer(question);
    out.scalar(label, value);
    return value;
  }
  template <class Question>
  std::vector<Fr> row(const std::string& label, const Question& question) {
    std::vector<Fr> values = answers.answer(question);
    for (const Fr& value : values) out.scalar(label, value);
    return values;
  }
};

// pi' = sigma + r pi in rows, then g' = s + r g*.
OpeningAnswers masked_rows(const OpeningShape& shape, const OpeningClaim<AffineForm>& opening, const Answers& answers,
                           const CommittedRows& rows, const Pads& pads, const Fr& r, const RowCommitter* committer) {
  std::vector<std::vector<Fr>> masked(shape.pad_rows(), std::vector<Fr>(shape.columns()));
  for (std::size_t i = 0; i < shape.num_pads(); ++i) {
    masked[i / shape.columns()][i % shape.columns()] = pads.masks()[i] + r * pads.pads()[i];
  }
  std::vector<Fr> blinders;
  for (std::size_t i = 0; i < shape.pad_rows(); ++i) {
    blinders.push_back(pads.masks_blinders()[i] + r * pads.pads_blinders()[i]);
  }
  std::vector<Fr> row(pads.mask_row().begin(), pads.mask_row().end());
  axpy(row, r, answers.columns().opened_row(opening.group_coin));
  masked.push_back(std::move(row));
  blinders.push_back(pads.mask_row_blinder());
  for (const auto& [index, weight] : opening.row_weights) blinders.back() += r * weight * rows.blinders.expose(index);
  return {shape, std::move(masked), std::move(blinders), committer};
}

// What is sent before r.
FoldClaims write_fold(ArgumentWriter& out, const OpeningClaim<AffineForm>& opening, const PadFold& fold,
                      const Pads& pads, const Deviations& deviations) {
  const FoldError error = fold_error(fold, pads);
  FoldClaims claims;
  claims.cross = error.t1 + pads.pads().back();
  claims.error = error.t0 + pads.masks().back();
  claims.delta = inner_product(pads.mask_row(), opening.column_eq) + evaluate_linear_part(opening.value, pads.masks());
  claims.delta += deviations.delta;
  if (deviations.before_r) deviations.before_r(claims);
  out.scalar("fold/cross", claims.cross);
  out.scalar("fold/error", claims.error);
  out.scalar("fold/delta", claims.delta);
  return claims;
}

void write_opened_pads(ArgumentWriter& out, const std::set<std::uint32_t>& opened, const Pads& pads,
                       const Deviations& deviations, FoldClaims& claims) {
  for (const std::uint32_t slot : opened) {
    claims.opened.emplace_back(slot, pads.masks()[slot] + claims.r * pads.pads()[slot]);
  }
  if (deviations.after_r) deviations.after_r(claims);
  for (const auto& [slot, pad] : claims.opened) out.scalar("open/pad", pad);
}

void write_commitments(ArgumentWriter& out, const CommittedRows& rows, const Pads& pads) {
  const auto write = [&](const std::string& prefix, std::span<const G1Affine> points) {
    for (std::size_t i = 0; i < points.size(); ++i) out.point(prefix + std::to_string(i), points[i]);
  };
  write("row/", rows.witness);
  write("pad/P/", pads.pads_commitments());
  write("pad/S/", pads.masks_commitments());
  out.point("pad/mask", pads.mask_row_commitment());
}

}  // namespace

Bytes prove_argument(const Statement& statement, const Trace& trace, const CommittedRows& rows, const Pads& pads,
                     const Deviations* deviations, const Transcript* after_model, Profile* profile,
                     const RowCommitter* committer) {
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
  write_commitments(out, rows, pads);

  enter_phase(profile, "lookup");
  Answers answers(prepared, trace, rows.matrix);
  const Deviations none;
  const Deviations& lies = deviations != nullptr ? *deviations : none;
  PaddedAnswers source{answers, pads.pads(), lies.answer ? &lies.answer : nullptr, 0, profile};
  Committed<PaddedAnswers> checker(transcript, source);
  const OpeningClaim<AffineForm> opening =
      argue(checker, prepared.circuit(), prepared.layout(), statement.public_values);
  for (const Fr& sent : checker.sent()) out.plain(sent);

  enter_phase(profile, "fold");
  const PadFold fold(checker.constraints(), checker.sent(), transcript.challenge("fold/rho"));
  FoldClaims claims = write_fold(out, opening, fold, pads, lies);
  claims.r = transcript.challenge("fold/r");

  enter_phase(profile, "open");
  const OpeningShape& shape = prepared.opening();
  WritingSide side{masked_rows(shape, opening, answers, rows, pads, claims.r, committer), out, transcript};
  write_opened_pads(out, checker.opened(), pads, lies, claims);
  claims.theta = transcript.challenge("open/theta");
  auto [weights, value] = joined_claims(shape, opening, fold, checker.sent(), claims);
  fold_opening(side, shape, std::move(weights), value);
  return out.take();
}

}  // namespace veil
