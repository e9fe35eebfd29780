// veil evaluate: the float model against its integers, on the user's rows.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/model.h"
#include "cli/score.h"
#include "graph/text.h"
#include "onnx/import.h"
#include "ops/choose_bits.h"

namespace veil::cli {

namespace {

struct Arguments {
  std::string prover, data;
  std::optional<std::string> labels;
};

void declare(CLI::App& command, Arguments& arguments) {
  command.add_option("PROVER", arguments.prover, "prover.veil")->required();
  command.add_option("--data", arguments.data, "The data: CSV, NPY, NPZ or JSON")->required();
  command.add_option("--labels", arguments.labels, "The column, array or field with the true answers");
}

struct Evaluation {
  RunComparison runs;
  std::optional<double> accuracy, float_accuracy;
};

Result<Evaluation> evaluate(const OwnedModel& owned, const Arguments& arguments) {
  VEIL_TRY(data, read_data(arguments.data, input_specs(owned.graph), ReadOptions{arguments.labels, false}));
  std::vector<Label> labels;
  if (arguments.labels) {
    VEIL_TRY(column, read_label_column(arguments.data, *arguments.labels));
    if (column.size() != data.rows) {
      return Error{fmt::format("There are {} labels for {} rows.", column.size(), data.rows)};
    }
    labels = std::move(column);
  }
  VEIL_TRY(graph, import_onnx(owned.onnx.expose(), ImportOptions{owned.import.dims, owned.import.output}));
  VEIL_TRY(model, requantise(graph, owned.graph));
  std::vector<RealRow> rows;
  for (std::size_t row = 0; row < data.rows; ++row) rows.push_back(row_of(data, row));
  VEIL_TRY(runs, compare_runs(graph, model, rows));
  const Scorer scorer{owned.graph, owned.lowering.analysis.claim};
  Evaluation out{std::move(runs), {}, {}};
  if (arguments.labels) {
    out.accuracy = scorer.accuracy(out.runs.integer_outputs, labels);
    out.float_accuracy = scorer.accuracy(out.runs.real_outputs, labels);
  }
  return out;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Result<Outcome> run(const Arguments& arguments) {
  Progress progress;
  progress.show("opening the key", 0.0);
  VEIL_TRY(owned, open_owned_model(arguments.prover));
  progress.show("running the rows", 0.2);
  VEIL_TRY(result, evaluate(owned, arguments));
  progress.clear();
  const RunComparison& runs = result.runs;
  Outcome out;
  out.json = Json{{"rows", runs.rows},
                  {"max_abs_error", runs.output.largest},
                  {"mean_abs_error", runs.output.mean},
                  {"agreement", runs.agreement()},
                  {"accuracy", or_null(result.accuracy)},
                  {"float_accuracy", or_null(result.float_accuracy)},
                  {"bits", owned.graph.bits}};
  out.text = fmt::format("{} rows, integers of {} bits against the float model\n", runs.rows, owned.graph.bits);
  out.text += fmt::format("  error      {:.2g} at most, {:.2g} on average\n", runs.output.largest, runs.output.mean);
  out.text += fmt::format("  agreement  {:.2f}% of decisions are the same\n", 100 * runs.agreement());
  if (result.accuracy) {
    out.text += fmt::format("  accuracy   {:.2f}% of decisions are right (float model: {:.2f}%)\n",
                            100 * *result.accuracy, 100 * *result.float_accuracy);
  } else if (arguments.labels) {
    out.text += "  accuracy   not defined: the labels are no decisions of this model\n";
  }
  return out;
}

}  // namespace

void add_evaluate(CLI::App& app, Call& call) {
  add_command<Arguments>(app, call, "evaluate", "Compare the float model with its integers on data",
                         "veil evaluate key/prover.veil --data rows.csv --labels answer", declare, run);
}

}  // namespace veil::cli
