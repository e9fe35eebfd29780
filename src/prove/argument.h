// The prover of one argument: runs the verifier text with a source that answers from the trace, and pads every answer.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "circuit/trace.h"
#include "einsum/prove/einsum_answers.h"
#include "lookup/prove/lookup_answers.h"
#include "opening/prove/column_answers.h"
#include "opening/prove/opening_answers.h"
#include "prove/pads.h"
#include "prove/profile.h"
#include "prove/rows.h"
#include "verify/joined_claims.h"
#include "verify/statement.h"

namespace veil {

// Answers of every part of the text, from one trace.
class Answers {
 public:
  Answers(const PreparedCircuit& circuit, const Trace& trace, const RowMatrix& matrix)
      : trace_(trace), lookup_(circuit.circuit(), trace), einsum_(circuit.circuit(), trace), column_(matrix) {}

  Fr answer(const ClaimQuestion& question) {
    Fr sum;
    for (const FunctionalPart& part : question.parts) {
      sum += part.factor * weighted_sum(trace_.tensor(part.tensor), part.weights);
    }
    return sum;
  }
  Fr answer(const RootQuestion& question) { return lookup_.answer(question); }
  Fr answer(const LayerRoundQuestion& question) { return lookup_.answer(question); }
  Fr answer(const LayerEndQuestion& question) { return lookup_.answer(question); }
  Fr answer(const LeafQuestion& question) { return lookup_.answer(question); }
  Fr answer(const EinsumRoundQuestion& question) { return einsum_.answer(question); }
  Fr answer(const ColumnRoundQuestion& question) { return column_.answer(question); }
  Fr answer(const ColumnEndQuestion& question) { return column_.answer(question); }

  const ColumnAnswers& columns() const { return column_; }

 private:
  const Trace& trace_;
  LookupAnswers lookup_;
  EinsumAnswers einsum_;
  ColumnAnswers column_;
};

// A source for the Native checker: plain answers.
struct PlainAnswers {
  Answers& answers;
  template <class Question>
  Fr next(const Question& question) {
    return answers.answer(question);
  }
};

// The phase of a profile that begins with a question; none: a claim may be asked for in any. What the text itself does
// between two questions counts as the earlier one's.
template <class Question>
constexpr std::string_view phase_of() {
  if constexpr (std::is_same_v<Question, EinsumRoundQuestion>) return "einsum";
  if constexpr (std::is_same_v<Question, ColumnRoundQuestion> || std::is_same_v<Question, ColumnEndQuestion>) {
    return "columns";
  }
  if constexpr (std::is_same_v<Question, ClaimQuestion>) return "";
  return "lookup";
}

// A source for the Committed checker: slot i is answered with x_i + pad_i. `lie` (tests) may change an answer.
struct PaddedAnswers {
  Answers& answers;
  std::span<const Fr> pads;
  const std::function<Fr(std::size_t, const Fr&)>* lie = nullptr;
  std::size_t at = 0;
  Profile* profile = nullptr;

  template <class Question>
  Fr next(const Question& question) {
    if constexpr (!phase_of<Question>().empty()) enter_phase(profile, phase_of<Question>());
    Fr value = answers.answer(question);
    if (lie != nullptr) value = (*lie)(at, value);
    const Fr sent = value + pads[at];
    ++at;
    return sent;
  }
};

struct CommittedRows {
  RowMatrix matrix;  // of the whole trace
  std::vector<G1Affine> witness;
  SecretVector<Fr> blinders;  // of all rows: model, input, witness
};

// Knobs for tests of lying provers; an honest prover leaves them alone.
struct Deviations {
  std::function<Fr(std::size_t slot, const Fr& value)> answer;
  Fr delta;
  std::function<void(FoldClaims&)> before_r;  // cross, error, delta: before they are sent
  std::function<void(FoldClaims&)> after_r;   // the opened pads, likewise
};

// `statement` must be true of the trace, or the bytes will not verify. `rows` belong to the trace and the statement.
// `after_model`: a transcript that absorb_model() has had for this circuit and these model rows; none: it is made.
// `committer`: tables of the circuit's columns; none: it takes longer. `profile` is told of the phases statement,
// lookup, einsum, columns, fold, open.
Bytes prove_argument(const Statement& statement, const Trace& trace, const CommittedRows& rows, const Pads& pads,
                     const Deviations* deviations = nullptr, const Transcript* after_model = nullptr,
                     Profile* profile = nullptr, const RowCommitter* committer = nullptr);

}  // namespace veil
