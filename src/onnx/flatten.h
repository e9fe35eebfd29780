// The nodes of a model as one list: calls of the file's own functions are replaced by their bodies, and both branches
// of an If stand in front of it, with its outputs chosen by the operator If (see graph/expand_choice.cc). The bodies of
// Loop and Scan are lists of their own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace onnx {
class AttributeProto;
class ModelProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace veil {

struct FlatBody;

struct FlatNode {
  std::string op, name;                      // as Node has them
  std::vector<std::string> inputs, outputs;  // empty: left out
  std::map<std::string, const onnx::AttributeProto*> attributes;
  std::int64_t opset = 0;                     // 0: the model's
  bool tentative = false;                     // in a branch that may not be taken
  std::shared_ptr<const FlatBody> body = {};  // what it reads from around it stands behind the node's own inputs
};

// Points into the model.
struct FlatGraph {
  std::vector<FlatNode> nodes;
  std::vector<std::pair<std::string, const onnx::TensorProto*>> initialisers;  // those of branches; name first
};

struct FlatBody {
  FlatGraph graph;
  std::vector<std::string> inputs, outputs;  // first the body's own inputs, then what it reads from around it
  std::size_t outside = 0;                   // how many of the inputs come from around it
};

// Bounded by the size of the model. Errors: functions that call each other in a circle or too often.
Result<FlatGraph> flatten(const onnx::ModelProto& model, std::int64_t opset);

}  // namespace veil
