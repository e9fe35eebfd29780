// Models made in code, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "graph/float_run.h"
#include "onnx.pb.h"
#include "onnx/import.h"

namespace veil::testing {

template <class Owner>
onnx::NodeProto* add_node(Owner* owner, const std::string& op, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, const std::string& domain = "") {
  onnx::NodeProto* node = owner->add_node();
  node->set_op_type(op);
  node->set_domain(domain);
  for (const std::string& input : inputs) node->add_input(input);
  for (const std::string& output : outputs) node->add_output(output);
  return node;
}

inline void add_value(onnx::ValueInfoProto* value, const std::string& name, std::vector<std::int64_t> shape, int type) {
  value->set_name(name);
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (const std::int64_t length : shape) tensor->mutable_shape()->add_dim()->set_dim_value(length);
}

// Input x of shape (2), output y.
inline onnx::ModelProto empty_model() {
  onnx::ModelProto model;
  model.set_ir_version(9);
  model.add_opset_import()->set_version(17);
  add_value(model.mutable_graph()->add_input(), "x", {2}, onnx::TensorProto::FLOAT);
  model.mutable_graph()->add_output()->set_name("y");
  return model;
}

inline Result<std::vector<double>> run(const onnx::ModelProto& model, const std::vector<Array>& inputs) {
  VEIL_TRY(graph, import_onnx(as_bytes(model.SerializeAsString())));
  VEIL_TRY(values, run_float(graph, inputs));
  return values[graph.outputs[0]].data;
}

}  // namespace veil::testing
