// scikit-learn's StandardScaler in a pipeline comes as the operator Scaler of the domain ai.onnx.ml.
#pragma once

#include "graph/graph.h"

namespace veil {

// Writes Scaler, (x - offset) * scale, as Sub and Mul. One that is not of this form stays, to be refused by its name.
void expand_scalers(Graph& graph);

}  // namespace veil
