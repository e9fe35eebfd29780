// ONNX bytes -> graph. Any bytes give a graph or a sentence: never a crash, a hang, or memory out of proportion to
// their size. Opsets 1 to 27; float16 and bfloat16 are computed as float.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "graph/graph.h"

namespace veil {

struct ImportOptions {
  // Lengths of symbolic axes: by the axis' name ("tokens"), or as "INPUT:AXIS" ("X:1") where it has none.
  // An unknown first axis that is not listed is the batch.
  std::map<std::string, std::int64_t> dims;
  std::optional<std::string> output;  // the output to prove; see select_output
  std::int64_t batch = 1;             // rows that one proof is about: the length of every input's first axis
};

// The whole way: read_onnx, select_output, infer_and_fold.
Result<Graph> import_onnx(ByteView bytes, const ImportOptions& options = {});

// Only what the file says, nodes sorted: shapes of values in between are not known, and what cannot be used (an
// unsupported constant, an axis of unknown length) is a `defect` of its value, an error once it is needed.
// `batch`: the length of first axes that are open.
Result<Graph> read_onnx(ByteView bytes, const std::map<std::string, std::int64_t>& dims = {}, std::int64_t batch = 1);

}  // namespace veil
