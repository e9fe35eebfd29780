#include "onnx/flatten.h"

#include <algorithm>
#include <set>
#include <utility>

#include "graph/text.h"
#include "onnx.pb.h"

namespace veil {
namespace {

constexpr std::size_t kMaxDepth = 16;
// What inlining may add: names and the bytes of the nodes. A few times the file, and some for small files.
constexpr std::size_t kFreeBytes = std::size_t{1} << 24;
constexpr std::size_t kTimesFile = 4;

std::string full_operator(const std::string& domain, const std::string& op) {
  if (domain == "veil") return "veil (a file's):" + op;  // Veil's own operators come from expansions alone
  return (domain.empty() || domain == "ai.onnx" ? "" : domain + ":") + op;
}

// Names inside a body, and what the caller gave.
struct Scope {
  const Scope* outer = nullptr;              // whose values are seen too; none for a function and the model
  std::string prefix;                        // of names that belong here; empty for the model
  std::map<std::string, std::string> names;  // own names that are not simply the prefix and the name
  std::map<std::string, const onnx::AttributeProto*> attributes;  // of the call
  std::map<std::string, bool> own = {};                           // values that this body gives
  std::int64_t opset = 0;
  bool tentative = false;
  std::size_t depth = 0;

  std::string resolve(const std::string& name) const {
    if (name.empty() || (outer == nullptr && prefix.empty())) return name;
    if (const auto found = names.find(name); found != names.end()) return found->second;
    if (outer != nullptr && !own.contains(name)) return outer->resolve(name);
    return prefix + name;
  }
};

class Flattener {
 public:
  Flattener(const onnx::ModelProto& model, std::int64_t opset)
      : model_(model), opset_(opset), bytes_left_(kFreeBytes + kTimesFile * model.ByteSizeLong()) {
    for (const auto& function : model.functions()) {
      functions_[full_operator(function.domain(), function.name()) + "\n" + function.overload()] = &function;
    }
  }

  Result<FlatGraph> run() {
    VEIL_TRY_STATUS(add_nodes(model_.graph().node(), Scope{}, ""));
    return std::move(flat_);
  }

 private:
  template <class Nodes>
  Status add_nodes(const Nodes& nodes, const Scope& scope, const std::string& owner);
  Status add_node(const onnx::NodeProto& proto, const std::string& name, const Scope& scope);
  FlatNode header(const onnx::NodeProto& proto, const std::string& name, const Scope& scope) const;
  Status add_call(const onnx::FunctionProto& function, const FlatNode& call, const Scope& scope);
  Status add_choice(FlatNode node, const Scope& scope);
  Status add_branch(const FlatNode& node, const char* which, const Scope& scope, std::vector<std::string>& outputs);
  Status add_repeated(FlatNode node, const Scope& scope);
  Result<const onnx::GraphProto*> graph_of(const FlatNode& node, const char* which, const Scope& scope) const;
  Scope scope_inside(const FlatNode& node, const Scope& scope);
  Status add_graph(const onnx::GraphProto& graph, const FlatNode& node, Scope& body);
  Status spend(std::size_t bytes, const Scope& scope, const std::string& name);

  const onnx::ModelProto& model_;
  std::int64_t opset_;
  std::size_t bytes_left_;
  std::size_t bodies_ = 0;  // makes prefixes unique
  std::map<std::string, const onnx::FunctionProto*> functions_;
  FlatGraph flat_;
};

Status Flattener::spend(std::size_t bytes, const Scope& scope, const std::string& name) {
  if (scope.depth == 0) return Done{};
  if (bytes > bytes_left_) return Error{"The functions of the model become too large at node " + quote(name) + "."};
  bytes_left_ -= bytes;
  return Done{};
}

template <class Nodes>
Status Flattener::add_nodes(const Nodes& nodes, const Scope& scope, const std::string& owner) {
  int index = 0;
  for (const onnx::NodeProto& proto : nodes) {
    std::string name = proto.name().empty() ? proto.op_type() + " #" + std::to_string(index) : proto.name();
    if (!owner.empty()) name = owner + "/" + name;
    const std::size_t links = static_cast<std::size_t>(proto.input_size() + proto.output_size()) + 1;
    VEIL_TRY_STATUS(spend(proto.ByteSizeLong() + name.size() + links * (scope.prefix.size() + 64), scope, name));
    VEIL_TRY_STATUS(add_node(proto, name, scope));
    ++index;
  }
  return Done{};
}

FlatNode Flattener::header(const onnx::NodeProto& proto, const std::string& name, const Scope& scope) const {
  FlatNode node{full_operator(proto.domain(), proto.op_type()), name, {}, {}, {}, scope.opset, scope.tentative};
  for (const std::string& input : proto.input()) node.inputs.push_back(scope.resolve(input));
  for (const std::string& output : proto.output()) node.outputs.push_back(scope.resolve(output));
  for (const auto& attribute : proto.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      node.attributes[attribute.name()] = &attribute;
    } else if (const auto given = scope.attributes.find(attribute.ref_attr_name()); given != scope.attributes.end()) {
      node.attributes[attribute.name()] = given->second;
    }
  }
  return node;
}

Status Flattener::add_node(const onnx::NodeProto& proto, const std::string& name, const Scope& scope) {
  FlatNode node = header(proto, name, scope);
  const auto function = functions_.find(node.op + "\n" + proto.overload());
  if (function != functions_.end()) return add_call(*function->second, node, scope);
  if (node.op == "If") return add_choice(std::move(node), scope);
  if (node.op == "Loop" || node.op == "Scan") return add_repeated(std::move(node), scope);
  flat_.nodes.push_back(std::move(node));
  return Done{};
}

Status Flattener::add_call(const onnx::FunctionProto& function, const FlatNode& call, const Scope& scope) {
  if (scope.depth >= kMaxDepth)
    return Error{"The functions of the model are nested too deep at " + quote(call.name) + "."};
  Scope body;
  body.prefix = call.name + "#" + std::to_string(++bodies_) + "/";
  body.depth = scope.depth + 1;
  body.tentative = scope.tentative;
  body.opset = scope.opset;
  for (const auto& import : function.opset_import()) {
    const bool is_main = import.domain().empty() || import.domain() == "ai.onnx";
    if (is_main) body.opset = import.version() == opset_ ? 0 : import.version();
  }
  for (int i = 0; i < function.output_size(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const bool wanted = place < call.outputs.size() && !call.outputs[place].empty();
    if (wanted) body.names[function.output(i)] = call.outputs[place];
  }
  for (int i = 0; i < function.input_size(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    body.names[function.input(i)] = place < call.inputs.size() ? call.inputs[place] : "";
  }
  for (const auto& attribute : function.attribute_proto()) body.attributes[attribute.name()] = &attribute;
  for (const auto& [name, attribute] : call.attributes) body.attributes[name] = attribute;
  return add_nodes(function.node(), body, call.name);
}

Result<const onnx::GraphProto*> Flattener::graph_of(const FlatNode& node, const char* which, const Scope& scope) const {
  const auto found = node.attributes.find(which);
  if (found == node.attributes.end() || !found->second->has_g()) {
    return Error{"Operator " + quote(node.op) + " (node " + quote(node.name) + ") has no " + quote(which) + "."};
  }
  if (scope.depth >= kMaxDepth) {
    return Error{"The branches and bodies of the model are nested too deep at " + quote(node.name) + "."};
  }
  return &found->second->g();
}

Scope Flattener::scope_inside(const FlatNode& node, const Scope& scope) {
  Scope body;
  body.outer = &scope;
  body.prefix = node.name + "#" + std::to_string(++bodies_) + "/";
  body.attributes = scope.attributes;
  body.opset = scope.opset;
  body.tentative = scope.tentative;
  body.depth = scope.depth + 1;
  return body;
}

Status Flattener::add_graph(const onnx::GraphProto& graph, const FlatNode& node, Scope& body) {
  for (const auto& tensor : graph.initializer()) {
    VEIL_TRY_STATUS(spend(tensor.ByteSizeLong() + body.prefix.size(), body, node.name));
    body.own[tensor.name()] = true;
    flat_.initialisers.emplace_back(body.prefix + tensor.name(), &tensor);
  }
  for (const auto& inner : graph.node()) {
    for (const std::string& output : inner.output()) body.own[output] = true;
  }
  return add_nodes(graph.node(), body, node.name);
}

Status Flattener::add_branch(const FlatNode& node, const char* which, const Scope& scope,
                             std::vector<std::string>& outputs) {
  VEIL_TRY(graph, graph_of(node, which, scope));
  Scope body = scope_inside(node, scope);
  body.tentative = true;
  VEIL_TRY_STATUS(add_graph(*graph, node, body));
  for (const auto& output : graph->output()) outputs.push_back(body.resolve(output.name()));
  return Done{};
}

// The names that are read and not given, each once.
std::vector<std::string> read_from_outside(const FlatBody& body) {
  std::set<std::string> seen(body.inputs.begin(), body.inputs.end());
  for (const auto& [name, tensor] : body.graph.initialisers) seen.insert(name);
  for (const FlatNode& node : body.graph.nodes) seen.insert(node.outputs.begin(), node.outputs.end());
  std::vector<std::string> out;
  const auto read = [&](const std::string& name) {
    if (!name.empty() && seen.insert(name).second) out.push_back(name);
  };
  for (const FlatNode& node : body.graph.nodes) std::ranges::for_each(node.inputs, read);
  std::ranges::for_each(body.outputs, read);
  return out;
}

Status Flattener::add_repeated(FlatNode node, const Scope& scope) {
  VEIL_TRY(graph, graph_of(node, "body", scope));
  Scope inside = scope_inside(node, scope);
  auto body = std::make_shared<FlatBody>();
  for (const auto& input : graph->input()) {
    inside.own[input.name()] = true;
    body->inputs.push_back(inside.resolve(input.name()));
  }
  FlatGraph around = std::exchange(flat_, FlatGraph{});
  const Status added = add_graph(*graph, node, inside);
  body->graph = std::exchange(flat_, std::move(around));
  VEIL_TRY_STATUS(added);
  for (const auto& output : graph->output()) body->outputs.push_back(inside.resolve(output.name()));
  // Inputs that are left out keep their places.
  while (node.inputs.size() < body->inputs.size()) node.inputs.emplace_back();
  std::vector<std::string> outside = read_from_outside(*body);
  body->outside = outside.size();
  for (std::string& name : outside) {
    node.inputs.push_back(name);
    body->inputs.push_back(std::move(name));
  }
  node.attributes.erase("body");
  node.body = std::move(body);
  flat_.nodes.push_back(std::move(node));
  return Done{};
}

Status Flattener::add_choice(FlatNode node, const Scope& scope) {
  std::vector<std::string> outputs;
  VEIL_TRY_STATUS(add_branch(node, "then_branch", scope, outputs));
  const std::size_t count = outputs.size();
  VEIL_TRY_STATUS(add_branch(node, "else_branch", scope, outputs));
  if (node.inputs.size() != 1 || count != node.outputs.size() || outputs.size() != 2 * count) {
    return Error{"The branches of operator 'If' (node " + quote(node.name) + ") do not fit its outputs."};
  }
  node.inputs.insert(node.inputs.end(), outputs.begin(), outputs.end());
  node.attributes.clear();
  flat_.nodes.push_back(std::move(node));
  return Done{};
}

}  // namespace

Result<FlatGraph> flatten(const onnx::ModelProto& model, std::int64_t opset) { return Flattener(model, opset).run(); }

}  // namespace veil
