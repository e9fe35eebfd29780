// veil evaluate: the float model against its integers, on the user's rows.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evaluation_report.h"
#include "cli/files.h"
#include "data/files.h"
#include "graph/text.h"
#include "ops/choose_bits.h"
#include "service/batches.h"
#include "service/compare.h"
#include "service/owned_model.h"
#include "service/score.h"

namespace veil::cli {

namespace {

struct Evaluation {
  QuantisedModel model;
  RunComparison runs;
  std::vector<Label> labels;
  std::vector<BitsTried> tried;
  std::optional<double> accuracy, float_accuracy;
};

// The model file that is named takes the place of the key's copy.
Status find_model_file(OwnedModel& owned, const EvaluateArguments& arguments) {
  if (arguments.model.empty()) {
    if (!owned.onnx.empty()) return Done{};
    return Error{"The key was made without the model file; name it by --model."};
  }
  VEIL_TRY(bytes, read_file(arguments.model));
  owned.onnx = SecretVector<std::uint8_t>(std::move(bytes));
  return Done{};
}

// Setup offers 8, 12 and 16 of these; fewer than 8 cannot be made.
Result<std::vector<BitsTried>> try_bits(const OwnedModel& owned, const Graph& graph, const EvaluateArguments& arguments,
                                        const std::vector<RealRow>& rows, const std::vector<Label>& labels) {
  VEIL_TRY(data, read_data(arguments.calibrate, input_specs(owned), ReadOptions{arguments.labels, false}));
  VEIL_TRY(calibration, calibrate(graph, calibration_batches(data, graph.batch)));
  const QuantisedGraph& own = owned.graph;
  const QuantiseOptions options{own.hidden, own.claim, {}, own.output_labels};
  const Scorer scorer{own, owned.lowering.analysis.claim};
  std::vector<BitsTried> out;
  for (const unsigned bits : {8u, 10u, 12u, 14u, 16u}) {
    out.push_back(BitsTried{bits, 0, {}, 0, {}});
    const auto model = quantise_at(graph, calibration, bits, options);
    const auto runs = model.ok() ? compare_runs(graph, *model, rows) : Result<RunComparison>(Error{model.error()});
    if (!runs.ok()) {
      out.back().refused = runs.error().message;
      continue;
    }
    out.back().agreement = runs->agreement();
    out.back().accuracy = scorer.accuracy(runs->integer_outputs, labels);
    out.back().largest_error = runs->output.largest;
  }
  return out;
}

Result<Evaluation> evaluate(const OwnedModel& owned, const EvaluateArguments& arguments) {
  std::vector<Label> labels;
  if (arguments.labels) {
    VEIL_TRY(column, read_label_column(arguments.data, *arguments.labels));
    labels = std::move(column);
  }
  VEIL_TRY(data, read_data(arguments.data, input_specs(owned), ReadOptions{arguments.labels, false}));
  if (arguments.labels && labels.size() != data.rows) {
    return Error{fmt::format("There are {} labels for {} rows.", labels.size(), data.rows)};
  }
  VEIL_TRY(rows, whole_batches(data, owned.graph.batch));
  const std::size_t left_out = data.rows % static_cast<std::size_t>(owned.graph.batch);
  if (left_out > 0) note(fmt::format("The last {} rows make no whole batch and are left out.", left_out));
  if (arguments.labels) labels.resize(data.rows - left_out);
  VEIL_TRY(compared, compare_with_float(owned, rows));
  const Scorer scorer{owned.graph, owned.lowering.analysis.claim};
  Evaluation out{std::move(compared.model), std::move(compared.runs), std::move(labels), {}, {}, {}};
  if (!arguments.calibrate.empty()) {
    VEIL_TRY(tried, try_bits(owned, compared.graph, arguments, rows, out.labels));
    out.tried = std::move(tried);
  }
  if (arguments.labels) {
    out.accuracy = scorer.accuracy(out.runs.integer_outputs, out.labels);
    out.float_accuracy = scorer.accuracy(out.runs.real_outputs, out.labels);
  }
  return out;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Status add_report(const OwnedModel& owned, const Evaluation& result, const std::string& folder, Outcome& out) {
  const Json report =
      evaluation_json(out.json, EvaluationFacts{owned, result.model, result.runs, result.labels, result.tried});
  const std::string text = json_text(report, 2) + "\n";
  VEIL_TRY_STATUS(save_files(folder, {{"evaluation.html", bytes_of(evaluation_page(report)), true},
                                      {"evaluation.json", bytes_of(text), true}}));
  for (const Json& sentence : report["advice"]) {
    out.text += fmt::format("  advice     {}\n", sentence.get<std::string>());
  }
  out.text += fmt::format("  written    {}/evaluation.html, evaluation.json\n", folder);
  out.json["report"] = report;
  return Done{};
}

// One line a row: its number, whether the decision is the same, the float model's numbers, the integers' numbers.
std::string outputs_csv(const RunComparison& runs) {
  const std::size_t width = runs.real_outputs.size() / static_cast<std::size_t>(std::max<std::int64_t>(runs.rows, 1));
  std::string out = "row,same";
  for (const char* kind : {"float", "integer"}) {
    for (std::size_t i = 0; i < width; ++i) out += fmt::format(",{}_{}", kind, i);
  }
  out += "\n";
  std::size_t next = 0;
  for (std::int64_t row = 0; row < runs.rows; ++row) {
    const bool differs = next < runs.differing.size() && runs.differing[next] == row;
    next += differs ? 1 : 0;
    out += fmt::format("{},{}", row, differs ? 0 : 1);
    for (const std::vector<double>* outputs : {&runs.real_outputs, &runs.integer_outputs}) {
      for (std::size_t i = 0; i < width; ++i)
        out += fmt::format(",{}", (*outputs)[static_cast<std::size_t>(row) * width + i]);
    }
    out += "\n";
  }
  return out;
}

std::string differing_text(const std::vector<std::int64_t>& rows) {
  constexpr std::size_t kMost = 20;
  if (rows.empty()) return "";
  std::string out = "  differing  rows";
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i)
    out += fmt::format("{} {}", i == 0 ? "" : ",", rows[i]);
  return out + (rows.size() > kMost ? fmt::format(" and {} more\n", rows.size() - kMost) : "\n");
}

}  // namespace

Result<Outcome> run_evaluate(const EvaluateArguments& arguments) {
  if (!arguments.calibrate.empty() && arguments.report.empty()) return Error{"--calibrate is for --report only."};
  if (!arguments.outputs.empty()) VEIL_TRY_STATUS(can_save_file(arguments.outputs));
  if (!arguments.report.empty()) VEIL_TRY_STATUS(can_save_files(arguments.report));
  Progress progress;
  progress.show("opening the key", 0.0);
  VEIL_TRY(owned, open_owned_model(arguments.prover, true));
  VEIL_TRY_STATUS(find_model_file(owned, arguments));
  progress.show("running the rows", 0.2);
  auto evaluated = evaluate(owned, arguments);
  if (!evaluated.ok()) return about_file(arguments.model, evaluated.error());
  const Evaluation result = std::move(evaluated).value();
  progress.clear();
  const RunComparison& runs = result.runs;
  Outcome out;
  out.json = Json{{"rows", runs.rows},
                  {"max_abs_error", runs.output.largest},
                  {"mean_abs_error", runs.output.mean},
                  {"agreement", runs.agreement()},
                  {"differing_rows", runs.differing},
                  {"accuracy", or_null(result.accuracy)},
                  {"float_accuracy", or_null(result.float_accuracy)},
                  {"bits", owned.graph.bits}};
  out.text = fmt::format("{} rows, integers of {} bits against the float model\n", runs.rows, owned.graph.bits);
  out.text += fmt::format("  error      {:.2g} at most, {:.2g} on average\n", runs.output.largest, runs.output.mean);
  out.text += fmt::format("  agreement  {:.2f}% of decisions are the same\n", 100 * runs.agreement());
  out.text += differing_text(runs.differing);
  if (result.accuracy) {
    out.text += fmt::format("  accuracy   {:.2f}% of decisions are right (float model: {:.2f}%)\n",
                            100 * *result.accuracy, 100 * *result.float_accuracy);
  } else if (arguments.labels) {
    out.text += "  accuracy   not defined: the labels are no decisions of this model\n";
  }
  if (!arguments.outputs.empty()) {
    VEIL_TRY_STATUS(save_file(arguments.outputs, bytes_of(outputs_csv(runs)), true));
    out.text += fmt::format("  written    {}\n", arguments.outputs);
  }
  if (!arguments.report.empty()) VEIL_TRY_STATUS(add_report(owned, result, arguments.report, out));
  return out;
}

}  // namespace veil::cli
