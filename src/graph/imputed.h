// Models that replace missing values before they calculate (ai.onnx.ml Imputer, Where(IsNaN(x), c, x)). A row without a
// value is to them the row with the model's own value in its place. So the reader of rows puts it there: a proof is
// about the row as the model calculates with it, and nothing shows where values were missing.
#pragma once

#include "graph/graph.h"

namespace veil {

// Fills Graph::imputed for elements of inputs that, through moves, nothing reads but one such replacement, and removes
// the replacements. An input of which an element is read in other ways, too, may not be missing
// (GraphValue::imputed_in_part). Afterwards a value that is no number is an error, as everywhere. Called when all is
// inferred and folded.
void take_imputed(Graph& graph);

}  // namespace veil
