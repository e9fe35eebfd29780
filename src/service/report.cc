#include "service/report.h"

#include "service/cost.h"
#include "service/statement_text.h"

namespace veil {

namespace {

Json operators_json(const QuantisedGraph& graph, const Analysis& analysis) {
  Json out = Json::array();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const QuantisedNode& node = graph.nodes[i];
    Json inputs = Json::array();
    for (const QuantId id : node.inputs) inputs.push_back(graph.values[id].name);
    Json weights = Json::array();
    for (const ModelId id : node.model) weights.push_back(graph.model[id].name);
    out.push_back(Json{{"name", node.name},
                       {"op", op_name(node.op)},
                       {"source", node.source},
                       {"inputs", inputs},
                       {"weights", weights},
                       {"output", graph.values[node.output].name},
                       {"accumulator", {analysis.accumulators[i].low, analysis.accumulators[i].high}}});
  }
  return out;
}

// Of every value: the integers it may take, the reals it took in calibration, and how far the integers are off.
Json tensors_json(const QuantisedModel& model, const RunComparison& runs, const Analysis& analysis) {
  Json out = Json::array();
  for (QuantId id = 0; id < model.graph.values.size(); ++id) {
    const QuantisedValue& value = model.graph.values[id];
    const bool compared = model.sources[id].has_value();
    out.push_back(Json{{"name", value.name},
                       {"elements", value.size},
                       {"scale_log2", value.scale_log2},
                       {"integer_range", {analysis.ranges[id].low, analysis.ranges[id].high}},
                       {"calibrated_range", {model.calibrated[id].low, model.calibrated[id].high}},
                       {"max_abs_error", compared ? Json(runs.values[id].largest) : Json(nullptr)},
                       {"mean_abs_error", compared ? Json(runs.values[id].mean) : Json(nullptr)},
                       {"saturated", compared ? Json(runs.values[id].saturated) : Json(nullptr)}});
  }
  return out;
}

Json weights_json(const QuantisedGraph& graph) {
  Json out = Json::array();
  for (const ModelTensor& tensor : graph.model) {
    out.push_back(Json{
        {"name", tensor.name}, {"elements", tensor.size}, {"bits", tensor.bits}, {"scale_log2", tensor.scale_log2}});
  }
  return out;
}

// Of trees: thresholds that the grid of their feature does not tell apart, and a grid that would.
Json merged_json(const QuantisedModel& model) {
  Json out = Json::array();
  for (const MergedThresholds& each : model.merged_thresholds) {
    out.push_back(Json{{"node", each.source},
                       {"feature", each.feature},
                       {"thresholds", {each.low, each.high}},
                       {"scale_log2", each.scale_log2},
                       {"finer_scale_log2", each.finer_scale_log2}});
  }
  return out;
}

Json cost_json(const Circuit& circuit, const ReportFacts& facts) {
  const RowLayout& layout = facts.circuit.layout();
  return Json{{"rows", layout.total_rows()},
              {"columns", layout.columns()},
              {"slots", facts.circuit.num_slots()},
              {"tensors", circuit.tensors.size()},
              {"identities", circuit.identities.size()},
              {"lookups", circuit.lookups.size()},
              {"tables", circuit.tables.size()},
              {"proof_bytes", facts.proof_bytes},
              {"prover_bytes", facts.prover_bytes},
              {"verifier_bytes", facts.verifier_bytes}};
}

}  // namespace

std::size_t proof_file_bytes(const PreparedCircuit& circuit) {
  constexpr std::size_t kHeaderBytes = 12 + 32 + 32;  // magic, model id, context
  constexpr std::size_t kValueBytes = 8;
  constexpr std::size_t kPointBytes = 32;
  std::size_t values = 0;
  for (const Tensor& tensor : circuit.circuit().tensors) {
    if (tensor.owner == Owner::kPublic) values += static_cast<std::size_t>(shape_size(tensor.shape));
  }
  return kHeaderBytes + kValueBytes * values + kPointBytes * circuit.layout().rows(Owner::kInput).count +
         circuit.proof_size_bytes();
}

Json report_json(const QuantisedModel& model, const RunComparison& runs, const Lowering& lowering,
                 const ReportFacts& facts) {
  const Visibility visibility = model.graph.hidden ? Visibility::kHidden : Visibility::kPublic;
  Json error{{"rows", runs.rows},
             {"max_abs_error", runs.output.largest},
             {"mean_abs_error", runs.output.mean},
             {"agreement", runs.agreement()},
             {"saturated_values", runs.saturated()}};
  return Json{{"format", "veil/report/1"},
              {"model_id", facts.model_id},
              {"circuit_digest", to_hex(facts.circuit.digest())},
              {"bits", model.graph.bits},
              {"batch", model.graph.batch},
              {"a_proof_makes_public", circuit_facts_json(lowering.circuit, visibility)},
              {"softmax_left_out", model.softmax_left_out},
              {"thresholds_not_told_apart", merged_json(model)},
              {"float_against_integer", error},
              {"operators", operators_json(model.graph, lowering.analysis)},
              {"tensors", tensors_json(model, runs, lowering.analysis)},
              {"weights", weights_json(model.graph)},
              {"predicted_cost", cost_json(lowering.circuit, facts)},
              {"cost_by_step", cost_by_step(model.graph, lowering.circuit)}};
}

}  // namespace veil
