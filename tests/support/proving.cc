#include "support/proving.h"

#include "argument/argue.h"
#include "base/check.h"
#include "base/random.h"
#include "checker/checker.h"
#include "prove/randomness.h"

namespace veil::testing {

Drbg fresh_drbg() {
  Digest seed;
  fill_random(seed);
  return Drbg(seed);
}

std::shared_ptr<const PreparedCircuit> prepare(const Circuit& circuit, unsigned log_columns) {
  auto prepared = PreparedCircuit::prepare(circuit, log_columns);
  VEIL_CHECK(prepared.ok());
  return std::make_shared<const PreparedCircuit>(std::move(prepared).value());
}

namespace {

SecretVector<Fr> copy_of(const SecretVector<Fr>& values) {
  const auto span = values.expose();
  return SecretVector<Fr>(std::vector<Fr>(span.begin(), span.end()));
}

const RowCommitter& committer_for(std::size_t columns) {
  static std::map<std::size_t, std::unique_ptr<RowCommitter>> cache;
  auto& entry = cache[columns];
  if (!entry) entry = std::make_unique<RowCommitter>(columns);
  return *entry;
}

std::vector<G1Affine> commit_owner(const Setting& setting, Owner owner) {
  static const RowBlinder blinder;
  const RowLayout& layout = setting.circuit->layout();
  const RowRange rows = layout.rows(owner);
  return commit_rows(committer_for(layout.columns()), blinder, setting.rows.matrix, rows,
                     setting.rows.blinders.expose().subspan(rows.first, rows.count));
}

}  // namespace

Setting make_setting(std::shared_ptr<const PreparedCircuit> circuit, Trace trace, std::string_view context) {
  Setting out;
  out.circuit = std::move(circuit);
  out.trace = std::move(trace);
  out.rows.matrix = out.circuit->layout().matrix(out.trace);
  Drbg drbg = fresh_drbg();
  out.rows.blinders = sample_blinders(drbg, out.circuit->layout().total_rows());
  out.model_rows = commit_owner(out, Owner::kModel);
  out.input_rows = commit_owner(out, Owner::kInput);
  out.rows.witness = commit_owner(out, Owner::kWitness);
  out.public_values = public_values_of(out.circuit->circuit(), out.trace);
  const ByteView bytes = as_bytes(context);
  out.context.assign(bytes.begin(), bytes.end());
  return out;
}

Setting with_trace(const Setting& honest, Trace trace) {
  Setting out;
  out.circuit = honest.circuit;
  out.trace = std::move(trace);
  out.rows.matrix = out.circuit->layout().matrix(out.trace);
  out.rows.blinders = copy_of(honest.rows.blinders);
  out.model_rows = honest.model_rows;
  out.input_rows = honest.input_rows;
  out.rows.witness = commit_owner(out, Owner::kWitness);
  out.public_values = honest.public_values;
  out.context = honest.context;
  return out;
}

PublicValues public_values_of(const Circuit& circuit, const Trace& trace) {
  PublicValues out(circuit.tensors.size());
  for (std::size_t id = 0; id < out.size(); ++id) {
    if (circuit.tensors[id].owner == Owner::kPublic) out[id] = trace.values[id];
  }
  return out;
}

namespace {

struct LyingAnswers {
  Answers& answers;
  const std::function<Fr(std::size_t, const Fr&)>& lie;
  std::size_t at = 0;
  template <class Question>
  Fr next(const Question& question) {
    const Fr value = answers.answer(question);
    return lie ? lie(at++, value) : value;
  }
};

Transcript native_transcript(const PreparedCircuit& circuit, const RowMatrix& matrix) {
  Transcript transcript;
  transcript.absorb_bytes("circuit", circuit.digest());
  transcript.absorb_bytes("rows", matrix_digest(matrix));
  return transcript;
}

// Whether <row_weights^T M, column_eq> is the value owed: what the commitments show in the product.
template <class Source>
std::vector<std::string> with_opening(const Native<Source>& checker, const OpeningClaim<NativeValue>& opening,
                                      const RowMatrix& matrix) {
  std::vector<std::string> failed = checker.failed();
  const std::vector<Fr> row = ColumnAnswers(matrix).combine_rows(opening.row_weights);
  const Fr owed = Native<Source>::reveal(opening.value);
  if (!(inner_product(row, opening.column_eq) - owed).is_zero()) failed.emplace_back("open/g");
  return failed;
}

}  // namespace

NativeRun run_native(const PreparedCircuit& circuit, const Trace& trace, const PublicValues& public_values,
                     const std::function<Fr(std::size_t, const Fr&)>& lie) {
  const RowMatrix matrix = circuit.layout().matrix(trace);
  Transcript transcript = native_transcript(circuit, matrix);
  Answers answers(circuit, trace, matrix);
  LyingAnswers source{answers, lie};
  Native<LyingAnswers> checker(transcript, source);
  const auto opening = argue(checker, circuit.circuit(), circuit.layout(), public_values);
  return {with_opening(checker, opening, matrix), checker.labels(), checker.sent()};
}

std::vector<std::string> check_native(const PreparedCircuit& circuit, const Trace& rows_of,
                                      const PublicValues& public_values, const std::vector<Fr>& sent) {
  const RowMatrix matrix = circuit.layout().matrix(rows_of);
  Transcript transcript = native_transcript(circuit, matrix);
  ReplaySource source{sent};
  Native<ReplaySource> checker(transcript, source);
  const auto opening = argue(checker, circuit.circuit(), circuit.layout(), public_values);
  return with_opening(checker, opening, matrix);
}

Bytes Setting::prove(const Deviations* deviations) const {
  Drbg drbg = fresh_drbg();
  const Pads pads = Pads::sample(drbg, circuit->num_slots(), circuit->layout().columns());
  return prove_argument(statement(), trace, rows, pads, deviations);
}

}  // namespace veil::testing
