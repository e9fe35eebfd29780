// Evaluation of forms and expressions on the integers of a trace.
#include <algorithm>

#include "base/check.h"
#include "circuit/trace.h"

namespace veil {

namespace {

// A view with its data and one flat stride for each axis of the constraint. `bounded`: never outside the tensor.
struct ViewCursor {
  std::int64_t coefficient;
  const std::int64_t* data = nullptr;  // null: the constant 1
  std::int64_t base = 0;
  std::vector<std::int64_t> strides;
  bool bounded = true;
  const View* view = nullptr;
  const Shape* shape = nullptr;

  Int128 at(std::int64_t flat, const std::vector<std::int64_t>& index) const {
    if (data == nullptr) return coefficient;
    if (!bounded && !inside(index)) return 0;
    return static_cast<Int128>(coefficient) * data[flat];
  }

  bool inside(const std::vector<std::int64_t>& index) const {
    for (std::size_t d = 0; d < view->index.size(); ++d) {
      std::int64_t position = view->index[d].offset;
      for (const AxisTerm& term : view->index[d].terms) position += term.coefficient * index[term.axis];
      if (position < 0 || position >= (*shape)[d]) return false;
    }
    return true;
  }
};

ViewCursor make_cursor(const Circuit& circuit, const Trace& trace, const Domain& domain, const LinearTerm& term) {
  ViewCursor cursor;
  cursor.coefficient = term.coefficient;
  cursor.strides.assign(domain.extent.size(), 0);
  if (!term.view.tensor) return cursor;
  const Tensor& tensor = circuit.tensors[*term.view.tensor];
  VEIL_CHECK(static_cast<std::int64_t>(trace.values[*term.view.tensor].size()) == shape_size(tensor.shape));
  cursor.data = trace.values[*term.view.tensor].data();
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

std::vector<ViewCursor> make_cursors(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                     const Form& form) {
  std::vector<ViewCursor> cursors;
  for (const LinearTerm& term : form) cursors.push_back(make_cursor(circuit, trace, domain, term));
  return cursors;
}

void mark_axes(const Form& form, std::vector<bool>& used) {
  for (const LinearTerm& term : form) {
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis_term : index.terms) used[axis_term.axis] = true;
    }
  }
}

// Walks chosen axes row-major and keeps the flat position of each cursor.
class Walk {
 public:
  Walk(const Domain& domain, std::vector<AxisId> axes) : domain_(domain), axes_(std::move(axes)) {
    index_.assign(domain.extent.size(), 0);
  }

  void track(std::vector<ViewCursor>* cursors) {
    for (ViewCursor& cursor : *cursors) {
      cursors_.push_back(&cursor);
      flat_.push_back(cursor.base);
    }
  }

  Int128 value(std::size_t first, std::size_t count) const {
    Int128 sum = 0;
    for (std::size_t i = first; i < first + count; ++i) sum += cursors_[i]->at(flat_[i], index_);
    return sum;
  }

  bool next() {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      const AxisId axis = axes_[i];
      if (++index_[axis] < domain_.extent[axis]) {
        move(axis, 1);
        return true;
      }
      move(axis, -(domain_.extent[axis] - 1));
      index_[axis] = 0;
    }
    return false;
  }

  // For two single bounded views: the sum of products along the last axis, which then counts as walked.
  std::int64_t last_length() const { return axes_.empty() ? 1 : domain_.extent[axes_.back()]; }
  std::int64_t last_stride(std::size_t cursor) const {
    return axes_.empty() ? 0 : cursors_[cursor]->strides[axes_.back()];
  }
  const std::int64_t* pointer(std::size_t cursor) const { return cursors_[cursor]->data + flat_[cursor]; }
  void skip_last() {
    if (axes_.empty()) return;
    const AxisId axis = axes_.back();
    index_[axis] = domain_.extent[axis] - 1;
    move(axis, domain_.extent[axis] - 1);
  }
  const std::vector<std::int64_t>& index() const { return index_; }

 private:
  void move(AxisId axis, std::int64_t steps) {
    for (std::size_t i = 0; i < cursors_.size(); ++i) flat_[i] += steps * cursors_[i]->strides[axis];
  }

  const Domain& domain_;
  std::vector<AxisId> axes_;
  std::vector<std::int64_t> index_;
  std::vector<const ViewCursor*> cursors_;
  std::vector<std::int64_t> flat_;
};

// Box axes first, then the summed axes that the term uses.
std::vector<AxisId> walked_axes(const Domain& domain, const std::vector<bool>& used) {
  std::vector<AxisId> axes;
  for (AxisId axis = 0; axis < domain.extent.size(); ++axis) {
    if (axis < domain.box_rank || used[axis]) axes.push_back(axis);
  }
  return axes;
}

std::int64_t summed_size(const Domain& domain, const std::vector<bool>& used) {
  std::int64_t size = 1;
  for (std::size_t axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
    if (used[axis]) size *= domain.extent[axis];
  }
  return size;
}

void add_linear(const Circuit& circuit, const Trace& trace, const Domain& domain, const LinearTerm& term,
                std::vector<Int128>& out) {
  std::vector<bool> used(domain.extent.size(), false);
  mark_axes({term}, used);
  std::vector<ViewCursor> cursors{make_cursor(circuit, trace, domain, term)};
  Walk walk(domain, walked_axes(domain, used));
  walk.track(&cursors);
  const std::int64_t inner = summed_size(domain, used);
  for (Int128& slot : out) {
    for (std::int64_t y = 0; y < inner; ++y) {
      slot += walk.value(0, 1);
      walk.next();
    }
  }
}

bool plain(const std::vector<ViewCursor>& cursors) {
  return cursors.size() == 1 && cursors[0].data != nullptr && cursors[0].bounded;
}

// The common case of a matrix product: one bounded view a side, at least one summed axis.
void add_plain_product(Walk& walk, std::int64_t rows, Int128 coefficient, std::vector<Int128>& out) {
  const std::int64_t length = walk.last_length();
  const std::int64_t left_stride = walk.last_stride(0);
  const std::int64_t right_stride = walk.last_stride(1);
  for (Int128& slot : out) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t* left = walk.pointer(0);
      const std::int64_t* right = walk.pointer(1);
      Int128 sum = 0;
      for (std::int64_t j = 0; j < length; ++j) {
        sum += static_cast<Int128>(left[j * left_stride]) * right[j * right_stride];
      }
      slot += coefficient * sum;
      walk.skip_last();
      walk.next();
    }
  }
}

void add_product(const Circuit& circuit, const Trace& trace, const Domain& domain, const ProductTerm& product,
                 std::vector<Int128>& out) {
  std::vector<bool> used(domain.extent.size(), false);
  mark_axes(product.left, used);
  mark_axes(product.right, used);
  std::vector<ViewCursor> left = make_cursors(circuit, trace, domain, product.left);
  std::vector<ViewCursor> right = make_cursors(circuit, trace, domain, product.right);
  Walk walk(domain, walked_axes(domain, used));
  walk.track(&left);
  walk.track(&right);
  const std::int64_t inner = summed_size(domain, used);
  const bool sums = std::any_of(used.begin() + domain.box_rank, used.end(), [](bool axis) { return axis; });
  if (sums && plain(left) && plain(right)) {
    const Int128 coefficient = static_cast<Int128>(product.coefficient) * left[0].coefficient * right[0].coefficient;
    add_plain_product(walk, inner / walk.last_length(), coefficient, out);
    return;
  }
  for (Int128& slot : out) {
    Int128 sum = 0;
    for (std::int64_t y = 0; y < inner; ++y) {
      sum += walk.value(0, left.size()) * walk.value(left.size(), right.size());
      walk.next();
    }
    slot += product.coefficient * sum;
  }
}

}  // namespace

std::vector<Int128> evaluate_expression(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                        const Expression& expression) {
  std::vector<Int128> out(static_cast<std::size_t>(domain.box_size()), 0);
  for (const LinearTerm& term : expression.linear) add_linear(circuit, trace, domain, term, out);
  for (const ProductTerm& product : expression.products) add_product(circuit, trace, domain, product, out);
  return out;
}

std::vector<Int128> evaluate_form(const Circuit& circuit, const Trace& trace, const Domain& domain, const Form& form) {
  const Domain whole{domain.extent, static_cast<std::uint32_t>(domain.extent.size())};
  return evaluate_expression(circuit, trace, whole, linear_expression(form));
}

}  // namespace veil
