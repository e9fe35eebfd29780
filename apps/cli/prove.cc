// veil prove: one row of data, proven.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/model.h"
#include "cli/profile.h"
#include "graph/text.h"
#include "ops/evaluate.h"
#include "parallel/parallel.h"
#include "witness/witness.h"

namespace veil::cli {

namespace {

Result<RealRow> read_row(const OwnedModel& model, const ProveArguments& arguments) {
  VEIL_TRY(data, read_data(arguments.input, input_specs(model.graph), ReadOptions{arguments.labels, false}));
  const std::uint64_t row = arguments.row.value_or(0);
  if (row >= data.rows) {
    return Error{fmt::format("There is no row {} in {}: it has {} row{}, counted from 0.", row, quote(arguments.input),
                             data.rows, data.rows == 1 ? "" : "s")};
  }
  if (!arguments.row && data.rows > 1) {
    note(fmt::format("{} has {} rows; proving row 0 (choose another with --row).", quote(arguments.input), data.rows));
  }
  return row_of(data, static_cast<std::size_t>(row));
}

// The sentence is for the owner, who knows the output anyway; nothing of it leaves the machine.
Outcome refused(const OwnedModel& model, const std::vector<double>& output) {
  constexpr std::size_t kMostValues = 8;
  std::vector<std::string> values;
  for (const double value : output) values.push_back(number_text(value));
  if (values.size() > kMostValues) {
    values.resize(kMostValues);
    values.emplace_back("...");
  }
  const std::string sentence =
      fmt::format("The claim \"{}\" is false for this row (the model gives {}), so it cannot be proven.",
                  printable(model.graph.claim), joined(values));
  Outcome out;
  out.exit_code = ExitCode::kRejected;
  out.json = Json{{"proven", false}, {"reason", "claim/false"}, {"sentence", sentence}};
  out.text = "REFUSED: " + sentence + "\n";
  return out;
}

// Nothing: the claim is true, or there is none.
Result<std::optional<Outcome>> refuse_false_claim(const OwnedModel& model, const IntegerRow& row) {
  if (model.lowering.analysis.claim.terms.empty()) return std::optional<Outcome>{};
  VEIL_TRY(runner, IntegerRunner::create(model.graph, model.weights));
  VEIL_TRY_STATUS(runner.run(row));
  VEIL_TRY(holds, runner.claim_holds());
  if (holds) return std::optional<Outcome>{};
  return std::optional<Outcome>{refused(model, real_values(model.graph, model.graph.output, runner.output()))};
}

void note_saturation(const std::vector<std::string>& names) {
  if (names.empty()) return;
  constexpr std::size_t kMostNames = 5;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMostNames)));
  note(fmt::format("Outside the range seen at setup, and cut to it: {}{}.", printable(joined(first)),
                   names.size() > kMostNames ? fmt::format(" and {} more", names.size() - kMostNames) : ""));
}

Outcome proven(const OwnedModel& model, const ProveArguments& arguments, const ProofOutput& proof, const Timing& load,
               std::size_t saturated) {
  Outcome out;
  out.json = Json{{"proven", true},
                  {"proof_bytes", proof.proof.size()},
                  {"online_ms", timing_json(proof.online)},
                  {"offline_ms", timing_json(proof.offline)},
                  {"load_ms", timing_json(load)},
                  {"peak_rss_bytes", peak_rss_bytes()},
                  {"threads", num_threads()},
                  {"model_id", to_hex(model.prover.model_id())},
                  {"row", arguments.row.value_or(0)},
                  {"saturated_values", saturated}};
  out.text =
      fmt::format("{}: {}, proven in {:.0f} ms ({:.0f} ms online, {:.0f} ms for pads that can be prepared ahead)\n",
                  arguments.out, size_text(proof.proof.size()), proof.online.wall_ms + proof.offline.wall_ms,
                  proof.online.wall_ms, proof.offline.wall_ms);
  return out;
}

}  // namespace

Result<Outcome> run_prove(const ProveArguments& arguments) {
  if (!arguments.profile.empty() && arguments.profile == arguments.out) {
    return Error{"--profile and --out name the same file; choose another for the profile."};
  }
  Progress progress;
  progress.show("opening the key", 0.0);
  Profile profile;
  profile.enter("key");
  Stopwatch watch;
  VEIL_TRY(model, open_owned_model(arguments.prover, false));
  const Timing load = watch.lap();

  progress.clear();
  profile.enter("input");
  VEIL_TRY(real_row, read_row(model, arguments));
  VEIL_TRY(row, quantise_row(model.graph, real_row));
  note_saturation(row.saturated);
  profile.enter("witness");
  VEIL_TRY(refusal, refuse_false_claim(model, row.inputs));
  if (refusal) return std::move(*refusal);
  progress.show("proving", 0.3);
  VEIL_TRY(trace, fill_trace(model.lowering, model.weights, row.inputs));
  narrow(model.lowering.circuit, trace);
  const Timing witness = watch.lap();
  VEIL_TRY(proof, model.prover.prove(trace, as_bytes(arguments.context), nullptr, &profile));
  proof.online += witness;
  progress.clear();
  profile.enter("write");
  VEIL_TRY_STATUS(save_file(arguments.out, proof.proof, false));
  profile.stop();
  Outcome out = proven(model, arguments, proof, load, row.saturated.size());
  if (arguments.profile.empty()) return out;
  out.json["profile"] = profile_json(profile, model.prover.circuit());
  VEIL_TRY_STATUS(save_profile(arguments.profile, out.json["profile"]));
  return out;
}

}  // namespace veil::cli
