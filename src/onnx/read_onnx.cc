#include <algorithm>
#include <limits>
#include <unordered_map>

#include "graph/file_type.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "onnx.pb.h"
#include "onnx/axes.h"
#include "onnx/flatten.h"
#include "onnx/import.h"
#include "onnx/scaler.h"
#include "onnx/tensor.h"
#include "onnx/topological.h"

namespace veil {
namespace {

constexpr std::int64_t kMinOpset = 1;
constexpr std::int64_t kMaxOpset = 27;

Error not_onnx(ByteView bytes, bool parsed) {
  const FileType type = file_type(bytes);
  if (!type.name.empty() && type.name != "an ONNX model") {
    return Error{"This is not an ONNX file: it is " + std::string(type.name) +
                 (type.to_onnx.empty() ? "." : "; " + std::string(type.to_onnx) + ".")};
  }
  // Every ONNX file begins with its version of the format, field 1.
  if (!parsed && bytes[0] == 0x08) return Error{"The ONNX file is damaged or cut short; export or copy it again."};
  return Error{"This is not an ONNX file" + std::string(parsed ? ": it holds no graph." : ".")};
}

Result<onnx::ModelProto> parse_model(ByteView bytes) {
  if (bytes.empty()) return Error{"This is not an ONNX file: it is empty."};
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return Error{"The model file is larger than 2 GiB, which the ONNX format does not allow."};
  }
  onnx::ModelProto model;
  const bool parsed = model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (parsed && model.has_graph()) return model;
  return not_onnx(bytes, parsed);
}

Result<std::int64_t> opset_of(const onnx::ModelProto& model) {
  std::optional<std::int64_t> opset;
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
  }
  // A model of classical operators alone may leave the main set out.
  if (!opset && model.opset_import_size() > 0) return kMaxOpset;
  if (!opset) return Error{"The model does not say which operator set (opset) it uses."};
  if (*opset >= kMinOpset && *opset <= kMaxOpset) return *opset;
  return Error{"The model uses operator set (opset) " + std::to_string(*opset) + "; supported are " +
               std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset) + ", so export it with another opset."};
}

// The oldest files leave the kind out.
onnx::AttributeProto::AttributeType kind_of(const onnx::AttributeProto& attribute) {
  using onnx::AttributeProto;
  if (attribute.has_type()) return attribute.type();
  if (attribute.has_i()) return AttributeProto::INT;
  if (attribute.has_f()) return AttributeProto::FLOAT;
  if (attribute.has_s()) return AttributeProto::STRING;
  if (attribute.has_t()) return AttributeProto::TENSOR;
  return attribute.floats_size() > 0 ? AttributeProto::FLOATS : AttributeProto::INTS;
}

class GraphReader {
 public:
  GraphReader(const FlatGraph& flat, std::int64_t opset, const std::map<std::string, std::int64_t>& dims,
              std::int64_t batch)
      : flat_(flat), lengths_(dims, batch) {
    graph_.opset = opset;
  }

  Result<Graph> read(const onnx::GraphProto& proto);
  Result<Graph> read(const FlatBody& body);

 private:
  Result<ValueId> add_value(const std::string& name);
  ValueId find_value(const std::string& name, const std::string& reader);
  Status read_initialisers(const onnx::GraphProto& proto);
  Status read_inputs(const onnx::GraphProto& proto);
  Status read_nodes();
  Status declare_node_outputs();
  Status read_node(const FlatNode& flat, Node& node);
  void read_attribute(const std::string& name, const onnx::AttributeProto& attribute, Node& node);
  Status read_initialiser(const std::string& name, const onnx::TensorProto& tensor);
  void read_outputs(const onnx::GraphProto& proto);
  Result<Graph> sorted();

  const FlatGraph& flat_;
  AxisLengths lengths_;
  Graph graph_;
  std::unordered_map<std::string, ValueId> ids_;
};

Result<ValueId> GraphReader::add_value(const std::string& name) {
  const auto id = static_cast<ValueId>(graph_.values.size());
  if (!is_utf8(name)) return Error{"The name " + quote(name) + " in the model is not text: the file is damaged."};
  if (!name.empty() && !ids_.emplace(name, id).second) {
    return Error{"Two values of the model are called " + quote(name) + "; names must be unique."};
  }
  graph_.values.push_back(GraphValue{name, ElementType::kOther, {}, {}, {}});
  return id;
}

// A name that nothing gives becomes a value with a defect, an error once it is needed.
ValueId GraphReader::find_value(const std::string& name, const std::string& reader) {
  const auto [found, added] = ids_.emplace(name, static_cast<ValueId>(graph_.values.size()));
  if (added) {
    const std::string defect = "The model lacks the value " + quote(name) + " that " + reader +
                               " needs: no input, initialiser or node gives it.";
    graph_.values.push_back(GraphValue{name, ElementType::kOther, {}, {}, defect});
  }
  return found->second;
}

Status GraphReader::read_initialiser(const std::string& name, const onnx::TensorProto& tensor) {
  VEIL_TRY(id, add_value(name));
  GraphValue& value = graph_.values[id];
  const std::string what = "Constant " + quote(name);
  auto read = read_tensor(tensor, what);
  const Status numbers = read.ok() ? check_no_nan(read->array, what) : Status(read.error());
  if (!numbers.ok()) {
    value.defect = numbers.error().message;
    return Done{};
  }
  value.type = read->type;
  value.shape = read->array.shape;
  value.constant = std::move(read->array);
  return Done{};
}

Status GraphReader::read_initialisers(const onnx::GraphProto& proto) {
  for (const auto& tensor : proto.initializer()) VEIL_TRY_STATUS(read_initialiser(tensor.name(), tensor));
  for (const auto& tensor : proto.sparse_initializer()) {
    VEIL_TRY(id, add_value(tensor.values().name()));
    graph_.values[id].defect = "Constant " + quote(tensor.values().name()) + " is sparse, which is not supported yet.";
  }
  return Done{};
}

Status GraphReader::read_inputs(const onnx::GraphProto& proto) {
  for (const auto& input : proto.input()) {
    // Older files list their initialisers among the inputs as well.
    const auto found = ids_.find(input.name());
    const bool is_initialiser = found != ids_.end() && std::find(graph_.inputs.begin(), graph_.inputs.end(),
                                                                 found->second) == graph_.inputs.end();
    if (is_initialiser) continue;
    VEIL_TRY(id, add_value(input.name()));
    lengths_.read(input, graph_.values[id]);
    graph_.inputs.push_back(id);
    graph_.input_names.push_back(input.name());
  }
  return lengths_.check_used();
}

// Before any input is looked up, so that the order of the nodes in the file does not matter.
Status GraphReader::declare_node_outputs() {
  for (const FlatNode& flat : flat_.nodes) {
    Node node{flat.op, flat.name, {}, {}, {}, flat.opset, flat.tentative};
    if (!is_utf8(node.op) || !is_utf8(node.name)) {
      return Error{"The name " + quote(node.name) + " in the model is not text: the file is damaged."};
    }
    for (const std::string& output : flat.outputs) {
      VEIL_TRY(id, add_value(output));
      node.outputs.push_back(id);
    }
    graph_.nodes.push_back(std::move(node));
  }
  return Done{};
}

Status GraphReader::read_node(const FlatNode& flat, Node& node) {
  const std::string reader = node_text(node);
  for (const std::string& input : flat.inputs) {
    node.inputs.push_back(input.empty() ? std::nullopt : std::optional(find_value(input, reader)));
  }
  // The places of an If's inputs tell its branches apart.
  while (node.op != "If" && !node.inputs.empty() && !node.inputs.back()) node.inputs.pop_back();
  for (const auto& [name, attribute] : flat.attributes) read_attribute(name, *attribute, node);
  // Outputs that nothing needs are dropped later, but the length of the others depends on their number.
  if (node.op == "Split") node.attributes.try_emplace("num_outputs", static_cast<std::int64_t>(node.outputs.size()));
  if (flat.body == nullptr) return Done{};
  VEIL_TRY(body, GraphReader(flat.body->graph, graph_.opset, {}, 1).read(*flat.body));
  node.attributes["body"] = std::make_shared<const BodyGraph>(BodyGraph{std::move(body), flat.body->outside});
  return Done{};
}

void GraphReader::read_attribute(const std::string& name, const onnx::AttributeProto& attribute, Node& node) {
  Attribute& value = node.attributes[name];
  switch (kind_of(attribute)) {
    case onnx::AttributeProto::INT:
      value = attribute.i();
      break;
    case onnx::AttributeProto::FLOAT:
      value = static_cast<double>(attribute.f());
      break;
    case onnx::AttributeProto::STRING:
      value = attribute.s();
      break;
    case onnx::AttributeProto::INTS:
      value = std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
      break;
    case onnx::AttributeProto::FLOATS:
      value = std::vector<double>(attribute.floats().begin(), attribute.floats().end());
      break;
    case onnx::AttributeProto::STRINGS:
      value = joined({attribute.strings().begin(), attribute.strings().end()}, "\n");
      break;
    case onnx::AttributeProto::TENSOR: {
      const std::string what = "Attribute " + quote(name) + " of " + node_text(node);
      auto tensor = read_tensor(attribute.t(), what);
      // A tree's lists of members end in NaN, and nodes that have such a list may have NaN for a threshold.
      const bool may_be_nan = node.op == "ai.onnx.ml:TreeEnsemble";
      const Status numbers = !tensor.ok()  ? Status(tensor.error())
                             : !may_be_nan ? check_no_nan(tensor->array, what)
                                           : Status(Done{});
      if (numbers.ok()) {
        value = std::move(tensor->array);
        node.attributes[name + "_type"] = static_cast<std::int64_t>(tensor->type);
      } else {
        for (const ValueId id : node.outputs) graph_.values[id].defect = numbers.error().message;
      }
      break;
    }
    default:
      value = std::string();
      break;  // of a kind that no supported operator has: the operator refuses it
  }
}

void GraphReader::read_outputs(const onnx::GraphProto& proto) {
  for (const auto& output : proto.output()) {
    const ValueId id = find_value(output.name(), "the model as its output");
    GraphValue& value = graph_.values[id];
    const bool is_result =
        !value.constant && std::find(graph_.inputs.begin(), graph_.inputs.end(), id) == graph_.inputs.end();
    if (is_result && output.has_type()) value.type = declared_type(output.type());
    graph_.outputs.push_back(id);
  }
}

Status GraphReader::read_nodes() {
  for (const auto& [name, tensor] : flat_.initialisers) VEIL_TRY_STATUS(read_initialiser(name, *tensor));
  VEIL_TRY_STATUS(declare_node_outputs());
  for (std::size_t i = 0; i < flat_.nodes.size(); ++i) {
    VEIL_TRY_STATUS(read_node(flat_.nodes[i], graph_.nodes[i]));
  }
  return Done{};
}

Result<Graph> GraphReader::sorted() {
  std::erase_if(graph_.nodes, [](const Node& node) { return node.outputs.empty(); });
  expand_scalers(graph_);
  VEIL_TRY_STATUS(sort_nodes(graph_));
  return std::move(graph_);
}

Result<Graph> GraphReader::read(const onnx::GraphProto& proto) {
  VEIL_TRY_STATUS(read_initialisers(proto));
  VEIL_TRY_STATUS(read_inputs(proto));
  VEIL_TRY_STATUS(read_nodes());
  read_outputs(proto);
  return sorted();
}

Result<Graph> GraphReader::read(const FlatBody& body) {
  for (const std::string& input : body.inputs) {
    VEIL_TRY(id, add_value(input));
    graph_.inputs.push_back(id);
  }
  VEIL_TRY_STATUS(read_nodes());
  for (const std::string& output : body.outputs) graph_.outputs.push_back(find_value(output, "a body as its output"));
  return sorted();
}

}  // namespace

Result<Graph> read_onnx(ByteView bytes, const std::map<std::string, std::int64_t>& dims, std::int64_t batch) {
  VEIL_TRY(model, parse_model(bytes));
  VEIL_TRY(opset, opset_of(model));
  VEIL_TRY(flat, flatten(model, opset));
  return GraphReader(flat, opset, dims, batch).read(model.graph());
}

}  // namespace veil
