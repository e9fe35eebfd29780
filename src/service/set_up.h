// A model file and rows of data become the two keys, a report and the public description: bytes in, bytes out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/data.h"
#include "graph/graph.h"
#include "key/veil_file.h"
#include "onnx/pad_trees.h"
#include "ops/choose_bits.h"
#include "ops/lowering.h"
#include "prove/prover.h"
#include "service/json.h"
#include "service/report.h"

namespace veil {

struct SetupChoices {
  ImportChoices import;
  std::int64_t batch = 1;  // rows that one proof is about
  std::string claim;       // empty: a proof reveals the output
  bool hidden = true;
  unsigned bits = kAutoBits;
  double tolerance = kDefaultTolerance;  // of a revealed output
  std::vector<std::string> classes;      // names of the output's elements; none: the model file's
  std::vector<std::string> columns;      // names of the inputs' elements one after the other, or none
  bool without_model = false;            // the model file is no part of the prover's key
  TreePadding padding = {};              // trees that change nothing, so that less of the ensemble's size shows
};

// Told where the work is, of the stages and again and again within the longest. What it throws (Stopped) ends the work.
using StageCallback = std::function<void(std::string_view stage, double done)>;

// "tokens=16" into the lengths of open axes.
Status add_dimension(const std::string& text, ImportChoices& choices);

// A choice by the name it has on the command line, for callers in other languages: claim, model, bits, tolerance,
// output, batch, dim, class, column (the last three once for each), without-model, pad-trees, pad-leaves.
Status set_choice(SetupChoices& choices, std::string_view name, const std::string& value);

// The model file that is proven: the one given, or with its trees padded.
Result<Bytes> model_file(Bytes onnx, const SetupChoices& choices);
Result<Graph> read_model(ByteView onnx, const SetupChoices& choices);

struct PreparedModel {
  Graph graph;
  QuantisedModel model;
  RunComparison runs;
  Lowering lowering;
  ProverKey key;
};
Result<PreparedModel> set_up(Graph graph, const std::vector<RealRow>& rows, const SetupChoices& choices,
                             const StageCallback& stage);

// What setup hands out.
struct SetupFiles {
  PreparedCircuit circuit;
  Digest model_id{};
  std::size_t proof_bytes = 0;
  Bytes prover;  // secret where the model is hidden
  Bytes verifier;
  Json report;
  std::string graph_json;
};
// Takes the key out of `made`, and the model file where the key is to have it.
Result<SetupFiles> setup_files(PreparedModel& made, Bytes onnx, const SetupChoices& choices);

}  // namespace veil
