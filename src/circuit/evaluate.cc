// Evaluation of forms and expressions on the integers of a trace: walks the axes of a constraint, and along the one
// that lies best in memory adds whole runs of entries.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "circuit/matrix_product.h"

namespace veil {

namespace {

Cursors make_cursors(const Circuit& circuit, const Trace& trace, const Domain& domain,
                     std::span<const LinearTerm> form) {
  Cursors cursors;
  cursors.reserve(form.size());
  for (const LinearTerm& term : form) cursors.push_back(make_cursor(circuit, trace, domain, term));
  return cursors;
}

void mark_axes(std::span<const LinearTerm> form, std::vector<bool>& used) {
  for (const LinearTerm& term : form) {
    for (const AxisIndex& index : term.view.index) {
      for (const AxisTerm& axis_term : index.terms) used[axis_term.axis] = true;
    }
  }
}

// The right factor is read in place and the left one row by row: a single view belongs on the right, and the model's
// narrow integers rather than those of a run.
bool left_belongs_on_the_right(const Product& product) {
  if (product.left.size() != 1) return false;  // a linear term is on the right as it is
  return product.right.size() != 1 || product.left[0].data.width() < product.right[0].data.width();
}

std::vector<Product> make_products(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                   const Expression& expression) {
  std::vector<Product> out;
  out.reserve(expression.linear.size() + expression.products.size());
  const auto add = [&](std::int64_t coefficient, std::span<const LinearTerm> left, std::span<const LinearTerm> right) {
    Product product{coefficient, make_cursors(circuit, trace, domain, left),
                    make_cursors(circuit, trace, domain, right), std::vector<bool>(domain.extent.size(), false)};
    mark_axes(left, product.used);
    mark_axes(right, product.used);
    if (left_belongs_on_the_right(product)) std::swap(product.left, product.right);
    out.push_back(std::move(product));
  };
  for (const LinearTerm& term : expression.linear) add(1, {}, {&term, 1});
  for (const ProductTerm& product : expression.products) {
    if (product.left.empty() || product.right.empty()) continue;  // an empty form is zero
    add(product.coefficient, product.left, product.right);
  }
  return out;
}

// ---- do all sums fit 64 bits?

// Products and sums of magnitudes, exact below this bound.
constexpr Int128 kTooLarge = Int128{1} << 62;
constexpr Int128 kExactInDoubles = Int128{1} << 53;

Int128 capped(Int128 value) { return std::min(value, kTooLarge); }

// At least 1, so that what multiplies it is bounded too; less than twice the largest.
Int128 largest_magnitude(const IntegerView& data) {
  if (data.width() != IntegerWidth::k64) return Int128{1} << (8 * width_bytes(data.width()) - 1);
  return data.visit([&](const auto* entries) {
    std::int64_t bits = 0;  // of all magnitudes together, of -1 - entry for those below 0
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::int64_t entry = entries[i];
      bits |= entry ^ (entry >> 63);
    }
    return static_cast<Int128>(bits) + 1;
  });
}

Int128 magnitude(std::int64_t value) { return std::max<Int128>(1, value < 0 ? -static_cast<Int128>(value) : value); }

Int128 form_bound(const Cursors& cursors) {
  Int128 bound = cursors.empty() ? 1 : 0;
  for (const ViewCursor& cursor : cursors) {
    bound = capped(bound + capped(magnitude(cursor.coefficient)) * capped(largest_magnitude(cursor.data)));
  }
  return bound;
}

// Bounds every partial sum of every order.
Int128 bound_of(const Domain& domain, const Product& product) {
  Int128 bound = capped(form_bound(product.left) * form_bound(product.right));
  bound = capped(bound * capped(magnitude(product.coefficient)));
  for (std::size_t axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
    if (product.used[axis]) bound = capped(bound * capped(domain.extent[axis]));
  }
  return bound;
}

// ---- walking

// One flat position for each cursor, and the place in the output, while the axes but the inner one are walked.
class Walk {
 public:
  // Keeps references to both.
  Walk(const Domain& domain, const Product& product) : domain_(domain) {
    index_.assign(domain.extent.size(), 0);
    strides_.reserve(product.left.size() + product.right.size() + 1);
    flat_.reserve(strides_.capacity());
    for (const Cursors* cursors : {&product.left, &product.right}) {
      for (const ViewCursor& cursor : *cursors) add(cursor.strides, cursor.base);
    }
    out_strides_.assign(domain.extent.size(), 0);
    std::int64_t stride = 1;
    for (std::size_t axis = domain.box_rank; axis-- > 0; stride *= domain.extent[axis]) out_strides_[axis] = stride;
    add(out_strides_, 0);
    choose_axes(product.used);
  }

  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  const std::optional<AxisId>& inner() const { return inner_; }
  std::int64_t inner_length() const { return inner_ ? domain_.extent[*inner_] : 1; }
  std::int64_t out_stride() const { return inner_ ? out_strides_[*inner_] : 0; }
  std::int64_t out() const { return flat_.back(); }
  std::int64_t flat(std::size_t cursor) const { return flat_[cursor]; }
  const std::vector<std::int64_t>& index() const { return index_; }

  bool next() {
    for (std::size_t i = outer_.size(); i-- > 0;) {
      const AxisId axis = outer_[i];
      if (++index_[axis] < domain_.extent[axis]) {
        move(axis, 1);
        return true;
      }
      move(axis, 1 - domain_.extent[axis]);
      index_[axis] = 0;
    }
    return false;
  }

 private:
  void add(const std::vector<std::int64_t>& strides, std::int64_t base) {
    strides_.push_back(&strides);
    flat_.push_back(base);
  }

  void move(AxisId axis, std::int64_t steps) {
    for (std::size_t i = 0; i < flat_.size(); ++i) flat_[i] += steps * (*strides_[i])[axis];
  }

  std::int64_t total_stride(AxisId axis) const {
    std::int64_t total = 0;
    for (const std::vector<std::int64_t>* strides : strides_) total += std::abs((*strides)[axis]);
    return total;
  }

  // A run costs about as much as 16 entries; an entry far from the one before costs a cache line.
  double cost(AxisId axis) const {
    return 16.0 / static_cast<double>(domain_.extent[axis]) +
           0.25 * static_cast<double>(std::min<std::int64_t>(total_stride(axis), 8));
  }

  void choose_axes(const std::vector<bool>& used) {
    for (AxisId axis = 0; axis < domain_.extent.size(); ++axis) {
      if (domain_.extent[axis] > 1 && (axis < domain_.box_rank || used[axis])) outer_.push_back(axis);
    }
    if (outer_.empty()) return;
    std::stable_sort(outer_.begin(), outer_.end(),
                     [this](AxisId a, AxisId b) { return total_stride(a) > total_stride(b); });
    const auto best =
        std::min_element(outer_.begin(), outer_.end(), [this](AxisId a, AxisId b) { return cost(a) < cost(b); });
    inner_ = *best;
    outer_.erase(best);
  }

  const Domain& domain_;
  std::vector<AxisId> outer_;  // the last moves fastest
  std::optional<AxisId> inner_;
  std::vector<std::int64_t> index_;
  std::vector<std::int64_t> out_strides_;
  std::vector<const std::vector<std::int64_t>*> strides_;  // by cursor, then the output's
  std::vector<std::int64_t> flat_;
};

ViewRun current_run(const Walk& walk, const ViewCursor& cursor, std::size_t position) {
  return run_along(cursor, walk.index(), walk.inner(), walk.inner_length(), walk.flat(position));
}

// The left factor along the inner axis.
template <class Sum>
class LeftRow {
 public:
  LeftRow(const Walk& walk, const Cursors& cursors) : cursors_(cursors) {
    const bool constant = std::all_of(cursors.begin(), cursors.end(), [&](const ViewCursor& cursor) {
      return cursor.bounded && (!walk.inner() || cursor.strides[*walk.inner()] == 0);
    });
    stride_ = constant ? 0 : 1;
    buffer_.resize(constant ? 1 : static_cast<std::size_t>(walk.inner_length()));
  }

  // The row stays as it is while the walk moves along axes that the factor has not.
  Row<Sum> at(const Walk& walk) {
    if (!moved(walk)) return {buffer_.data(), stride_};
    if (cursors_.empty()) {
      buffer_[0] = 1;
      return {buffer_.data(), 0};
    }
    std::fill(buffer_.begin(), buffer_.end(), Sum{0});
    const Sum one = 1;
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
      ViewRun run = current_run(walk, cursors_[i], i);
      if (stride_ == 0) run.end = 1;
      add_run<Sum>(run, static_cast<Sum>(cursors_[i].coefficient), Row<Sum>{&one, 0}, buffer_.data(), 1);
    }
    return {buffer_.data(), stride_};
  }

 private:
  bool moved(const Walk& walk) {
    bool moved = !started_;
    started_ = true;
    flats_.resize(cursors_.size());
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
      moved = moved || !cursors_[i].bounded || flats_[i] != walk.flat(i);
      flats_[i] = walk.flat(i);
    }
    return moved;
  }

  const Cursors& cursors_;
  std::int64_t stride_ = 1;
  std::vector<Sum> buffer_;
  std::vector<std::int64_t> flats_;
  bool started_ = false;
};

// A whole tensor whose elements lie in the order of the box: one run.
bool is_whole(const Domain& domain, const Product& product) {
  if (!product.left.empty() || product.right.size() != 1) return false;
  const ViewCursor& cursor = product.right[0];
  std::int64_t stride = 1;
  for (AxisId axis = static_cast<AxisId>(domain.extent.size()); axis-- > 0;) {
    if (domain.extent[axis] == 1) continue;
    if (axis >= domain.box_rank || cursor.strides[axis] != stride) return false;
    stride *= domain.extent[axis];
  }
  return cursor.bounded && cursor.base == 0 && stride == static_cast<std::int64_t>(cursor.data.size());
}

template <class Sum>
void add_product(const Domain& domain, const Product& product, std::vector<Sum>& out) {
  if (is_whole(domain, product)) {
    const ViewCursor& cursor = product.right[0];
    const Sum one = 1;
    const ViewRun run{cursor.data, 0, 1, 0, static_cast<std::int64_t>(out.size())};
    const Sum factor = static_cast<Sum>(product.coefficient) * static_cast<Sum>(cursor.coefficient);
    return add_run<Sum>(run, factor, Row<Sum>{&one, 0}, out.data(), 1);
  }
  Walk walk(domain, product);
  LeftRow<Sum> left(walk, product.left);
  do {
    const Row<Sum> row = left.at(walk);
    for (std::size_t i = 0; i < product.right.size(); ++i) {
      const ViewRun run = current_run(walk, product.right[i], product.left.size() + i);
      const Sum factor = static_cast<Sum>(product.coefficient) * static_cast<Sum>(product.right[i].coefficient);
      add_run<Sum>(run, factor, row, out.data() + walk.out(), walk.out_stride());
    }
  } while (walk.next());
}

template <class Sum>
std::vector<Sum> evaluate_in(const Domain& domain, const std::vector<Product>& products,
                             const std::vector<Int128>& bounds) {
  std::vector<Sum> out(static_cast<std::size_t>(domain.box_size()), 0);
  for (std::size_t i = 0; i < products.size(); ++i) {
    if constexpr (std::is_signed_v<Sum>) {
      if (bounds[i] < kExactInDoubles && add_matrix_product(domain, products[i], out)) continue;
    }
    add_product(domain, products[i], out);
  }
  return out;
}

}  // namespace

std::vector<std::int64_t> BoxValues::narrowed() && {
  if (!is_wide()) return std::move(narrow);
  std::vector<std::int64_t> out;
  out.reserve(wide.size());
  for (const Int128 value : wide) out.push_back(static_cast<std::int64_t>(value));
  return out;
}

BoxValues evaluate_box(const Circuit& circuit, const Trace& trace, const Domain& domain, const Expression& expression) {
  const std::vector<Product> products = make_products(circuit, trace, domain, expression);
  std::vector<Int128> bounds;
  Int128 total = 0;
  for (const Product& product : products) {
    bounds.push_back(bound_of(domain, product));
    total = capped(total + bounds.back());
  }
  if (total < kTooLarge) return {evaluate_in<std::int64_t>(domain, products, bounds), {}};
  const std::vector<UInt128> wide = evaluate_in<UInt128>(domain, products, bounds);  // a lie may leave 128 bits, too
  return {{}, std::vector<Int128>(wide.begin(), wide.end())};
}

std::vector<Int128> evaluate_expression(const Circuit& circuit, const Trace& trace, const Domain& domain,
                                        const Expression& expression) {
  BoxValues values = evaluate_box(circuit, trace, domain, expression);
  if (values.is_wide()) return std::move(values.wide);
  return {values.narrow.begin(), values.narrow.end()};
}

BoxValues evaluate_form(const Circuit& circuit, const Trace& trace, const Domain& domain, const Form& form) {
  const Domain whole{domain.extent, static_cast<std::uint32_t>(domain.extent.size())};
  return evaluate_box(circuit, trace, whole, linear_expression(form));
}

}  // namespace veil
