#include "service/set_up.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/limits.h"
#include "data/rows.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "onnx/import.h"
#include "service/owned_model.h"

namespace veil {

namespace {

// The caller's, else the model file's where they fit. The key makes them public, so the file's are taken only where the
// output is shown, or the claim has a name in it.
std::vector<std::string> names_of_outputs(const Graph& graph, const SetupChoices& choices) {
  const std::vector<std::string>& chosen = choices.classes;
  if (!choices.claim.empty() && choices.claim.find('"') == std::string::npos) return chosen;
  const std::size_t elements = size_of(graph.values[graph.outputs[0]].shape) / static_cast<std::size_t>(graph.batch);
  if (!chosen.empty() || graph.class_names.size() != elements) return chosen;
  return graph.class_names;
}

// The names of the columns, by input; none where their number is another.
std::vector<std::vector<std::string>> input_labels(const Graph& graph, const std::vector<std::string>& columns) {
  std::vector<std::vector<std::string>> out(graph.inputs.size());
  std::size_t total = 0;
  std::vector<std::size_t> sizes;
  for (const ValueId id : graph.inputs) {
    sizes.push_back(size_of(graph.values[id].shape) / static_cast<std::size_t>(graph.batch));
    total += sizes.back();
  }
  if (columns.size() != total) return out;
  auto next = columns.begin();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    out[i].assign(next, next + static_cast<std::ptrdiff_t>(sizes[i]));
    next += static_cast<std::ptrdiff_t>(sizes[i]);
  }
  return out;
}

// A revealed output whose integers are far from the model's numbers would prove another function.
Status check_close(const SetupChoices& choices, const QuantisedModel& model, const RunComparison& runs) {
  if (!choices.claim.empty() || runs.relative_error() <= choices.tolerance) return Done{};
  double largest = 0;
  for (const double output : runs.real_outputs) largest = std::max(largest, std::fabs(output));
  return Error{fmt::format(
      "At {} bits the integers of this model are up to {:.2g} away from its outputs, the largest of which is {:.2g} on "
      "the calibration rows: a proof would be about another function. {}",
      model.graph.bits, runs.output.largest, largest,
      model.graph.bits < 16 ? "Use --bits 16." : "Numbers of very different size meet in it.")};
}

Status set_visibility(SetupChoices& choices, const std::string& value) {
  if (value != "hidden" && value != "public") return Error{"model is hidden or public, not " + quote(value) + "."};
  choices.hidden = value == "hidden";
  return Done{};
}

Status set_bits(SetupChoices& choices, const std::string& value) {
  static const std::map<std::string, unsigned> known{{"auto", kAutoBits}, {"8", 8}, {"12", 12}, {"16", 16}};
  const auto found = known.find(value);
  if (found == known.end()) return Error{"bits are 8, 12, 16 or auto, not " + quote(value) + "."};
  choices.bits = found->second;
  return Done{};
}

Status set_padding(std::optional<std::int64_t>& padding, std::string_view name, const std::string& value,
                   std::int64_t most) {
  const auto number = parse_number(value);
  if (!number || !(*number >= 1 && *number <= static_cast<double>(most)) || *number != std::floor(*number)) {
    return Error{std::string(name) + " is a whole number from 1 to " + std::to_string(most) + ", not " + quote(value) +
                 "."};
  }
  padding = static_cast<std::int64_t>(*number);
  return Done{};
}

Status set_batch(SetupChoices& choices, const std::string& value) {
  const auto number = parse_number(value);
  if (!number || !(*number >= 1 && *number <= static_cast<double>(kMaxTensorSize)) || *number != std::floor(*number)) {
    return Error{"batch is a number of rows, not " + quote(value) + "."};
  }
  choices.batch = static_cast<std::int64_t>(*number);
  return Done{};
}

Status set_tolerance(SetupChoices& choices, const std::string& value) {
  const auto number = parse_number(value);
  if (!number || !(*number >= 1e-6 && *number <= 1.0)) {
    return Error{"tolerance is a number from 0.000001 to 1, not " + quote(value) + "."};
  }
  choices.tolerance = *number;
  return Done{};
}

}  // namespace

Status set_choice(SetupChoices& choices, std::string_view name, const std::string& value) {
  if (name == "model") return set_visibility(choices, value);
  if (name == "bits") return set_bits(choices, value);
  if (name == "tolerance") return set_tolerance(choices, value);
  if (name == "dim") return add_dimension(value, choices.import);
  if (name == "batch") return set_batch(choices, value);
  if (name == "pad-trees") return set_padding(choices.padding.trees, name, value, kMostPaddedTrees);
  if (name == "pad-leaves") return set_padding(choices.padding.leaves, name, value, kMostPaddedLeaves);
  if (name == "claim") {
    choices.claim = value;
  } else if (name == "output") {
    choices.import.output = value;
  } else if (name == "class") {
    choices.classes.push_back(value);
  } else if (name == "column") {
    choices.columns.push_back(value);
  } else if (name == "without-model") {
    choices.without_model = value != "0";
  } else {
    return Error{"There is no option " + quote(name) + " of setup."};
  }
  return Done{};
}

Status add_dimension(const std::string& text, ImportChoices& choices) {
  const std::size_t equals = text.rfind('=');
  const std::string length = equals == std::string::npos ? "" : text.substr(equals + 1);
  const bool digits =
      !length.empty() && length.size() < 10 && length.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || equals == 0) return Error{"--dim takes NAME=LENGTH, such as --dim tokens=16."};
  choices.dims[text.substr(0, equals)] = std::stoll(length);
  return Done{};
}

Result<Bytes> model_file(Bytes onnx, const SetupChoices& choices) {
  if (!choices.padding.any()) return onnx;
  if (!choices.hidden) return Error{"Padding hides how large a model is, and this one's weights are to be public."};
  if (choices.without_model) {
    return Error{"A key without the model file cannot be of padded trees: evaluate would find another file beside it."};
  }
  return pad_trees(onnx, choices.padding);
}

Result<Graph> read_model(ByteView onnx, const SetupChoices& choices) {
  return import_onnx(onnx, ImportOptions{choices.import.dims, choices.import.output, choices.batch});
}

Result<PreparedModel> set_up(Graph graph, const std::vector<RealRow>& rows, const SetupChoices& choices,
                             const StageCallback& stage) {
  stage("choosing the integers", 0.1);
  const QuantiseOptions options{choices.hidden, choices.claim, input_labels(graph, choices.columns),
                                names_of_outputs(graph, choices), choices.tolerance};
  VEIL_TRY(model, quantise(graph, rows, choices.bits, options));
  stage("choosing the integers", 0.3);
  VEIL_TRY(runs, compare_runs(graph, model, rows));
  VEIL_TRY_STATUS(check_close(choices, model, runs));
  VEIL_TRY(lowering, lower(model.graph));

  SetupOptions setup;
  setup.visibility = choices.hidden ? Visibility::kHidden : Visibility::kPublic;
  setup.progress = [&stage](std::string_view name, double done) {
    stage(done < 1.0 ? name : "writing", 0.4 + 0.6 * done);
  };
  VEIL_TRY(key, set_up_model(lowering.circuit, weights_by_tensor(lowering, model.weights), setup));
  return PreparedModel{std::move(graph), std::move(model), std::move(runs), std::move(lowering), std::move(key)};
}

Result<SetupFiles> setup_files(PreparedModel& made, Bytes onnx, const SetupChoices& choices) {
  VEIL_TRY(prepared, PreparedCircuit::prepare(made.key.model.circuit, made.key.model.log_columns));
  std::string graph_json = quantised_graph_json(made.model.graph);
  Bytes verifier = write_verifier_file({made.key.model, graph_json, choices.import});
  const Digest id = compute_model_id(prepared, made.key.model.model_rows, made.key.model.visibility);
  ReportFacts facts{to_hex(id), prepared, 0, verifier.size(), proof_file_bytes(prepared)};
  if (choices.without_model) onnx.clear();
  const ProverFile prover_file{std::move(made.key), graph_json, choices.import,
                               SecretVector<std::uint8_t>(std::move(onnx)), imputed_of_row(made.graph)};
  Bytes prover = write_prover_file(prover_file);
  facts.prover_bytes = prover.size();
  Json report = report_json(made.model, made.runs, made.lowering, facts);
  const std::size_t proof_bytes = facts.proof_bytes;
  return SetupFiles{std::move(prepared),  id, proof_bytes, std::move(prover), std::move(verifier), std::move(report),
                    std::move(graph_json)};
}

}  // namespace veil
