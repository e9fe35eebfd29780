// A model as the owner has it: the prover's file, opened and checked; and rows of data on their way into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/data.h"
#include "graph/graph.h"
#include "key/veil_file.h"
#include "ops/lowering.h"
#include "prove/prover.h"
#include "quant/calibrate.h"
#include "quant/quantised_graph.h"

namespace veil {

struct OwnedModel {
  Prover prover;
  QuantisedGraph graph;
  Lowering lowering;
  Weights weights;
  ImportChoices import;
  SecretVector<std::uint8_t> onnx;           // empty where it was not asked for
  std::vector<std::vector<double>> imputed;  // by input: Graph::imputed of one row
};

// prover.veil, with the graph lowered again: it must give the circuit of the key. `path` is for sentences only.
// `with_onnx`: is the model file's copy in it needed?
Result<OwnedModel> open_owned_model(ByteView bytes, const std::string& path, bool with_onnx);

// graph.json, as setup writes it (a line end at its end is fine).
Result<QuantisedGraph> parse_graph(std::string_view json, const std::string& path);

// What the rows of a data file must look like (of a batch: each of them).
std::vector<InputSpec> input_specs(const OwnedModel& model);
std::vector<InputSpec> input_specs(const Graph& graph);  // columns of a CSV file in the order of the file

// Graph::imputed; of a batch, of its first row.
std::vector<std::vector<double>> imputed_of_row(const Graph& graph);

// Weights by TensorId, as keys and commitments have them; and back.
std::vector<IntegerArray> weights_by_tensor(const Lowering& lowering, const Weights& weights);
Weights weights_by_model_id(const Lowering& lowering, const std::vector<IntegerArray>& by_tensor);

}  // namespace veil
