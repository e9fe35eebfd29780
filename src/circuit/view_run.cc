#include "circuit/view_run.h"

#include <algorithm>

#include "base/check.h"

namespace veil {

ViewCursor make_cursor(const Circuit& circuit, const Trace& trace, const Domain& domain, const LinearTerm& term) {
  ViewCursor cursor;
  cursor.coefficient = term.coefficient;
  cursor.strides.assign(domain.extent.size(), 0);
  if (!term.view.tensor) return cursor;
  const Tensor& tensor = circuit.tensors[*term.view.tensor];
  cursor.data = trace.tensor(*term.view.tensor);
  VEIL_CHECK(static_cast<std::int64_t>(cursor.data.size()) == shape_size(tensor.shape));
  cursor.view = &term.view;
  cursor.shape = &tensor.shape;
  std::int64_t stride = 1;
  for (std::size_t d = tensor.shape.size(); d-- > 0; stride *= tensor.shape[d]) {
    const AxisIndex& index = term.view.index[d];
    std::int64_t low = index.offset;
    std::int64_t high = index.offset;
    for (const AxisTerm& axis_term : index.terms) {
      cursor.strides[axis_term.axis] += axis_term.coefficient * stride;
      const std::int64_t reach = axis_term.coefficient * (domain.extent[axis_term.axis] - 1);
      (reach < 0 ? low : high) += reach;
    }
    cursor.base += index.offset * stride;
    if (low < 0 || high >= tensor.shape[d]) cursor.bounded = false;
  }
  return cursor;
}

namespace {

// The least j with step * j >= target, step > 0.
std::int64_t ceil_divide(std::int64_t target, std::int64_t step) { return target / step + (target % step > 0 ? 1 : 0); }

// Keeps the j in [run.begin, run.end) with 0 <= position + step j < length.
void restrict_run(ViewRun& run, std::int64_t position, std::int64_t step, std::int64_t length) {
  if (step == 0) {
    if (position < 0 || position >= length) run.end = run.begin;
    return;
  }
  if (step < 0) {  // mirrored: length - 1 - position counts upwards
    position = length - 1 - position;
    step = -step;
  }
  run.begin = std::max(run.begin, ceil_divide(-position, step));
  run.end = std::max(run.begin, std::min(run.end, ceil_divide(length - position, step)));
}

}  // namespace

ViewRun run_along(const ViewCursor& cursor, const std::vector<std::int64_t>& index, const std::optional<AxisId>& axis,
                  std::int64_t length, std::int64_t flat) {
  ViewRun run{cursor.data, flat, axis ? cursor.strides[*axis] : 0, 0, length};
  if (cursor.bounded) return run;
  for (std::size_t d = 0; d < cursor.view->index.size(); ++d) {
    std::int64_t position = cursor.view->index[d].offset;
    std::int64_t step = 0;
    for (const AxisTerm& term : cursor.view->index[d].terms) {
      if (term.axis == axis) {
        step += term.coefficient;
      } else {
        position += term.coefficient * index[term.axis];
      }
    }
    restrict_run(run, position, step, (*cursor.shape)[d]);
  }
  return run;
}

}  // namespace veil
