#include "service/explain_facts.h"

#include <cmath>
#include <map>
#include <type_traits>

#include "service/report.h"
#include "service/statement_text.h"
#include "tensor/fixed_point.h"

namespace veil {

namespace {

// The real numbers between which the elements lie; one pair for all, or one for each. None where the integers have a
// unit of their own (floats in order): all numbers.
Json ranges_json(const Tensor& tensor) {
  Json out = Json::array();
  if (!tensor.meaning->unit.empty()) return out;
  for (const std::int32_t scale : tensor.meaning->scale_log2) {
    out.push_back({real_value(tensor.low, scale), real_value(tensor.high, scale)});
  }
  return out;
}

// Tensors with a meaning: inputs and public tensors.
Json named_tensors(const Circuit& circuit, Owner owner) {
  Json out = Json::array();
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.owner != owner || !tensor.meaning) continue;
    out.push_back(Json{{"name", tensor.meaning->text},
                       {"elements", shape_size(tensor.shape)},
                       {"labels", tensor.meaning->labels},
                       {"ranges", ranges_json(tensor)}});
  }
  return out;
}

std::int64_t elements_of(const Circuit& circuit, Owner owner) {
  std::int64_t out = 0;
  for (const Tensor& tensor : circuit.tensors) out += tensor.owner == owner ? shape_size(tensor.shape) : 0;
  return out;
}

// Numbers that stand in the public graph, from the model file or from how an operator is written. Not all operators
// have some.
template <class Op>
Json numbers_of(const Op& op) {
  if constexpr (std::is_same_v<Op, SumOp> || std::is_same_v<Op, StepOp>) {
    if (op.constant != 0) return Json{{"constant", op.constant}};
  } else if constexpr (std::is_same_v<Op, LeakyReluOp>) {
    return Json{{"slope", std::ldexp(static_cast<double>(op.slope), -static_cast<int>(op.fraction_bits))}};
  } else if constexpr (std::is_same_v<Op, ClipOp>) {
    return Json{{"low", op.low}, {"high", op.high}};
  } else if constexpr (std::is_same_v<Op, FunctionOp>) {
    if (op.alpha != 0 || op.gamma != 0) return Json{{"alpha", op.alpha}, {"gamma", op.gamma}};
  } else if constexpr (std::is_same_v<Op, ViewOp>) {
    if (op.fill != 0) return Json{{"fill", op.fill}};
  }
  return nullptr;
}

Json graph_json(const QuantisedGraph& graph) {
  Json operators = Json::array(), weights = Json::array();
  std::map<std::string, std::int64_t> counts;
  std::int64_t trees = 0;
  for (const QuantisedNode& node : graph.nodes) {
    Json numbers = std::visit([](const auto& op) { return numbers_of(op); }, node.op);
    operators.push_back(Json{{"name", node.name},
                             {"op", op_name(node.op)},
                             {"source", node.source},
                             {"values", graph.values[node.output].size},
                             {"public_numbers", std::move(numbers)}});
    ++counts[std::string(op_name(node.op))];
    if (const auto* paths = std::get_if<PathThresholdOp>(&node.op)) trees = std::max(trees, paths->trees);
  }
  for (const ModelTensor& tensor : graph.model) {
    weights.push_back(Json{
        {"name", tensor.name}, {"elements", tensor.size}, {"bits", tensor.bits}, {"scale_log2", tensor.scale_log2}});
  }
  return Json{{"bits", graph.bits},
              {"batch", graph.batch},
              {"operators", operators},
              {"counts", counts},
              {"trees", trees == 0 ? Json(nullptr) : Json(trees)},
              {"weight_tensors", weights}};
}

}  // namespace

Json explanation_facts(const Explained& explained) {
  const Circuit& circuit = explained.circuit.circuit();
  return Json{{"model", visibility_name(explained.visibility)},
              {"claim", circuit.claim.empty() ? Json(nullptr) : Json(circuit.claim)},
              {"inputs", named_tensors(circuit, Owner::kInput)},
              {"revealed_outputs", named_tensors(circuit, Owner::kPublic)},
              {"weights", elements_of(circuit, Owner::kModel)},
              {"values_in_between", elements_of(circuit, Owner::kWitness)},
              {"revealed_values", elements_of(circuit, Owner::kPublic)},
              {"input_values", elements_of(circuit, Owner::kInput)},
              {"proof_bytes", proof_file_bytes(explained.circuit)},
              {"graph", explained.graph == nullptr ? Json(nullptr) : graph_json(*explained.graph)}};
}

}  // namespace veil
