// What the classical models of ai.onnx.ml do with their scores at last.
#pragma once

#include <string>

#include "graph/expansion.h"

namespace veil {

// Scores are [rows, classes]. Transforms: NONE, LOGISTIC, SOFTMAX; SOFTMAX_ZERO, the softmax of those scores that are
// not zero, which stay zero; PROBIT, the inverse of the normal distribution function by Winitzki's formula, as
// onnxruntime has it. Errors: another transform; one that runtimes leave out where there is a single score.
Result<ValueId> post_transformed(Expansion& expansion, const std::string& transform, ValueId scores);

}  // namespace veil
