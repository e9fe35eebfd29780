// Passes over a graph as the model file gives it: choose the output to prove, then learn every shape and fold
// everything that does not depend on the inputs. Order of calls: select_output, infer_and_fold. (import_onnx does
// both.)
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

// Keeps one output and what it needs; everything else (nodes, inputs, defects of either) is dropped without an error.
// The output is the one called `name`; without a name the only one, else the first output of floats that is computed by
// supported operators alone. A ZipMap in front of it is looked through: for the classifiers of scikit-learn this
// chooses the probabilities, not the label. Names of classes (class_names.h) are kept in graph.class_names.
Status select_output(Graph& graph, const std::optional<std::string>& name);

// Afterwards every value has a known type and shape with lengths >= 1, no node has constants for all its inputs, no
// Identity, Dropout or Constant node is left, nodes are in topological order, and every value, node and input is needed
// for an output (a graph input that nothing needs is removed from graph.inputs). Value ids change.
// An output that does not depend on any input becomes a value with a constant and no node.
// Errors: an unsupported operator, named with its node; shapes that do not fit; a shape known only at run time.
Status infer_and_fold(Graph& graph);

}  // namespace veil
