// Float graph -> plan: one function an operator family.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/plan.h"

namespace veil {

std::int64_t Pattern::full_size() const {
  std::int64_t size = 1;
  for (const std::int64_t length : lengths) size *= length;
  return size;
}

std::int64_t Pattern::compact_size() const {
  std::int64_t size = 1;
  for (std::size_t i = 0; i < lengths.size(); ++i) size *= present[i] != 0 ? lengths[i] : 1;
  return size;
}

std::size_t Pattern::compact_index(std::int64_t flat) const {
  std::int64_t index = 0;
  std::int64_t stride = 1;
  for (std::size_t i = lengths.size(); i-- > 0; flat /= lengths[i]) {
    if (present[i] == 0) continue;
    index += flat % lengths[i] * stride;
    stride *= lengths[i];
  }
  return static_cast<std::size_t>(index);
}

namespace {

std::int64_t elements(const GraphShape& shape) { return static_cast<std::int64_t>(size_of(shape)); }

// The axes of `to` along which a constant of `shape` varies; neighbours that agree are one axis.
Pattern broadcast_pattern(const GraphShape& shape, const GraphShape& to) {
  Pattern pattern;
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const std::size_t missing = to.size() - shape.size();
    const std::int64_t present = axis >= missing && shape[axis - missing] != 1 ? 1 : 0;
    if (to[axis] == 1) continue;
    if (!pattern.present.empty() && pattern.present.back() == present) {
      pattern.lengths.back() *= to[axis];
    } else {
      pattern.lengths.push_back(to[axis]);
      pattern.present.push_back(present);
    }
  }
  if (pattern.lengths.empty()) return Pattern{{1}, {0}};
  return pattern;
}

class Builder {
 public:
  explicit Builder(const Graph& graph) : graph_(graph), ids_(graph.values.size()) {}

  Result<Plan> build() {
    for (const ValueId id : graph_.inputs) plan_.inputs.push_back(*(ids_[id] = add_value(id)));
    for (const Node& node : graph_.nodes) {
      const Call call = call_of(graph_, node);
      if (auto status = add_node(call); !status)
        return Error{node_text(node) + " cannot be proven: " + status.error().message};
    }
    VEIL_CHECK(graph_.outputs.size() == 1);
    if (!ids_[graph_.outputs[0]]) {
      return Error{"the output " + quoted(graph_.values[graph_.outputs[0]].name) + " does not depend on any input"};
    }
    plan_.output = *ids_[graph_.outputs[0]];
    return std::move(plan_);
  }

 private:
  PlanId add_value(ValueId source) {
    const GraphValue& value = graph_.values[source];
    plan_.values.push_back(PlanValue{value.name, elements(value.shape), source});
    return static_cast<PlanId>(plan_.values.size() - 1);
  }
  // A value in the middle of one operator, which the graph does not have.
  PlanId add_hidden_value(const Call& call, std::int64_t size) {
    plan_.values.push_back(PlanValue{graph_.values[output(call)].name, size, std::nullopt});
    return static_cast<PlanId>(plan_.values.size() - 1);
  }

  static ValueId output(const Call& call) { return call.node->outputs[0]; }
  const GraphShape& output_shape(const Call& call) const { return graph_.values[output(call)].shape; }
  PlanId in(const Call& call, std::size_t index) const { return *ids_[*call.node->inputs[index]]; }
  static const Array* constant(const Call& call, std::size_t index) { return call.inputs[index]->constant; }

  void emit(const Call& call, std::vector<PlanId> inputs, PlanOp op) {
    const PlanId id = add_value(output(call));
    ids_[output(call)] = id;
    plan_.nodes.push_back(PlanNode{node_text(*call.node), std::move(inputs), id, std::move(op)});
  }
  PlanId emit_hidden(const Call& call, std::int64_t size, std::vector<PlanId> inputs, PlanOp op) {
    const PlanId id = add_hidden_value(call, size);
    plan_.nodes.push_back(PlanNode{node_text(*call.node), std::move(inputs), id, std::move(op)});
    return id;
  }
  // The same numbers in the same row-major order.
  void alias(const Call& call) { ids_[output(call)] = in(call, 0); }

  Status add_node(const Call& call) {
    const std::string& op = call.node->op;
    if (op == "Gemm") return gemm(call);
    if (op == "MatMul") return matmul(call);
    if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") return binary(call);
    if (op == "Neg") return affine(call, in(call, 0), Pattern{{elements(call.shape(0))}, {0}}, {-1.0}, {});
    if (op == "BatchNormalization") return batch_normalization(call);
    if (op == "Concat") return concat(call);
    if (op == "Softmax") return softmax(call);
    if (op == "Transpose") return transpose(call);
    if (op == "Cast") return cast(call);
    if (op == "Flatten" || op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Identity" ||
        op == "Dropout") {
      alias(call);
      return Done{};
    }
    if (op == "Expand") return expand(call);
    return activation(call);
  }

  Status activation(const Call& call) {
    const std::string& op = call.node->op;
    const bool one = op == "Relu" || op == "Sigmoid" || op == "Tanh" || op == "LeakyRelu" || op == "Clip";
    if (!one) return Error{"this operator has no proof yet"};
    if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
    if (op == "Relu") emit(call, {in(call, 0)}, PlanRelu{});
    if (op == "Sigmoid") emit(call, {in(call, 0)}, PlanFunction{SmoothFunction::kSigmoid});
    if (op == "Tanh") emit(call, {in(call, 0)}, PlanFunction{SmoothFunction::kTanh});
    if (op == "LeakyRelu") return leaky_relu(call);
    if (op == "Clip") return clip(call);
    return Done{};
  }

  Status leaky_relu(const Call& call) {
    VEIL_TRY(alpha, call.real("alpha", static_cast<double>(0.01f)));
    if (!(std::fabs(alpha) <= 256)) return Error{"its alpha is beyond +-256"};
    emit(call, {in(call, 0)}, PlanLeakyRelu{alpha});
    return Done{};
  }

  Status clip(const Call& call) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    VEIL_TRY(attribute_low, call.real("min", -kInfinity));
    VEIL_TRY(attribute_high, call.real("max", kInfinity));
    double low = attribute_low;
    double high = attribute_high;
    for (const std::size_t index : {std::size_t{1}, std::size_t{2}}) {
      if (!call.has(index)) continue;
      if (constant(call, index) == nullptr) return Error{"its bounds are known only at run time"};
      (index == 1 ? low : high) = constant(call, index)->data[0];
    }
    if (!(low <= high)) return Error{"its bounds are no interval"};
    emit(call, {in(call, 0)}, PlanClip{low, high});
    return Done{};
  }

  // ---- matrix products
  struct Matrix {  // a constant matrix as rows x columns, possibly read transposed
    const Array* array;
    std::int64_t rows, columns;
    bool transposed;

    double at(std::int64_t row, std::int64_t column) const {
      const std::int64_t flat = transposed ? column * rows + row : row * columns + column;
      return array->data[static_cast<std::size_t>(flat)];
    }
  };

  // weight[o,k] = factor * (matrix is weight ? matrix[o,k] : matrix[k,o])
  static std::vector<double> weights_of(const Matrix& matrix, bool output_first, double factor) {
    const std::int64_t width = output_first ? matrix.rows : matrix.columns;
    const std::int64_t reduced = output_first ? matrix.columns : matrix.rows;
    std::vector<double> weight(static_cast<std::size_t>(width * reduced));
    for (std::int64_t o = 0; o < width; ++o) {
      for (std::int64_t k = 0; k < reduced; ++k) {
        weight[static_cast<std::size_t>(o * reduced + k)] = factor * (output_first ? matrix.at(o, k) : matrix.at(k, o));
      }
    }
    return weight;
  }

  // Activations on the left: out[m,n] = sum_k x[m,k] B[k,n]. On the right: out[m,n] = sum_k A[m,k] x[k,n].
  static PlanLinear right_constant(const Matrix& b, std::int64_t outer, double factor) {
    return PlanLinear{outer, b.rows, b.columns, 1, weights_of(b, false, factor), {}};
  }
  static PlanLinear left_constant(const Matrix& a, std::int64_t outer, std::int64_t inner, double factor) {
    return PlanLinear{outer, a.columns, a.rows, inner, weights_of(a, true, factor), {}};
  }

  Status gemm(const Call& call) {
    VEIL_TRY(alpha, call.real("alpha", 1.0));
    VEIL_TRY(beta, call.real("beta", 1.0));
    VEIL_TRY(trans_a, call.integer("transA", 0));
    VEIL_TRY(trans_b, call.integer("transB", 0));
    const GraphShape& a = call.shape(0);
    const GraphShape& b = call.shape(1);
    const GraphShape& out = output_shape(call);
    const std::int64_t reduced = trans_a != 0 ? a[0] : a[1];
    const std::string transposed = "it transposes an activation with several rows and columns";
    PlanLinear linear;
    PlanId input = 0;
    if (constant(call, 1) != nullptr) {
      if (trans_a != 0 && a[0] != 1 && a[1] != 1) return Error{transposed};
      linear = right_constant(Matrix{constant(call, 1), reduced, out[1], trans_b != 0}, out[0], alpha);
      input = in(call, 0);
    } else if (constant(call, 0) != nullptr) {
      if (trans_b != 0 && b[0] != 1 && b[1] != 1) return Error{transposed};
      linear = left_constant(Matrix{constant(call, 0), out[0], reduced, trans_a != 0}, 1, out[1], alpha);
      input = in(call, 1);
    } else {
      return Error{"a product of two activations' matrices is not supported yet"};
    }
    if (!call.has(2) || beta == 0) {
      emit(call, {input}, std::move(linear));
      return Done{};
    }
    const PlanId product = emit_hidden(call, elements(out), {input}, std::move(linear));
    return gemm_bias(call, product, beta);
  }

  Status gemm_bias(const Call& call, PlanId product, double beta) {
    const Array* bias = constant(call, 2);
    if (bias == nullptr) {
      if (beta != 1 || elements(call.shape(2)) != elements(output_shape(call))) {
        return Error{"its third input is an activation that it scales or repeats"};
      }
      emit(call, {product, in(call, 2)}, PlanSum{{1, 1}});
      return Done{};
    }
    std::vector<double> addend = bias->data;
    for (double& value : addend) value *= beta;
    return affine(call, product, broadcast_pattern(bias->shape, output_shape(call)), {}, std::move(addend));
  }

  // The last two axes of a constant, if all before them are of length 1; one axis: a column (right) or a row (left).
  static Result<Matrix> constant_matrix(const Array& array, bool right) {
    const GraphShape& shape = array.shape;
    if (shape.size() == 1) return right ? Matrix{&array, shape[0], 1, false} : Matrix{&array, 1, shape[0], false};
    const std::int64_t rows = shape[shape.size() - 2];
    const std::int64_t columns = shape[shape.size() - 1];
    if (rows * columns != elements(shape)) return Error{"a constant matrix that differs by batch is not supported yet"};
    return Matrix{&array, rows, columns, false};
  }

  Status matmul(const Call& call) {
    const GraphShape& a = call.shape(0);
    const GraphShape& b = call.shape(1);
    if (constant(call, 1) != nullptr) {
      VEIL_TRY(matrix, constant_matrix(*constant(call, 1), true));
      emit(call, {in(call, 0)}, right_constant(matrix, elements(a) / matrix.rows, 1.0));
      return Done{};
    }
    if (constant(call, 0) == nullptr) return Error{"a product of two activations' matrices is not supported yet"};
    VEIL_TRY(matrix, constant_matrix(*constant(call, 0), false));
    const std::int64_t inner = b.size() == 1 ? 1 : b.back();
    emit(call, {in(call, 1)}, left_constant(matrix, elements(b) / (matrix.columns * inner), inner, 1.0));
    return Done{};
  }

  // ---- elementwise arithmetic
  Status affine(const Call& call, PlanId input, Pattern pattern, std::vector<double> factor,
                std::vector<double> addend) {
    for (const std::vector<double>* list : {&factor, &addend}) {
      for (const double value : *list) {
        if (!std::isfinite(value)) return Error{"one of its constants is infinite or no number, or it divides by zero"};
      }
    }
    emit(call, {input}, PlanAffine{std::move(pattern), std::move(factor), std::move(addend)});
    return Done{};
  }

  Status binary(const Call& call) {
    if (!is_real(call.in(0).type)) return Error{"arithmetic on integers is not supported"};
    if (constant(call, 0) == nullptr && constant(call, 1) == nullptr) return two_activations(call);
    const std::size_t which = constant(call, 0) != nullptr ? 0 : 1;
    const std::string& op = call.node->op;
    if (op == "Div" && which == 0) return Error{"division by an activation is not supported"};
    const Array& values = *constant(call, which);
    std::vector<double> data = values.data;
    if (op == "Div") std::transform(data.begin(), data.end(), data.begin(), [](double x) { return 1.0 / x; });
    if (op == "Sub" && which == 1) std::transform(data.begin(), data.end(), data.begin(), [](double x) { return -x; });
    const bool multiplies = op == "Mul" || op == "Div";
    const PlanId input = in(call, 1 - which);
    const GraphShape& out = output_shape(call);
    if (elements(out) != plan_.values[input].size)
      return spread(call, input, std::move(data), values.shape, multiplies);
    std::vector<double> factor;
    if (multiplies) factor = data;
    if (op == "Sub" && which == 0) factor.assign(data.size(), -1.0);
    return affine(call, input, broadcast_pattern(values.shape, out), std::move(factor),
                  multiplies ? std::vector<double>{} : std::move(data));
  }

  // One activation against a whole constant: the product is a matrix product with one summand.
  Status spread(const Call& call, PlanId input, std::vector<double> data, const GraphShape& shape, bool multiplies) {
    const GraphShape& out = output_shape(call);
    if (!multiplies || plan_.values[input].size != 1 || elements(shape) != elements(out)) {
      return Error{"it repeats an activation of shape " + shape_text(call.shape(call.inputs[0]->constant ? 1 : 0)) +
                   " along a constant"};
    }
    emit(call, {input}, PlanLinear{1, 1, elements(out), 1, std::move(data), {}});
    return Done{};
  }

  Status two_activations(const Call& call) {
    const std::string& op = call.node->op;
    if (op == "Div") return Error{"division by an activation is not supported"};
    if (elements(call.shape(0)) != elements(call.shape(1)) || elements(call.shape(0)) != elements(output_shape(call))) {
      return Error{"it repeats an activation: shapes " + shape_text(call.shape(0)) + " and " +
                   shape_text(call.shape(1))};
    }
    const std::vector<PlanId> inputs{in(call, 0), in(call, 1)};
    if (op == "Mul") {
      emit(call, inputs, PlanProduct{});
    } else {
      emit(call, inputs, PlanSum{{1, op == "Sub" ? -1 : 1}});
    }
    return Done{};
  }

  Status batch_normalization(const Call& call) {
    for (std::size_t i = 1; i < 5; ++i) {
      if (constant(call, i) == nullptr) return Error{"its parameters are known only at run time"};
    }
    VEIL_TRY(epsilon, call.real("epsilon", static_cast<double>(1e-5f)));
    std::vector<double> factor = constant(call, 1)->data;
    std::vector<double> addend = constant(call, 2)->data;
    for (std::size_t c = 0; c < factor.size(); ++c) {
      factor[c] /= std::sqrt(constant(call, 4)->data[c] + epsilon);
      addend[c] -= constant(call, 3)->data[c] * factor[c];
    }
    const GraphShape& shape = call.shape(0);
    GraphShape channels(shape.size(), 1);
    if (shape.size() > 1) channels[1] = shape[1];
    return affine(call, in(call, 0), broadcast_pattern(channels, shape), std::move(factor), std::move(addend));
  }

  // ---- layout
  Status concat(const Call& call) {
    if (call.inputs.size() == 1) {
      alias(call);
      return Done{};
    }
    const GraphShape& out = output_shape(call);
    VEIL_TRY(axis, call.integer("axis", 0));
    VEIL_TRY(normal, normalise_axis(axis, out.size()));
    std::vector<PlanId> inputs;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (constant(call, i) != nullptr) return Error{"it joins activations with constants"};
      inputs.push_back(in(call, i));
    }
    const AxisSplit split = split_at(out, normal, normal + 1);
    emit(call, std::move(inputs),
         PlanConcat{static_cast<std::int64_t>(split.outer), static_cast<std::int64_t>(split.inner)});
    return Done{};
  }

  Status transpose(const Call& call) {
    VEIL_TRY(given, call.integers("perm"));
    const GraphShape& shape = call.shape(0);
    std::vector<std::int64_t> order = given;
    if (order.empty()) {
      for (std::size_t i = shape.size(); i-- > 0;) order.push_back(static_cast<std::int64_t>(i));
    }
    std::int64_t last = -1;
    for (const std::int64_t axis : order) {
      if (shape[static_cast<std::size_t>(axis)] == 1) continue;
      if (axis < last) return Error{"it moves axes of more than one element"};
      last = axis;
    }
    alias(call);
    return Done{};
  }

  Status cast(const Call& call) {
    const ElementType from = call.in(0).type;
    const ElementType to = graph_.values[output(call)].type;
    if (!is_real(to) && from != to) {
      return Error{"a cast of activations from " + std::string(element_type_name(from)) + " to " +
                   std::string(element_type_name(to)) + " is not supported"};
    }
    alias(call);
    return Done{};
  }

  Status expand(const Call& call) {
    if (elements(call.shape(0)) != elements(output_shape(call))) return Error{"it repeats an activation"};
    alias(call);
    return Done{};
  }

  Status softmax(const Call& call) {
    const GraphShape& shape = call.shape(0);
    VEIL_TRY(axis, call.integer("axis", call.opset < 13 ? 1 : -1));
    std::size_t from = shape.size();
    if (axis != static_cast<std::int64_t>(shape.size())) {
      VEIL_TRY(normal, normalise_axis(axis, shape.size()));
      from = normal;
    }
    const AxisSplit split = split_at(shape, from, call.opset < 13 || from == shape.size() ? shape.size() : from + 1);
    if (split.outer * split.inner != 1) return Error{"it makes several distributions at once"};
    if (split.length < 2) return Error{"it is over a single element, which is always 1"};
    emit(call, {in(call, 0)}, PlanSoftmax{});
    return Done{};
  }

  const Graph& graph_;
  std::vector<std::optional<PlanId>> ids_;  // by ValueId; none: a constant
  Plan plan_;
};

}  // namespace

Result<Plan> build_plan(const Graph& graph) { return Builder(graph).build(); }

}  // namespace veil
