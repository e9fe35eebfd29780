// veil prove: one row of data, proven.
#include <fmt/core.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "cli/profile.h"
#include "graph/text.h"
#include "parallel/parallel.h"
#include "service/batches.h"
#include "service/explain.h"
#include "service/process_memory.h"
#include "service/prove_row.h"

namespace veil::cli {

namespace {

// The rows of a batch, from --row on.
Result<RealRow> read_batch(const DataSet& data, std::int64_t batch, const ProveArguments& arguments) {
  const std::uint64_t first = arguments.row.value_or(0);
  const std::uint64_t left = first < data.rows ? data.rows - first : 0;
  const auto wanted = static_cast<std::uint64_t>(batch);
  if (left < wanted) {
    return Error{fmt::format("A proof is about {} rows, but {} has {} from row {} on.", batch,
                             quote_path(arguments.input), left, first)};
  }
  if (!arguments.row && left > wanted) {
    note(fmt::format("{} has {} rows; proving the first {} (choose others with --row).", quote_path(arguments.input),
                     data.rows, batch));
  }
  return rows_from(data, static_cast<std::size_t>(first), batch);
}

Result<RealRow> read_row(const OwnedModel& model, const ProveArguments& arguments) {
  VEIL_TRY(data, read_data(arguments.input, input_specs(model), ReadOptions{arguments.labels, false}));
  if (model.graph.batch > 1) return read_batch(data, model.graph.batch, arguments);
  const std::uint64_t row = arguments.row.value_or(0);
  if (row >= data.rows) {
    return Error{fmt::format("There is no row {} in {}: it has {} row{}, counted from 0.", row,
                             quote_path(arguments.input), data.rows, data.rows == 1 ? "" : "s")};
  }
  if (!arguments.row && data.rows > 1) {
    note(fmt::format("{} has {} rows; proving row 0 (choose another with --row).", quote_path(arguments.input),
                     data.rows));
  }
  return rows_from(data, static_cast<std::size_t>(row), 1);
}

Outcome refused(const std::string& sentence) {
  Outcome out;
  out.exit_code = ExitCode::kRejected;
  out.json = Json{{"proven", false}, {"reason", "claim/false"}, {"sentence", sentence}};
  out.text = "REFUSED: " + sentence + "\n";
  return out;
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

void explain(const OwnedModel& model, const std::vector<std::string>& saturated, Outcome& out) {
  std::vector<std::string> remarks;
  if (!saturated.empty()) {
    remarks.push_back("the proof is about the numbers after they were cut, and does not say that any were; you know: " +
                      saturation_text(saturated));
  }
  out.json["explanation"] =
      explanation_json({model.prover.circuit(), model.prover.key().model.visibility, &model.graph}, remarks);
  out.text += explanation_text(out.json["explanation"]);
}

bool is_large_file(const std::string& path) {
  constexpr std::uintmax_t kLarge = std::uintmax_t{8} << 20;
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  return !failed && size >= kLarge;
}

// Of a proof whose arrays are worth huge pages.
bool is_large(const Circuit& circuit) {
  constexpr std::int64_t kManyLookups = 1 << 18;
  std::int64_t lookups = 0;
  for (const Lookup& lookup : circuit.lookups) lookups += shape_size(lookup.domain.extent);
  return lookups >= kManyLookups;
}

}  // namespace

Result<Outcome> run_prove(const ProveArguments& arguments) {
  if (!arguments.profile.empty() && arguments.profile == arguments.out) {
    return Error{"--profile and --out name the same file; choose another for the profile."};
  }
  VEIL_TRY_STATUS(can_save_file(arguments.out));
  Progress progress;
  progress.show("opening the key", 0.0);
  Profile profile;
  profile.enter("key");
  Stopwatch watch;
  const bool large_key = is_large_file(arguments.prover);
  if (large_key) use_huge_pages();
  VEIL_TRY(model, open_owned_model(arguments.prover, false));
  const Timing load = watch.lap();
  if (!large_key && is_large(model.prover.circuit().circuit())) use_huge_pages();

  progress.clear();
  profile.enter("input");
  VEIL_TRY(real_row, read_row(model, arguments));
  progress.show("proving", 0.3);
  VEIL_TRY(result, prove_row(model, real_row, as_bytes(arguments.context), nullptr, &profile));
  progress.clear();
  if (!result.saturated.empty()) note(saturation_text(result.saturated));
  if (!result.proof) return refused(result.refusal);
  const ProofOutput& proof = *result.proof;
  profile.enter("write");
  VEIL_TRY_STATUS(save_file(arguments.out, proof.proof, false));
  profile.stop();
  Outcome out = proven(model, arguments, proof, load, result.saturated.size());
  if (arguments.explain) explain(model, result.saturated, out);
  if (arguments.profile.empty()) return out;
  out.json["profile"] = profile_json(profile, model.prover.circuit());
  VEIL_TRY_STATUS(save_profile(arguments.profile, out.json["profile"]));
  return out;
}

}  // namespace veil::cli
