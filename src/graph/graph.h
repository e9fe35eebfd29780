// A typed float graph: what a model file says, before any quantisation. One row (batch of 1) at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace veil {

using ValueId = std::uint32_t;
using GraphShape = std::vector<std::int64_t>;  // every length >= 1 known

// kFloat also stands for float16 and bfloat16, whose numbers are floats. kOther: not supported (strings, maps, ...).
enum class ElementType : std::uint8_t { kFloat, kDouble, kInt64, kInt32, kInt8, kUint8, kBool, kOther };

// Row-major constants and activations. Integers are exact below 2^53, which shape arithmetic never exceeds (the ends of
// slices do, and are cut to the axis).
struct Array {
  GraphShape shape;
  std::vector<double> data;
};

struct GraphValue {
  std::string name;
  ElementType type = ElementType::kFloat;
  GraphShape shape;
  std::optional<Array> constant;  // an initialiser, a Constant node, or folded
  std::string defect = {};        // a sentence: why this value cannot be used; an error once it is needed. Mostly empty
  bool imputed_in_part = false;   // an input that is read both with missing values replaced and without (imputed.h)
};

// A list of strings is one string, an entry a line. A tensor NAME is followed by an integer NAME_type, its ElementType.
// Kinds that no operator here reads are left out.
struct BodyGraph;
using Body = std::shared_ptr<const BodyGraph>;
using Attribute =
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>, Array, Body>;

struct Node {
  std::string op;    // the ONNX operator's name, "Gemm"; a domain other than ai.onnx as "ai.onnx.ml:Scaler"
  std::string name;  // for messages: the node's name, or "Gemm #3" where it has none
  std::vector<std::optional<ValueId>> inputs;  // nothing: an optional input left out
  std::vector<ValueId> outputs;
  std::map<std::string, Attribute> attributes;
  std::int64_t opset = 0;  // whose form of the operator it has; 0: the graph's. Nodes of expansions have their own
  bool tentative = false;  // in the branch of an If: what it cannot do is an error only once it is needed
};

struct Graph {
  std::vector<GraphValue> values;
  std::vector<Node> nodes;  // in topological order
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::int64_t opset = 0;
  std::vector<std::string> input_names = {};  // of the file, in its order, those included that no output needs
  // By input, or none at all: what the model puts in place of each element where it is missing, NaN: nothing. A list
  // may be empty.
  std::vector<std::vector<double>> imputed = {};
  std::int64_t batch = 1;  // rows that one proof is about; the first axis of every input and of the output, if above 1
  std::vector<std::string> class_names = {};  // of the output's scores, as the file says (class_names.h)
};

// What a Loop or Scan repeats. Its inputs are those that the operator gives, then those that it reads from around it,
// which are the node's last inputs. Types and shapes are known in a round.
struct BodyGraph {
  Graph graph;
  std::size_t outside = 0;  // how many inputs come from around it
};

}  // namespace veil
