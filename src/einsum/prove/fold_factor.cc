#include "einsum/prove/fold_factor.h"

#include <utility>

#include "circuit/view_run.h"
#include "claim/weighted_sum_of_rows.h"
#include "poly/eq.h"

namespace veil {

namespace {

// ---- integers with one stride an axis

struct StridedAxis {
  std::size_t length = 1;
  std::ptrdiff_t stride = 0;
};

// Joins neighbours that are one axis in memory, so that the last axis is as long as it can be.
std::vector<StridedAxis> joined_axes(const std::vector<StridedAxis>& axes) {
  std::vector<StridedAxis> out;
  for (const StridedAxis& axis : axes) {
    if (axis.length == 1) continue;
    if (!out.empty() && out.back().stride == static_cast<std::ptrdiff_t>(axis.length) * axis.stride) {
      out.back() = {out.back().length * axis.length, axis.stride};
    } else {
      out.push_back(axis);
    }
  }
  if (out.empty()) out.push_back({});
  return out;
}

// The offsets of all indices of all axes but one, row-major.
std::vector<std::ptrdiff_t> offsets_without(const std::vector<StridedAxis>& axes, std::size_t left_out) {
  std::vector<std::ptrdiff_t> out{0};
  for (std::size_t d = 0; d < axes.size(); ++d) {
    if (d == left_out) continue;
    std::vector<std::ptrdiff_t> next;
    next.reserve(out.size() * axes[d].length);
    for (const std::ptrdiff_t offset : out) {
      for (std::size_t i = 0; i < axes[d].length; ++i) {
        next.push_back(offset + static_cast<std::ptrdiff_t>(i) * axes[d].stride);
      }
    }
    out = std::move(next);
  }
  return out;
}

// The same axes where values lie row-major.
std::vector<StridedAxis> row_major(std::vector<StridedAxis> axes) {
  std::ptrdiff_t stride = 1;
  for (std::size_t d = axes.size(); d-- > 0;) {
    axes[d].stride = stride;
    stride *= static_cast<std::ptrdiff_t>(axes[d].length);
  }
  return axes;
}

// The axis to go along within a matrix: the last one, whose results lie side by side, unless it is short, or its
// entries are further apart than those of another one, and that one is longer.
std::size_t column_axis(const std::vector<StridedAxis>& kept) {
  constexpr std::size_t kLong = 256;
  const std::size_t last = kept.size() - 1;
  if (kept[last].stride == 1 && kept[last].length >= kLong) return last;
  std::size_t best = last;
  for (std::size_t d = 0; d < kept.size(); ++d) {
    if (kept[d].length > kept[best].length) best = d;
  }
  return best;
}

// out[k] += sum_f weights[f] * data[first + offset(f) + offset(k)], f and k row-major over their axes.
void fold_strided(const IntegerView& data, std::ptrdiff_t first, const std::vector<StridedAxis>& folded,
                  const std::vector<StridedAxis>& kept, std::span<const Fr> weights, std::span<Fr> out) {
  const StridedAxis row = folded.back();
  const std::size_t chosen = column_axis(kept);
  const StridedAxis column = kept[chosen], result = row_major(kept)[chosen];
  const std::vector<std::ptrdiff_t> entries = offsets_without(kept, chosen);
  const std::vector<std::ptrdiff_t> results = offsets_without(row_major(kept), chosen);
  const std::vector<std::ptrdiff_t> rows = offsets_without(folded, folded.size() - 1);
  std::vector<Fr> apart(result.stride == 1 ? 0 : column.length);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    Fr* const to = out.data() + results[k];
    const std::span<Fr> sums = result.stride == 1 ? std::span<Fr>(to, column.length) : std::span<Fr>(apart);
    for (std::size_t f = 0; f < rows.size(); ++f) {
      const std::ptrdiff_t entry = first + entries[k] + rows[f];
      const void* start = data.visit([entry](const auto* values) { return static_cast<const void*>(values + entry); });
      const IntegerMatrixView matrix{start, data.width(), row.length, column.length, row.stride, column.stride};
      weighted_sum_of_rows(weights.subspan(f * row.length, row.length), matrix, sums);
    }
    for (std::size_t j = 0; j < apart.size(); ++j) {
      to[static_cast<std::ptrdiff_t>(j) * result.stride] += std::exchange(apart[j], Fr::zero());
    }
  }
}

// ---- forms

std::vector<StridedAxis> strided_axes(const Domain& domain, const std::vector<AxisId>& axes, const ViewCursor& cursor) {
  std::vector<StridedAxis> out;
  for (const AxisId axis : axes) {
    out.push_back({static_cast<std::size_t>(domain.extent[axis]), static_cast<std::ptrdiff_t>(cursor.strides[axis])});
  }
  return joined_axes(out);
}

void fold_view(const ViewCursor& cursor, const Domain& domain, const std::vector<AxisId>& folded,
               const std::vector<AxisId>& kept, std::span<const Fr> weights, std::span<Fr> out) {
  fold_strided(cursor.data, cursor.base, strided_axes(domain, folded, cursor), strided_axes(domain, kept, cursor),
               weights, out);
  if (cursor.coefficient == 1) return;
  const Fr coefficient = Fr::from_int(cursor.coefficient);
  for (Fr& value : out) value *= coefficient;
}

// The form and a domain in which the chosen axes are the only ones, in the given order.
BoxValues evaluate_by_axes(const Circuit& circuit, const Trace& trace, const Form& form, const Domain& domain,
                           const std::vector<AxisId>& axes) {
  std::vector<AxisId> position(domain.extent.size(), 0);
  Domain chosen;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    position[axes[i]] = static_cast<AxisId>(i);
    chosen.extent.push_back(domain.extent[axes[i]]);
  }
  Form moved = form;
  for (LinearTerm& term : moved) {
    for (AxisIndex& index : term.view.index) {
      for (AxisTerm& axis_term : index.terms) axis_term.axis = position[axis_term.axis];
    }
  }
  return evaluate_form(circuit, trace, chosen, moved);
}

// Narrowed first: rows of 16 bits are folded several times as fast as rows of 64.
void fold_values(BoxValues values, std::span<const Fr> weights, std::span<Fr> out) {
  if (!values.is_wide()) {
    const IntegerArray narrow(values.narrow);
    std::vector<std::int64_t>().swap(values.narrow);
    const auto columns = static_cast<std::ptrdiff_t>(out.size());
    weighted_sum_of_rows(weights, {narrow.view().data(), narrow.width(), weights.size(), out.size(), columns, 1}, out);
    return;
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {  // only a lying trace is so large
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += weights[i] * Fr::from_int128(values[i * out.size() + j]);
  }
}

std::vector<Fr> outer_weights(const AxisWeights& weights, const std::vector<AxisId>& axes) {
  std::vector<Fr> out{Fr::one()};
  for (const AxisId axis : axes) {
    if (out.size() == 1 && out[0] == Fr::one()) {
      out = weights[axis].values;
      continue;
    }
    std::vector<Fr> next;
    next.reserve(out.size() * weights[axis].values.size());
    for (const Fr& a : out) {
      for (const Fr& b : weights[axis].values) next.push_back(a * b);
    }
    out = std::move(next);
  }
  return out;
}

// Spreads values over real lengths to the padded cube of the axes: a run of the last axis at a time.
std::vector<Fr> padded(std::vector<Fr> values, const Domain& domain, const std::vector<AxisId>& axes) {
  const std::size_t size = std::size_t{1} << axes_bits(domain, axes);
  if (values.size() == size) return values;
  std::vector<Fr> out(size);
  std::vector<std::int64_t> index(axes.size(), 0);
  const auto run = static_cast<std::ptrdiff_t>(domain.extent[axes.back()]);
  for (auto from = values.begin(); from != values.end(); from += run) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const unsigned bits = log2_ceil(static_cast<std::size_t>(domain.extent[axes[i]]));
      position = position << bits | static_cast<std::size_t>(index[i]);
    }
    std::copy(from, from + run, out.begin() + static_cast<std::ptrdiff_t>(position));
    for (std::size_t i = axes.size() - 1; i-- > 0;) {
      if (++index[i] < domain.extent[axes[i]]) break;
      index[i] = 0;
    }
  }
  return out;
}

}  // namespace

std::vector<Fr> fold_factor(const Circuit& circuit, const Trace& trace, const Form& form, const Term& term,
                            const AxisWeights& folded) {
  const Domain& domain = *term.domain;
  std::vector<AxisId> folded_axes;
  for (AxisId axis = 0; axis < folded.size(); ++axis) {
    if (!folded[axis].values.empty()) folded_axes.push_back(axis);
  }
  const std::vector<AxisId> kept = term.kept();
  const std::vector<Fr> weights = outer_weights(folded, folded_axes);
  std::size_t size = 1;
  for (const AxisId axis : kept) size *= static_cast<std::size_t>(domain.extent[axis]);
  std::vector<Fr> out(size);
  if (form.size() == 1 && form[0].view.tensor) {
    const ViewCursor cursor = make_cursor(circuit, trace, domain, form[0]);
    if (cursor.bounded) {
      fold_view(cursor, domain, folded_axes, kept, weights, out);
      return padded(std::move(out), domain, kept);
    }
  }
  std::vector<AxisId> axes = folded_axes;
  axes.insert(axes.end(), kept.begin(), kept.end());
  fold_values(evaluate_by_axes(circuit, trace, form, domain, axes), weights, out);
  return padded(std::move(out), domain, kept);
}

}  // namespace veil
