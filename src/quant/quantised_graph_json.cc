// The quantised graph as canonical JSON: nlohmann::json sorts keys, and only integers, booleans and strings occur.
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/limits.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/quantised_graph.h"

namespace veil {

namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "veil/quantised-graph/3";

// ---- the fields of each operator, named once for both directions
template <class F>
void visit_fields(EinsumOp& op, F&& field) {
  field("lengths", op.lengths);
  field("box_rank", op.box_rank);
  field("x_axes", op.x_axes);
  field("y_axes", op.y_axes);
  field("bias_axes", op.bias_axes);
  field("has_weight", op.has_weight);
  field("has_bias", op.has_bias);
  field("up_shift", op.up_shift);
  field("bias_shift", op.bias_shift);
  field("shift", op.shift);
  field("relu", op.relu);
}
template <class F>
void visit_fields(SumOp& op, F&& field) {
  field("coefficients", op.coefficients);
  field("constant", op.constant);
  field("shift", op.shift);
  field("relu", op.relu);
}
template <class F>
void visit_fields(MaximumOp& op, F&& field) {
  field("minimum", op.minimum);
}
template <class F>
void visit_fields(StepOp& op, F&& field) {
  field("coefficients", op.coefficients);
  field("constant", op.constant);
}
template <class F>
void visit_fields(DivideOp& op, F&& field) {
  field("floor", op.floor);
  field("up_shift", op.up_shift);
}
template <class F>
void visit_fields(ThresholdOp& op, F&& field) {
  field("rows", op.rows);
  field("features", op.features);
}
template <class F>
void visit_fields(PathThresholdOp& op, F&& field) {
  field("rows", op.rows);
  field("places", op.places);
  field("comparisons", op.comparisons);
  field("trees", op.trees);
  field("features", op.features);
}
template <class F>
void visit_fields(ConstantOp&, F&&) {}
template <class F>
void visit_fields(ViewOp& op, F&& field) {
  field("in_lengths", op.in_lengths);
  field("out_lengths", op.out_lengths);
  field("offsets", op.offsets);
  field("terms", op.terms);
  field("fill", op.fill);
}
template <class F>
void visit_fields(ReluOp&, F&&) {}
template <class F>
void visit_fields(LeakyReluOp& op, F&& field) {
  field("slope", op.slope);
  field("fraction_bits", op.fraction_bits);
  field("shift", op.shift);
}
template <class F>
void visit_fields(ClipOp& op, F&& field) {
  field("low", op.low);
  field("high", op.high);
}
template <class F>
void visit_fields(FunctionOp& op, F&& field) {
  field("function", op.function);
  field("key_bits", op.key_bits);
  field("low_bits", op.low_bits);
  field("input_scale_log2", op.input_scale_log2);
  field("output_scale_log2", op.output_scale_log2);
  field("slope_shift", op.slope_shift);
  field("output_bits", op.output_bits);
  field("alpha", op.alpha);
  field("gamma", op.gamma);
}
template <class F>
void visit_fields(ConcatOp& op, F&& field) {
  field("outer", op.outer);
  field("inner", op.inner);
}
template <class F>
void visit_fields(ScaleOp&, F&&) {}
template <class F>
void visit_fields(PairOp& op, F&& field) {
  field("one", op.one);
}
template <class F>
void visit_fields(SoftmaxOp& op, F&& field) {
  field("key_bits", op.key_bits);
  field("low_bits", op.low_bits);
  field("input_scale_log2", op.input_scale_log2);
  field("slope_shift", op.slope_shift);
  field("exp_bits", op.exp_bits);
  field("probability_bits", op.probability_bits);
}

struct FieldWriter {
  Json& json;
  template <class T>
  void operator()(const char* name, const T& value) const {
    json[name] = value;
  }
};

// ---- reading: the first thing that is wrong is remembered, and reading goes on with zeros
class Source {
 public:
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

  const Json& at(const Json& json, const char* name) {
    static const Json nothing;
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (!json.is_object() || found == json.end()) {
      fail();
      return nothing;
    }
    return *found;
  }
  void read(const Json& json, std::int64_t& value) {
    if (!json.is_number_integer() || (json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest)) return fail();
    value = json.get<std::int64_t>();
    if (value < -kLargestSigned || value > kLargestSigned) fail();
  }
  template <class Small>
  void read_small(const Json& json, Small& value, std::int64_t low, std::int64_t high) {
    std::int64_t wide = 0;
    read(json, wide);
    if (wide < low || wide > high) return fail();
    value = static_cast<Small>(wide);
  }
  void read(const Json& json, std::string& value) {
    if (!json.is_string() || json.get_ref<const std::string&>().size() > kMaxNameBytes) return fail();
    value = json.get<std::string>();
  }
  void read(const Json& json, bool& value) {
    if (!json.is_boolean()) return fail();
    value = json.get<bool>();
  }
  template <class T, class ReadOne>
  void read_list(const Json& json, std::vector<T>& list, std::size_t limit, ReadOne&& read_one) {
    if (!json.is_array() || json.size() > limit) return fail();
    for (const Json& entry : json) {
      list.emplace_back();
      read_one(entry, list.back());
      if (failed_) return;
    }
  }
  void read(const Json& json, std::vector<std::int64_t>& list) {
    read_list(json, list, kMaxTerms, [&](const Json& entry, std::int64_t& value) { read(entry, value); });
  }
  void read(const Json& json, std::vector<std::string>& list) {
    read_list(json, list, static_cast<std::size_t>(kMaxTensorSize),
              [&](const Json& entry, std::string& value) { read(entry, value); });
  }
  void read_ids(const Json& json, std::vector<std::uint32_t>& list, std::size_t count) {
    read_list(json, list, kMaxTerms, [&](const Json& entry, std::uint32_t& id) { read_id(entry, id, count); });
  }
  void read_id(const Json& json, std::uint32_t& id, std::size_t count) {
    read_small(json, id, 0, static_cast<std::int64_t>(count) - 1);
  }
  void read_shape(const Json& json, GraphShape& shape, std::int64_t size) {
    read_list(json, shape, 64, [&](const Json& entry, std::int64_t& length) { read(entry, length); });
    for (const std::int64_t length : shape) {
      if (length < 1) return fail();
    }
    if (element_count(shape) != size) fail();
  }

 private:
  static constexpr std::int64_t kLargestSigned = std::int64_t{1} << 60;
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 60;
  bool failed_ = false;
};

struct FieldReader {
  Source& source;
  const Json& json;
  template <class T>
  void operator()(const char* name, T& value) const {
    source.read(source.at(json, name), value);
  }
};

Json value_json(const QuantisedValue& value) {
  Json json{{"name", value.name}, {"size", value.size}, {"scale_log2", value.scale_log2}};
  if (value.float_order) json["float_order"] = true;  // where it is not, there is no such key
  return json;
}

void read_value(Source& source, const Json& json, std::int64_t batch, QuantisedValue& value) {
  source.read(source.at(json, "name"), value.name);
  source.read_small(source.at(json, "size"), value.size, 1, kMaxTensorSize);
  source.read_list(source.at(json, "scale_log2"), value.scale_log2, static_cast<std::size_t>(kMaxTensorSize),
                   [&](const Json& entry, std::int32_t& scale) { source.read_small(entry, scale, -1100, 1100); });
  const auto scales = static_cast<std::int64_t>(value.scale_log2.size());
  if (scales != 1 && scales * batch != value.size) source.fail();
  if (json.is_object() && json.contains("float_order")) source.read(json["float_order"], value.float_order);
}

Json model_json(const ModelTensor& tensor) {
  return Json{{"name", tensor.name}, {"size", tensor.size}, {"bits", tensor.bits}, {"scale_log2", tensor.scale_log2}};
}

void read_model_tensor(Source& source, const Json& json, ModelTensor& tensor) {
  source.read(source.at(json, "name"), tensor.name);
  source.read_small(source.at(json, "size"), tensor.size, 1, kMaxTensorSize);
  source.read_small(source.at(json, "bits"), tensor.bits, 2, kMaxModelBits);
  source.read_small(source.at(json, "scale_log2"), tensor.scale_log2, -1100, 1100);
}

Json input_json(const QuantisedInput& input) {
  return Json{{"value", input.value}, {"shape", input.shape}, {"labels", input.labels}};
}

// Rows are the first axis of what has a batch of them; labels are of one row.
void check_rows(Source& source, const GraphShape& shape, const std::vector<std::string>& labels, std::int64_t batch,
                std::int64_t size) {
  if (batch > 1 && (shape.empty() || shape[0] != batch)) return source.fail();
  const auto count = static_cast<std::int64_t>(labels.size());
  if (count != 0 && count * batch != size) source.fail();
}

void read_input(Source& source, const Json& json, QuantisedInput& input, const QuantisedGraph& graph) {
  source.read_id(source.at(json, "value"), input.value, graph.values.size());
  if (source.failed()) return;
  const std::int64_t size = graph.values[input.value].size;
  source.read_shape(source.at(json, "shape"), input.shape, size);
  source.read(source.at(json, "labels"), input.labels);
  check_rows(source, input.shape, input.labels, graph.batch, size);
}

Json node_json(const QuantisedNode& node) {
  Json parameters = Json::object();
  std::visit([&](auto op) { visit_fields(op, FieldWriter{parameters}); }, node.op);
  return Json{{"name", node.name},     {"source", node.source},  {"inputs", node.inputs},   {"model", node.model},
              {"output", node.output}, {"op", op_name(node.op)}, {"parameters", parameters}};
}

template <std::size_t index = 0>
bool make_op(std::string_view name, QuantisedOp& op) {
  if constexpr (index < std::variant_size_v<QuantisedOp>) {
    op.emplace<index>();
    return op_name(op) == name || make_op<index + 1>(name, op);
  } else {
    return false;
  }
}

void read_node(Source& source, const Json& json, QuantisedNode& node, const QuantisedGraph& graph) {
  source.read(source.at(json, "name"), node.name);
  source.read(source.at(json, "source"), node.source);
  source.read_ids(source.at(json, "inputs"), node.inputs, graph.values.size());
  source.read_ids(source.at(json, "model"), node.model, graph.model.size());
  source.read_id(source.at(json, "output"), node.output, graph.values.size());
  std::string name;
  source.read(source.at(json, "op"), name);
  if (!make_op(name, node.op)) return source.fail();
  const Json& parameters = source.at(json, "parameters");
  std::visit([&](auto& op) { visit_fields(op, FieldReader{source, parameters}); }, node.op);
}

// Every value is an input or the output of one earlier node; every model tensor is used once.
bool is_well_ordered(const QuantisedGraph& graph) {
  std::vector<bool> known(graph.values.size(), false);
  std::vector<bool> used(graph.model.size(), false);
  for (const QuantisedInput& input : graph.inputs) {
    if (known[input.value]) return false;
    known[input.value] = true;
  }
  for (const QuantisedNode& node : graph.nodes) {
    for (const QuantId id : node.inputs) {
      if (!known[id]) return false;
    }
    for (const ModelId id : node.model) {
      if (used[id]) return false;
      used[id] = true;
    }
    if (known[node.output]) return false;
    known[node.output] = true;
  }
  return std::find(known.begin(), known.end(), false) == known.end() &&
         std::find(used.begin(), used.end(), false) == used.end();
}

void read_graph(Source& source, const Json& json, QuantisedGraph& graph) {
  std::string format;
  source.read(source.at(json, "format"), format);
  if (format != kFormat) return source.fail();
  source.read_small(source.at(json, "bits"), graph.bits, 8, 16);
  source.read(source.at(json, "hidden"), graph.hidden);
  source.read(source.at(json, "claim"), graph.claim);
  if (json.is_object() && json.contains("batch")) source.read_small(json["batch"], graph.batch, 2, kMaxTensorSize);
  source.read_list(source.at(json, "values"), graph.values, kMaxTensors,
                   [&](const Json& entry, QuantisedValue& value) { read_value(source, entry, graph.batch, value); });
  source.read_list(source.at(json, "model"), graph.model, kMaxTensors,
                   [&](const Json& entry, ModelTensor& tensor) { read_model_tensor(source, entry, tensor); });
  source.read_list(source.at(json, "inputs"), graph.inputs, kMaxTensors,
                   [&](const Json& entry, QuantisedInput& input) { read_input(source, entry, input, graph); });
  source.read_list(source.at(json, "nodes"), graph.nodes, kMaxConstraints,
                   [&](const Json& entry, QuantisedNode& node) { read_node(source, entry, node, graph); });
  source.read_id(source.at(json, "output"), graph.output, graph.values.size());
  if (source.failed()) return;
  source.read_shape(source.at(json, "output_shape"), graph.output_shape, graph.values[graph.output].size);
  source.read(source.at(json, "output_name"), graph.output_name);
  source.read(source.at(json, "output_labels"), graph.output_labels);
  check_rows(source, graph.output_shape, graph.output_labels, graph.batch, graph.values[graph.output].size);
  if (!is_well_ordered(graph)) source.fail();
}

template <class T, class Write>
Json list_json(const std::vector<T>& list, Write&& write) {
  Json json = Json::array();
  for (const T& entry : list) json.push_back(write(entry));
  return json;
}

}  // namespace

std::string quantised_graph_json(const QuantisedGraph& graph) {
  Json json{{"format", kFormat},
            {"bits", graph.bits},
            {"hidden", graph.hidden},
            {"claim", graph.claim},
            {"values", list_json(graph.values, value_json)},
            {"model", list_json(graph.model, model_json)},
            {"inputs", list_json(graph.inputs, input_json)},
            {"nodes", list_json(graph.nodes, node_json)},
            {"output", graph.output},
            {"output_name", graph.output_name},
            {"output_shape", graph.output_shape},
            {"output_labels", graph.output_labels}};
  if (graph.batch > 1) json["batch"] = graph.batch;  // a graph of one row has no such key
  return json.dump(-1, ' ', false,
                   Json::error_handler_t::replace);  // bytes that are not UTF-8: a replacement character
}

Result<QuantisedGraph> read_quantised_graph(std::string_view text) {
  const Error error{"this is no quantised graph as `veil setup` writes it"};
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return error;
  Source source;
  QuantisedGraph graph;
  read_graph(source, json, graph);
  if (source.failed() || quantised_graph_json(graph) != text) return error;
  return graph;
}

std::string weights_json(const QuantisedGraph& graph, const Weights& weights) {
  VEIL_CHECK(weights.tensors.size() == graph.model.size());
  Json json = Json::object();
  for (std::size_t i = 0; i < graph.model.size(); ++i) json[graph.model[i].name] = weights.tensors[i].to_vector();
  return json.dump();
}

}  // namespace veil
