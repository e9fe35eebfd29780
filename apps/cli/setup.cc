// veil setup: a model file and calibration data become the prover's and the verifier's key, and a report.
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "cli/profile.h"
#include "data/files.h"
#include "parallel/parallel.h"
#include "service/batches.h"
#include "service/explain.h"
#include "service/process_memory.h"
#include "service/set_up.h"

namespace veil::cli {

namespace {

Result<SetupChoices> setup_choices(const SetupArguments& arguments) {
  SetupChoices out;
  out.import.output = arguments.output;
  for (const std::string& text : arguments.dims) VEIL_TRY_STATUS(add_dimension(text, out.import));
  out.claim = arguments.claim;
  out.batch = arguments.batch;
  out.hidden = arguments.visibility == "hidden";
  out.bits = arguments.bits == "auto" ? kAutoBits : static_cast<unsigned>(std::stoul(arguments.bits));
  out.tolerance = arguments.tolerance;
  out.classes = arguments.classes;
  out.without_model = arguments.without_model;
  out.padding = arguments.padding;
  return out;
}

// A stage of the work, for the terminal and for the profile.
struct Stages {
  Progress progress;
  Profile profile;

  void begin(std::string_view stage, double done) {
    progress.show(stage, done);
    profile.enter(stage);
  }
};

Result<PreparedModel> make(const SetupArguments& arguments, const Bytes& onnx, SetupChoices& choices, Stages& stages) {
  stages.begin("reading model and data", 0.0);
  auto read = read_model(onnx, choices);
  if (!read.ok()) return about_file(arguments.model, read.error());
  Graph graph = std::move(read).value();
  const ReadOptions options{arguments.labels, false};
  VEIL_TRY(columns, csv_labels(arguments.calibrate, options));
  choices.columns = std::move(columns);
  VEIL_TRY(data, read_data(arguments.calibrate, input_specs(graph), options));
  const std::vector<RealRow> rows = calibration_batches(data, graph.batch);
  return set_up(std::move(graph), rows, choices,
                [&stages](std::string_view stage, double done) { stages.begin(stage, done); });
}

std::string summary(const SetupArguments& arguments, const PreparedModel& made, const SetupFiles& files,
                    const Timing& timing) {
  std::string out = fmt::format("model {} ({} weights), {} bits\n", to_hex(files.model_id), arguments.visibility,
                                made.model.graph.bits);
  out += fmt::format("  agreement  {:.2f}% of {} decisions are those of the float model; error {:.2g} at most\n",
                     100 * made.runs.agreement(), made.runs.rows, made.runs.output.largest);
  if (const std::int64_t saturated = made.runs.saturated(); saturated > 0) {
    out += fmt::format("  saturated  {} values in these rows (report.json says which)\n", saturated);
  }
  const std::string& claim = made.lowering.circuit.claim;
  out += claim.empty() ? "  a proof    reveals the output\n" : fmt::format("  a proof    shows {}\n", claim);
  if (made.graph.inputs.empty()) out += "  note       the output is a constant: it depends on no input\n";
  out += fmt::format("  proof size {}\n", size_text(files.proof_bytes));
  out += fmt::format("  written    {}/prover.veil ({}; {}), verifier.veil ({}), report.json, graph.json\n",
                     arguments.out, size_text(files.prover.size()),
                     arguments.visibility == "hidden" ? "secret" : "yours", size_text(files.verifier.size()));
  out += fmt::format("  took       {:.0f} ms\n", timing.wall_ms);
  return out;
}

Json outcome_json(const PreparedModel& made, const SetupFiles& files, const Timing& timing) {
  return Json{{"model_id", to_hex(files.model_id)},
              {"cpu_ms", timing.cpu_ms},
              {"wall_ms", timing.wall_ms},
              {"peak_rss_bytes", peak_rss_bytes()},
              {"prover_bytes", files.prover.size()},
              {"verifier_bytes", files.verifier.size()},
              {"proof_bytes", files.proof_bytes},
              {"bits", made.model.graph.bits},
              {"agreement", made.runs.agreement()},
              {"max_abs_error", made.runs.output.largest},
              {"saturated_values", made.runs.saturated()},
              {"threads", num_threads()}};
}

void explain(const PreparedModel& made, const SetupFiles& files, Outcome& out) {
  const QuantisedGraph& graph = made.model.graph;
  std::vector<std::string> remarks{"report.json comes from the weights and your rows: keep it to yourself"};
  if (graph.hidden) remarks.emplace_back("prover.veil holds the weights in the clear: whoever has it has the model");
  out.json["explanation"] =
      explanation_json({files.circuit, graph.hidden ? Visibility::kHidden : Visibility::kPublic, &graph}, remarks);
  out.text += explanation_text(out.json["explanation"]);
}

}  // namespace

Result<Outcome> run_setup(const SetupArguments& arguments) {
  keep_freed_memory();
  Stages stages;
  Stopwatch watch;
  VEIL_TRY(choices, setup_choices(arguments));
  VEIL_TRY_STATUS(can_save_files(arguments.out));
  VEIL_TRY(read, read_file(arguments.model));
  auto padded = model_file(std::move(read), choices);
  if (!padded.ok()) return about_file(arguments.model, padded.error());
  Bytes onnx = std::move(padded).value();
  VEIL_TRY(made, make(arguments, onnx, choices, stages));
  VEIL_TRY(files, setup_files(made, std::move(onnx), choices));
  stages.progress.clear();
  auto saved = save_files(arguments.out, {{"prover.veil", files.prover, true},
                                          {"verifier.veil", files.verifier, false},
                                          {"report.json", bytes_of(json_text(files.report, 2) + "\n"), true},
                                          {"graph.json", bytes_of(files.graph_json + "\n"), false}});
  if (!saved.ok()) return Error{saved.error()};
  stages.profile.stop();
  const Timing timing = watch.lap();
  Outcome out;
  out.json = outcome_json(made, files, timing);
  out.text = summary(arguments, made, files, timing);
  if (arguments.explain) explain(made, files, out);
  if (arguments.profile.empty()) return out;
  out.json["profile"] = profile_json(stages.profile, files.circuit);
  VEIL_TRY_STATUS(save_profile(arguments.profile, out.json["profile"]));
  return out;
}

}  // namespace veil::cli
