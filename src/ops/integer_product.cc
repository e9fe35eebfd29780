#include "ops/integer_product.h"

#include <algorithm>
#include <cmath>

#include "tensor/product.h"

namespace veil {

namespace {

// The labels of an operand in an order of ours, and its stride along each.
std::vector<std::int64_t> strides_by_label(const std::vector<std::int64_t>& lengths,
                                           const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> strides(lengths.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const auto label = static_cast<std::size_t>(axes[i]);
    strides[label] = stride;
    stride *= lengths[label];
  }
  return strides;
}

// Places by the given labels, first slowest.
std::vector<std::int64_t> places_by(const std::vector<std::int64_t>& lengths, const std::vector<std::size_t>& labels,
                                    const std::vector<std::int64_t>& strides) {
  std::vector<std::int64_t> places{0};
  for (const std::size_t label : labels) {
    std::vector<std::int64_t> next;
    next.reserve(places.size() * static_cast<std::size_t>(lengths[label]));
    for (const std::int64_t place : places) {
      for (std::int64_t i = 0; i < lengths[label]; ++i) next.push_back(place + i * strides[label]);
    }
    places = std::move(next);
  }
  return places;
}

template <class Number>
std::vector<Number> gathered(const IntegerView& data, const std::vector<std::int64_t>& rows,
                             const std::vector<std::int64_t>& columns, std::int64_t base) {
  std::vector<Number> out;
  out.reserve(rows.size() * columns.size());
  data.visit([&](const auto* entries) {
    for (const std::int64_t row : rows) {
      for (const std::int64_t column : columns) out.push_back(static_cast<Number>(entries[base + row + column]));
    }
  });
  return out;
}

// out[i * columns + j] = <a_i, b_j>
void multiply_rows(const std::vector<double>& a, const std::vector<double>& b, std::size_t depth,
                   std::vector<double>& out) {
  const std::size_t rows = a.size() / depth;
  const std::size_t columns = b.size() / depth;
  out.assign(rows * columns, 0);
  multiply_add({a.data(), depth, 1}, {b.data(), 1, depth}, rows, depth, columns, out.data(), columns);
}

void multiply_rows(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b, std::size_t depth,
                   std::vector<std::int64_t>& out) {
  const std::size_t rows = a.size() / depth;
  const std::size_t columns = b.size() / depth;
  out.assign(rows * columns, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      for (std::size_t k = 0; k < depth; ++k) out[i * columns + j] += a[i * depth + k] * b[j * depth + k];
    }
  }
}

// The labels by the part they play, and every operand's places along each part.
class Places {
 public:
  explicit Places(const LabelledProduct& p) {
    const std::vector<std::int64_t> x_strides = strides_by_label(p.lengths, p.x_axes);
    const std::vector<std::int64_t> y_strides = strides_by_label(p.lengths, p.y_axes);
    std::vector<std::int64_t> out_axes;
    for (std::size_t label = 0; label < p.box_rank; ++label) out_axes.push_back(static_cast<std::int64_t>(label));
    const std::vector<std::int64_t> out_strides = strides_by_label(p.lengths, out_axes);
    // Of the output: labels of both factors (batch), of x only (rows), others (columns). Then the summed ones.
    std::vector<std::size_t> batch, rows, columns, depth;
    for (std::size_t label = 0; label < p.lengths.size(); ++label) {
      const bool in_x = x_strides[label] != 0;
      const bool in_y = y_strides[label] != 0;
      (label >= p.box_rank ? depth : in_x && in_y ? batch : in_x ? rows : columns).push_back(label);
    }
    x_batch = places_by(p.lengths, batch, x_strides);
    y_batch = places_by(p.lengths, batch, y_strides);
    out_batch = places_by(p.lengths, batch, out_strides);
    x_rows = places_by(p.lengths, rows, x_strides);
    out_rows = places_by(p.lengths, rows, out_strides);
    y_columns = places_by(p.lengths, columns, y_strides);
    out_columns = places_by(p.lengths, columns, out_strides);
    x_depth = places_by(p.lengths, depth, x_strides);
    y_depth = places_by(p.lengths, depth, y_strides);
  }

  bool is_elementwise() const { return out_rows.size() * out_columns.size() * x_depth.size() == 1; }

  std::vector<std::int64_t> x_batch, y_batch, out_batch, x_rows, out_rows, y_columns, out_columns, x_depth, y_depth;
};

template <class Number>
void multiply(const Places& at, const IntegerView& x, const IntegerView& y, std::vector<std::int64_t>& out) {
  std::vector<Number> sums;
  for (std::size_t b = 0; b < at.out_batch.size(); ++b) {
    multiply_rows(gathered<Number>(x, at.x_rows, at.x_depth, at.x_batch[b]),
                  gathered<Number>(y, at.y_columns, at.y_depth, at.y_batch[b]), at.x_depth.size(), sums);
    for (std::size_t i = 0; i < at.out_rows.size(); ++i) {
      for (std::size_t j = 0; j < at.out_columns.size(); ++j) {
        out[static_cast<std::size_t>(at.out_batch[b] + at.out_rows[i] + at.out_columns[j])] =
            static_cast<std::int64_t>(sums[i * at.out_columns.size() + j]);
      }
    }
  }
}

double largest_magnitude(const IntegerView& data) {
  double largest = 0;
  data.visit([&](const auto* entries) {
    for (std::size_t i = 0; i < data.size(); ++i)
      largest = std::max(largest, std::fabs(static_cast<double>(entries[i])));
  });
  return largest;
}

}  // namespace

std::vector<std::int64_t> label_places(const std::vector<std::int64_t>& lengths, std::size_t rank,
                                       const std::vector<std::int64_t>& axes) {
  std::vector<std::size_t> labels;
  for (std::size_t label = 0; label < rank; ++label) labels.push_back(label);
  return places_by(lengths, labels, strides_by_label(lengths, axes));
}

// Whole numbers below 2^53 are exact in doubles, whatever the order of the sum.
std::vector<std::int64_t> sum_products(const LabelledProduct& product, const IntegerView& x, const IntegerView& y) {
  constexpr double kExact = 9007199254740992.0;
  const Places at(product);
  std::vector<std::int64_t> out(at.out_batch.size() * at.out_rows.size() * at.out_columns.size());
  if (at.is_elementwise()) {
    for (std::size_t b = 0; b < out.size(); ++b) {
      out[static_cast<std::size_t>(at.out_batch[b])] =
          x[static_cast<std::size_t>(at.x_batch[b])] * y[static_cast<std::size_t>(at.y_batch[b])];
    }
  } else if (largest_magnitude(x) * largest_magnitude(y) * static_cast<double>(at.x_depth.size()) < kExact) {
    multiply<double>(at, x, y, out);
  } else {
    multiply<std::int64_t>(at, x, y, out);
  }
  return out;
}

}  // namespace veil
