#include "service/prove_row.h"

#include <fmt/core.h>

#include <algorithm>

#include "graph/text.h"
#include "ops/evaluate.h"
#include "service/words.h"
#include "witness/witness.h"

namespace veil {

namespace {

std::string refusal_text(const OwnedModel& model, const std::vector<double>& output) {
  constexpr std::size_t kMostValues = 8;
  std::vector<std::string> values;
  for (const double value : output) values.push_back(number_text(value));
  if (values.size() > kMostValues) {
    values.resize(kMostValues);
    values.emplace_back("...");
  }
  return fmt::format("The claim \"{}\" is false for {} (the model gives {}), so it cannot be proven.",
                     printable(model.graph.claim), model.graph.batch == 1 ? "this row" : "these rows", joined(values));
}

// The integer run of a row whose claim is false, for the values that the sentence shows.
Result<std::string> refusal_of(const OwnedModel& model, const IntegerRow& row) {
  VEIL_TRY(runner, IntegerRunner::create(model.graph, model.weights));
  VEIL_TRY_STATUS(runner.run(row));
  return refusal_text(model, real_values(model.graph, model.graph.output, runner.output()));
}

}  // namespace

Result<RowProof> prove_row(const OwnedModel& model, const RealRow& row, ByteView context, PadStore* store,
                           Profile* profile) {
  Stopwatch watch;
  VEIL_TRY(quantised, quantise_row(model.graph, row));
  RowProof out;
  out.saturated = std::move(quantised.saturated);
  enter_phase(profile, "witness");
  VEIL_TRY(trace, fill_trace_of_any_claim(model.lowering, model.weights, quantised.inputs));
  if (!claim_holds(model.lowering, trace)) {
    VEIL_TRY(refusal, refusal_of(model, quantised.inputs));
    out.refusal = std::move(refusal);
    return out;
  }
  narrow(model.lowering.circuit, trace);
  const Timing witness = watch.lap();
  VEIL_TRY(proof, model.prover.prove(trace, context, store, profile));
  proof.online += witness;
  out.proof = std::move(proof);
  return out;
}

std::string saturation_text(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  constexpr std::size_t kMostNames = 5;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMostNames)));
  return fmt::format("Outside the range seen at setup, and cut to it: {}{}.", printable(joined(first)),
                     names.size() > kMostNames ? fmt::format(" and {} more", names.size() - kMostNames) : "");
}

}  // namespace veil
