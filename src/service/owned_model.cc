#include "service/owned_model.h"

#include "graph/missing.h"
#include "graph/text.h"
#include "service/batches.h"

namespace veil {

Result<QuantisedGraph> parse_graph(std::string_view json, const std::string& path) {
  while (!json.empty() && (json.back() == '\n' || json.back() == '\r')) json.remove_suffix(1);
  auto graph = read_quantised_graph(json);
  if (!graph.ok()) return Error{"The file " + quote(path) + " cannot be used: " + graph.error().message + "."};
  return graph;
}

Result<OwnedModel> open_owned_model(ByteView bytes, const std::string& path, bool with_onnx) {
  VEIL_TRY(file, read_prover_file(bytes, quote(path), with_onnx));
  VEIL_TRY(graph, parse_graph(file.graph_json, path));
  auto lowered = lower(graph);
  if (!lowered.ok() || lowered->circuit != file.key.model.circuit) {
    return Error{"The file " + quote(path) +
                 " is not valid: its graph does not give its circuit; run `veil setup` again."};
  }
  Lowering lowering = std::move(lowered).value();
  Weights weights = weights_by_model_id(lowering, file.key.weights);
  VEIL_TRY(prover, Prover::open(std::move(file.key)));
  return OwnedModel{std::move(prover),      std::move(graph),     std::move(lowering),    std::move(weights),
                    std::move(file.import), std::move(file.onnx), std::move(file.imputed)};
}

std::vector<InputSpec> input_specs(const OwnedModel& model) {
  std::vector<InputSpec> specs;
  for (const QuantisedInput& input : model.graph.inputs) {
    const QuantisedValue& value = model.graph.values[input.value];
    specs.push_back(InputSpec{value.name, input.shape, input.labels, value.may_be_missing, {}});
    if (specs.size() <= model.imputed.size()) specs.back().imputed = model.imputed[specs.size() - 1];
  }
  return row_specs(std::move(specs), model.graph.batch);
}

std::vector<InputSpec> input_specs(const Graph& graph) {
  std::vector<InputSpec> specs;
  const std::vector<bool> missing = may_be_missing(graph);
  const auto imputed = imputed_of_row(graph);
  for (const ValueId id : graph.inputs) {
    specs.push_back(InputSpec{graph.values[id].name, graph.values[id].shape, {}, missing[id], {}});
    if (specs.size() <= imputed.size()) specs.back().imputed = imputed[specs.size() - 1];
  }
  return row_specs(std::move(specs), graph.batch);
}

std::vector<std::vector<double>> imputed_of_row(const Graph& graph) {
  std::vector<std::vector<double>> out = graph.imputed;
  for (std::vector<double>& values : out) values.resize(values.size() / static_cast<std::size_t>(graph.batch));
  return out;
}

std::vector<IntegerArray> weights_by_tensor(const Lowering& lowering, const Weights& weights) {
  std::vector<IntegerArray> out(lowering.circuit.tensors.size());
  for (std::size_t i = 0; i < lowering.model.size(); ++i) out[lowering.model[i]] = weights.tensors[i];
  return out;
}

Weights weights_by_model_id(const Lowering& lowering, const std::vector<IntegerArray>& by_tensor) {
  Weights out;
  for (const TensorId id : lowering.model) out.tensors.push_back(by_tensor[id]);
  return out;
}

}  // namespace veil
