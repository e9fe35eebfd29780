// veil setup: a model file and calibration data become the prover's and the verifier's key, and a report.
#include <fmt/core.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/model.h"
#include "cli/profile.h"
#include "cli/report.h"
#include "data/files.h"
#include "onnx/import.h"
#include "ops/choose_bits.h"
#include "parallel/parallel.h"

namespace veil::cli {

namespace {

Result<ImportChoices> import_choices(const SetupArguments& arguments) {
  ImportChoices out{{}, arguments.output};
  for (const std::string& text : arguments.dims) {
    const std::size_t equals = text.rfind('=');
    const std::string length = equals == std::string::npos ? "" : text.substr(equals + 1);
    const bool digits =
        !length.empty() && length.size() < 10 && length.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || equals == 0) return Error{"--dim takes NAME=LENGTH, such as --dim tokens=16."};
    out.dims[text.substr(0, equals)] = std::stoll(length);
  }
  return out;
}

// The columns of a CSV file become the labels of the inputs' elements.
Result<std::vector<std::vector<std::string>>> input_labels(const Graph& graph, const SetupArguments& arguments) {
  VEIL_TRY(names, csv_labels(arguments.calibrate, ReadOptions{arguments.labels, false}));
  std::vector<std::vector<std::string>> out(graph.inputs.size());
  std::size_t total = 0;
  std::vector<std::size_t> sizes;
  for (const ValueId id : graph.inputs) {
    std::size_t size = 1;
    for (const std::int64_t length : graph.values[id].shape) size *= static_cast<std::size_t>(length);
    sizes.push_back(size);
    total += size;
  }
  if (names.size() != total) return out;  // no CSV file, or one that read_data will refuse
  auto next = names.begin();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    out[i].assign(next, next + static_cast<std::ptrdiff_t>(sizes[i]));
    next += static_cast<std::ptrdiff_t>(sizes[i]);
  }
  return out;
}

unsigned bits_of(const std::string& text) {
  return text == "auto" ? kAutoBits : static_cast<unsigned>(std::stoul(text));
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

// Everything that setup makes.
struct Made {
  Graph graph;
  QuantisedModel model;
  RunComparison runs;
  Lowering lowering;
  ProverKey key;
};

// A revealed output whose integers are far from the model's numbers would prove another function.
Status check_close(const SetupArguments& arguments, const QuantisedModel& model, const RunComparison& runs) {
  if (!arguments.claim.empty() || runs.relative_error() <= arguments.tolerance) return Done{};
  double largest = 0;
  for (const double output : runs.real_outputs) largest = std::max(largest, std::fabs(output));
  return Error{fmt::format(
      "At {} bits the integers of this model are up to {:.2g} away from its outputs, the largest of which is {:.2g} on "
      "the calibration rows: a proof would be about another function. {}",
      model.graph.bits, runs.output.largest, largest,
      model.graph.bits < 16 ? "Use --bits 16." : "Numbers of very different size meet in it.")};
}

Result<Made> make(const SetupArguments& arguments, const Bytes& onnx, const ImportChoices& choices, Stages& stages) {
  stages.begin("reading model and data", 0.0);
  VEIL_TRY(graph, import_onnx(onnx, ImportOptions{choices.dims, choices.output}));
  VEIL_TRY(labels, input_labels(graph, arguments));
  VEIL_TRY(data, read_data(arguments.calibrate, input_specs(graph), ReadOptions{arguments.labels, false}));
  std::vector<RealRow> rows;
  for (std::size_t row = 0; row < data.rows; ++row) rows.push_back(row_of(data, row));

  stages.begin("choosing the integers", 0.1);
  const bool hidden = arguments.visibility == "hidden";
  const QuantiseOptions options{hidden, arguments.claim, labels, arguments.classes, arguments.tolerance};
  VEIL_TRY(model, quantise(graph, rows, bits_of(arguments.bits), options));
  VEIL_TRY(runs, compare_runs(graph, model, rows));
  VEIL_TRY_STATUS(check_close(arguments, model, runs));
  VEIL_TRY(lowering, lower(model.graph));

  SetupOptions setup;
  setup.visibility = hidden ? Visibility::kHidden : Visibility::kPublic;
  setup.progress = [&stages](std::string_view stage, double done) {
    stages.begin(done < 1.0 ? stage : "writing", 0.4 + 0.6 * done);
  };
  VEIL_TRY(key, set_up_model(lowering.circuit, weights_by_tensor(lowering, model.weights), setup));
  return Made{std::move(graph), std::move(model), std::move(runs), std::move(lowering), std::move(key)};
}

std::string summary(const SetupArguments& arguments, const Made& made, const ReportFacts& facts, const Timing& timing) {
  std::string out =
      fmt::format("model {} ({} weights), {} bits\n", facts.model_id, arguments.visibility, made.model.graph.bits);
  out += fmt::format("  agreement  {:.2f}% of {} decisions are those of the float model; error {:.2g} at most\n",
                     100 * made.runs.agreement(), made.runs.rows, made.runs.output.largest);
  if (const std::int64_t saturated = made.runs.saturated(); saturated > 0) {
    out += fmt::format("  saturated  {} values in these rows (report.json says which)\n", saturated);
  }
  const std::string& claim = made.lowering.circuit.claim;
  out += claim.empty() ? "  a proof    reveals the output\n" : fmt::format("  a proof    shows {}\n", claim);
  if (made.graph.inputs.empty()) out += "  note       the output is a constant: it depends on no input\n";
  out += fmt::format("  proof size {}\n", size_text(facts.proof_bytes));
  out += fmt::format("  written    {}/prover.veil ({}; {}), verifier.veil ({}), report.json, graph.json\n",
                     arguments.out, size_text(facts.prover_bytes),
                     arguments.visibility == "hidden" ? "secret" : "yours", size_text(facts.verifier_bytes));
  out += fmt::format("  took       {:.0f} ms\n", timing.wall_ms);
  return out;
}

Json outcome_json(const Made& made, const ReportFacts& facts, const Timing& timing) {
  return Json{{"model_id", facts.model_id},
              {"cpu_ms", timing.cpu_ms},
              {"wall_ms", timing.wall_ms},
              {"peak_rss_bytes", peak_rss_bytes()},
              {"prover_bytes", facts.prover_bytes},
              {"verifier_bytes", facts.verifier_bytes},
              {"proof_bytes", facts.proof_bytes},
              {"bits", made.model.graph.bits},
              {"agreement", made.runs.agreement()},
              {"max_abs_error", made.runs.output.largest},
              {"saturated_values", made.runs.saturated()},
              {"threads", num_threads()}};
}

// The parts of a registration need the same large arrays one after the other: memory that was given back to the system
// would be cleared again page by page, a third of the time of a large setup.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace

Result<Outcome> run_setup(const SetupArguments& arguments) {
  keep_freed_memory();
  Stages stages;
  Stopwatch watch;
  VEIL_TRY(choices, import_choices(arguments));
  VEIL_TRY(onnx, read_file(arguments.model));
  VEIL_TRY(made, make(arguments, onnx, choices, stages));
  VEIL_TRY(prepared, PreparedCircuit::prepare(made.key.model.circuit, made.key.model.log_columns));

  const std::string graph_json = quantised_graph_json(made.model.graph);
  const Bytes verifier = write_verifier_file({made.key.model, graph_json, choices});
  const Digest id = compute_model_id(prepared, made.key.model.model_rows, made.key.model.visibility);
  ReportFacts facts{to_hex(id), prepared, 0, verifier.size(), proof_file_bytes(prepared)};
  if (arguments.without_model) onnx.clear();
  ProverFile prover_file{std::move(made.key), graph_json, choices, SecretVector<std::uint8_t>(std::move(onnx))};
  Bytes prover = write_prover_file(prover_file);
  facts.prover_bytes = prover.size();
  const std::string report =
      report_json(made.model, made.runs, made.lowering, facts).dump(2, ' ', false, Json::error_handler_t::replace) +
      "\n";
  const auto bytes_of = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  stages.progress.clear();
  auto saved = save_files(arguments.out, {{"prover.veil", std::move(prover), true},
                                          {"verifier.veil", verifier, false},
                                          {"report.json", bytes_of(report), true},
                                          {"graph.json", bytes_of(graph_json + "\n"), false}});
  if (!saved.ok()) return Error{saved.error()};
  stages.profile.stop();
  const Timing timing = watch.lap();
  Outcome out;
  out.json = outcome_json(made, facts, timing);
  out.text = summary(arguments, made, facts, timing);
  if (arguments.profile.empty()) return out;
  out.json["profile"] = profile_json(stages.profile, prepared);
  VEIL_TRY_STATUS(save_profile(arguments.profile, out.json["profile"]));
  return out;
}

}  // namespace veil::cli
