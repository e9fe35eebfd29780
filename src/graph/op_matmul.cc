// Gemm and MatMul.
#include <algorithm>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "tensor/product.h"

namespace veil {
namespace {

Error no_fit(const GraphShape& a, const GraphShape& b) {
  return Error{"shapes " + shape_text(a) + " and " + shape_text(b) + " cannot be multiplied"};
}

// Gemm: Y = alpha * A' * B' + beta * C, where ' transposes or not.
struct GemmForm {
  double alpha, beta;
  bool a_turned, b_turned;
  std::int64_t rows, depth, columns;
};

Result<GemmForm> gemm_form(const Call& call) {
  VEIL_TRY(alpha, call.real("alpha", 1));
  VEIL_TRY(beta, call.real("beta", 1));
  VEIL_TRY(a_turned, call.integer("transA", 0));
  VEIL_TRY(b_turned, call.integer("transB", 0));
  const GraphShape& a = call.shape(0);
  const GraphShape& b = call.shape(1);
  if (a.size() != 2 || b.size() != 2) return no_fit(a, b);
  const std::int64_t depth = a_turned != 0 ? a[0] : a[1];
  if (depth != (b_turned != 0 ? b[1] : b[0])) return no_fit(a, b);
  return GemmForm{
      alpha, beta, a_turned != 0, b_turned != 0, a_turned != 0 ? a[1] : a[0], depth, b_turned != 0 ? b[0] : b[1]};
}

Result<std::vector<TypedShape>> infer_gemm(const Call& call) {
  VEIL_TRY(form, gemm_form(call));
  const GraphShape shape{form.rows, form.columns};
  if (call.has(2)) {
    VEIL_TRY(common, broadcast_shape(shape, call.shape(2)));
    if (common != shape)
      return Error{"its bias of shape " + shape_text(call.shape(2)) + " does not fit the result " + shape_text(shape)};
  }
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

Status run_gemm(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, gemm_form(call));
  Array& out = *outputs[0];
  std::fill(out.data.begin(), out.data.end(), 0.0);
  const auto rows = static_cast<std::size_t>(form.rows);
  const auto depth = static_cast<std::size_t>(form.depth);
  const auto columns = static_cast<std::size_t>(form.columns);
  const Matrix a{inputs[0]->data.data(), form.a_turned ? 1 : depth, form.a_turned ? rows : 1};
  const Matrix b{inputs[1]->data.data(), form.b_turned ? 1 : columns, form.b_turned ? depth : 1};
  multiply_add(a, b, rows, depth, columns, out.data.data(), columns);
  if (form.alpha != 1) {
    for (double& value : out.data) value *= form.alpha;
  }
  if (!call.has(2)) return Done{};
  std::size_t next = 0;
  walk(out.shape, std::array{broadcast_strides(inputs[2]->shape, out.shape)},
       [&](const auto& at) { out.data[next++] += form.beta * inputs[2]->data[static_cast<std::size_t>(at[0])]; });
  return Done{};
}

// MatMul as numpy has it: the last two axes are the matrix, the others broadcast; a vector gains an axis of length 1
// (in front on the left side, behind on the right side) that the result does not keep.
struct MatmulForm {
  GraphShape a, b;   // with the axis that a vector gains
  GraphShape batch;  // the broadcast axes
  GraphShape shape;  // of the result
  std::int64_t rows, depth, columns;
};

Result<MatmulForm> matmul_form(const GraphShape& a, const GraphShape& b) {
  if (a.empty() || b.empty()) return no_fit(a, b);
  MatmulForm form{a, b, {}, {}, 0, 0, 0};
  if (a.size() == 1) form.a.insert(form.a.begin(), 1);
  if (b.size() == 1) form.b.push_back(1);
  form.rows = form.a.end()[-2];
  form.depth = form.a.back();
  form.columns = form.b.back();
  if (form.b.end()[-2] != form.depth) return no_fit(a, b);
  VEIL_TRY(batch, broadcast_shape({form.a.begin(), form.a.end() - 2}, {form.b.begin(), form.b.end() - 2}));
  form.batch = batch;
  form.shape = batch;
  if (a.size() > 1) form.shape.push_back(form.rows);
  if (b.size() > 1) form.shape.push_back(form.columns);
  return form;
}

Result<std::vector<TypedShape>> infer_matmul(const Call& call) {
  VEIL_TRY(form, matmul_form(call.shape(0), call.shape(1)));
  return std::vector<TypedShape>{{call.in(0).type, form.shape}};
}

// Strides, in entries, of the matrices of an array over the broadcast batch axes.
GraphShape matrix_strides(const GraphShape& shape, const GraphShape& batch) {
  GraphShape strides = broadcast_strides({shape.begin(), shape.end() - 2}, batch);
  for (std::int64_t& stride : strides) stride *= shape.end()[-2] * shape.back();
  return strides;
}

Status run_matmul(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(form, matmul_form(call.shape(0), call.shape(1)));
  Array& out = *outputs[0];
  std::fill(out.data.begin(), out.data.end(), 0.0);
  const auto rows = static_cast<std::size_t>(form.rows);
  const auto depth = static_cast<std::size_t>(form.depth);
  const auto columns = static_cast<std::size_t>(form.columns);
  double* to = out.data.data();
  walk(form.batch, std::array{matrix_strides(form.a, form.batch), matrix_strides(form.b, form.batch)},
       [&](const auto& at) {
         const Matrix a{inputs[0]->data.data() + at[0], depth, 1};
         const Matrix b{inputs[1]->data.data() + at[1], columns, 1};
         multiply_add(a, b, rows, depth, columns, to, columns);
         to += rows * columns;
       });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Gemm", 2, 3, " alpha beta transA transB ", infer_gemm, run_gemm},
    {"MatMul", 2, 2, "", infer_matmul, run_matmul},
};

}  // namespace

std::span<const Operator> matmul_operators() { return kOperators; }

}  // namespace veil
