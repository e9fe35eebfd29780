#include "circuit/matrix_product.h"

#include <algorithm>
#include <optional>
#include <span>

#include "parallel/parallel.h"
#include "tensor/product.h"

namespace veil {

namespace {

// Of a block: 4 MB of doubles at most.
constexpr std::size_t kPlaces = 512;
constexpr std::size_t kDepth = 256;
constexpr std::size_t kRows = 256;
constexpr std::size_t kStrip = 8;  // of a product's kernel (tensor/product.cc)
// So many products are worth a thread of their own.
constexpr std::size_t kProductsOfThread = std::size_t{1} << 20;

// A factor as one view: views that read alike are added up first.
struct Operand {
  ViewCursor cursor;  // of one view; its coefficient is applied
  std::vector<std::int64_t> sums;
};

bool read_alike(const ViewCursor& a, const ViewCursor& b) {
  return a.view != nullptr && b.view != nullptr && *a.shape == *b.shape && a.view->index == b.view->index;
}

std::optional<Operand> operand_of(const Cursors& cursors) {
  if (cursors.empty() || cursors[0].view == nullptr) return std::nullopt;
  for (const ViewCursor& cursor : cursors) {
    if (!read_alike(cursors[0], cursor)) return std::nullopt;
  }
  Operand out{cursors[0], {}};
  out.cursor.coefficient = 1;
  if (cursors.size() == 1 && cursors[0].coefficient == 1) return out;
  out.sums.assign(cursors[0].data.size(), 0);
  for (const ViewCursor& cursor : cursors) {
    cursor.data.visit([&](const auto* entries) {
      for (std::size_t i = 0; i < out.sums.size(); ++i) out.sums[i] += cursor.coefficient * entries[i];
    });
  }
  return out;
}

// Some of the domain's axes as one: all their indices, row-major.
class Places {
 public:
  Places(const Domain& domain, std::vector<AxisId> axes) : domain_(domain), axes_(std::move(axes)) {
    for (const AxisId axis : axes_) size_ *= static_cast<std::size_t>(domain.extent[axis]);
  }

  std::size_t size() const { return size_; }
  const std::vector<AxisId>& axes() const { return axes_; }
  // The last axis, along which a view is read in runs, and its length.
  std::optional<AxisId> inner() const { return axes_.empty() ? std::nullopt : std::optional(axes_.back()); }
  std::size_t run() const { return axes_.empty() ? 1 : static_cast<std::size_t>(domain_.extent[axes_.back()]); }

  void set_index(std::size_t place, std::vector<std::int64_t>& index) const {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      const auto length = static_cast<std::size_t>(domain_.extent[axes_[i]]);
      index[axes_[i]] = static_cast<std::int64_t>(place % length);
      place /= length;
    }
  }

  std::vector<std::size_t> offsets(const std::vector<std::int64_t>& strides) const {
    std::vector<std::size_t> out{0};
    for (const AxisId axis : axes_) {
      const auto length = static_cast<std::size_t>(domain_.extent[axis]);
      const auto stride = static_cast<std::size_t>(strides[axis]);
      std::vector<std::size_t> longer;
      longer.reserve(out.size() * length);
      for (const std::size_t offset : out) {
        for (std::size_t i = 0; i < length; ++i) longer.push_back(offset + i * stride);
      }
      out = std::move(longer);
    }
    return out;
  }

 private:
  const Domain& domain_;
  std::vector<AxisId> axes_;
  std::size_t size_ = 1;
};

std::vector<std::int64_t> box_strides(const Domain& domain) {
  std::vector<std::int64_t> strides(domain.extent.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t axis = domain.box_rank; axis-- > 0; stride *= domain.extent[axis]) strides[axis] = stride;
  return strides;
}

bool has_axis(const Operand& operand, AxisId axis) {
  for (const AxisIndex& index : operand.cursor.view->index) {
    for (const AxisTerm& term : index.terms) {
      if (term.axis == axis) return true;
    }
  }
  return false;
}

// Are they consecutive, so that no place of them needs to be looked up?
bool is_one_run(const std::vector<std::size_t>& offsets) {
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] != offsets[i - 1] + 1) return false;
  }
  return true;
}

// What a view that stays within its tensor reads from an entry on: consecutive entries, or those at the offsets.
void read_consecutive(const Operand& operand, std::int64_t from, std::size_t count, double* to) {
  const IntegerView data = operand.sums.empty() ? operand.cursor.data : IntegerView(operand.sums);
  data.visit([&](const auto* entries) {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(entries[from + static_cast<std::int64_t>(i)]);
  });
}
void read_offsets(const Operand& operand, std::int64_t from, std::span<const std::size_t> offsets, double* to) {
  const IntegerView data = operand.sums.empty() ? operand.cursor.data : IntegerView(operand.sums);
  data.visit([&](const auto* entries) {
    for (const std::size_t offset : offsets)
      *to++ = static_cast<double>(entries[from + static_cast<std::int64_t>(offset)]);
  });
}

std::int64_t flat_of(const Operand& operand, const std::vector<std::int64_t>& index) {
  std::int64_t flat = operand.cursor.base;
  for (std::size_t axis = 0; axis < index.size(); ++axis) flat += index[axis] * operand.cursor.strides[axis];
  return flat;
}

// What any view reads at [first, first + count) of the places, at an index of the other axes.
void read_runs(const Operand& operand, const Places& places, std::size_t first, std::size_t count,
               std::vector<std::int64_t>& index, double* to) {
  const std::size_t length = places.run();
  for (std::size_t at = first; at < first + count;) {
    const std::size_t from = at % length;
    const std::size_t end = std::min(length, from + first + count - at);
    places.set_index(at - from, index);  // the inner axis at 0
    ViewRun run =
        run_along(operand.cursor, index, places.inner(), static_cast<std::int64_t>(length), flat_of(operand, index));
    if (!operand.sums.empty()) run.data = operand.sums;
    std::fill_n(to, end - from, 0.0);
    const auto begin = std::max(run.begin, static_cast<std::int64_t>(from));
    const auto last = std::min(run.end, static_cast<std::int64_t>(end));
    run.data.visit([&](const auto* entries) {
      for (std::int64_t j = begin; j < last; ++j) {
        to[j - static_cast<std::int64_t>(from)] = static_cast<double>(entries[run.first + j * run.stride]);
      }
    });
    to += end - from;
    at += end - from;
  }
}

// A product as matrices: rows of the left factor times columns of the right one, for every index of the batch.
class MatrixProduct {
 public:
  MatrixProduct(const Domain& domain, Operand left, Operand right)
      : left_(std::move(left)),
        right_(std::move(right)),
        batch_(domain, axes(domain, true, true)),
        rows_(domain, axes(domain, true, false)),
        columns_(domain, axes(domain, false, true)),
        depth_(domain, summed_axes(domain)),
        index_(domain.extent.size(), 0),
        strides_(box_strides(domain)),
        covered_(axes(domain, false, false).empty()) {}

  // The left factor is read along the depth, the right one along the columns: weights, whose entries lie one after the
  // other along the depth, belong on the left.
  bool is_better_swapped() const {
    return !is_one_run(depth_.offsets(left_.cursor.strides)) && is_one_run(depth_.offsets(right_.cursor.strides));
  }
  MatrixProduct swapped(const Domain& domain) && { return {domain, std::move(right_), std::move(left_)}; }

  bool is_worth_it() const { return covered_ && rows_.size() >= 4 && columns_.size() >= 8 && depth_.size() >= 8; }

  void add_to(std::int64_t coefficient, std::vector<std::int64_t>& out) {
    left_offsets_ = depth_.offsets(left_.cursor.strides);
    right_offsets_ = columns_.offsets(right_.cursor.strides);
    left_is_one_run_ = is_one_run(left_offsets_);
    right_is_one_run_ = is_one_run(right_offsets_);
    const std::vector<std::size_t> batch = batch_.offsets(strides_);
    const std::vector<std::size_t> rows = rows_.offsets(strides_);
    const std::vector<std::size_t> columns = columns_.offsets(strides_);
    // Places of threads that share the columns are fewer, so that there are several.
    const std::size_t share = (columns.size() + num_threads() - 1) / num_threads();
    const std::size_t places = std::min(kPlaces, (share + kStrip - 1) / kStrip * kStrip);
    const std::size_t heights = (rows.size() + kRows - 1) / kRows;
    const std::size_t widths = (columns.size() + places - 1) / places;
    const std::size_t grain = 1 + kProductsOfThread / (depth_.size() * kRows * places);
    for_ranges_of(batch.size() * widths * heights, grain, 1, [&](std::size_t begin, std::size_t end) {
      Block block(index_);
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t b = i / heights / widths;
        const std::size_t first = i / heights % widths * places;
        const std::size_t top = i % heights * kRows;
        const std::size_t width = std::min(places, columns.size() - first);
        const std::size_t height = std::min(kRows, rows.size() - top);
        batch_.set_index(b, block.index);
        multiply(block, top, height, first, width);
        for (std::size_t row = 0; row < height; ++row) {
          std::int64_t* to = out.data() + batch[b] + rows[top + row];
          for (std::size_t j = 0; j < width; ++j) {
            to[columns[first + j]] += coefficient * static_cast<std::int64_t>(block.sums[row * width + j]);
          }
        }
      }
    });
  }

 private:
  // What a thread works with.
  struct Block {
    explicit Block(std::vector<std::int64_t> start) : index(std::move(start)) {}
    std::vector<std::int64_t> index;
    std::vector<double> left, right, sums;
  };

  std::vector<AxisId> axes(const Domain& domain, bool in_left, bool in_right) const {
    std::vector<AxisId> out;
    for (AxisId axis = 0; axis < domain.box_rank; ++axis) {
      if (domain.extent[axis] > 1 && has_axis(left_, axis) == in_left && has_axis(right_, axis) == in_right) {
        out.push_back(axis);
      }
    }
    return out;
  }

  std::vector<AxisId> summed_axes(const Domain& domain) const {
    std::vector<AxisId> out;
    for (AxisId axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
      if (has_axis(left_, axis) || has_axis(right_, axis)) out.push_back(axis);
    }
    return out;
  }

  // A factor at [first, first + count) of the places, at the index of the other axes.
  static void read(const Operand& operand, const Places& places, const std::vector<std::size_t>& offsets,
                   bool is_one_run, std::size_t first, std::size_t count, std::vector<std::int64_t>& index,
                   double* to) {
    if (!operand.cursor.bounded) return read_runs(operand, places, first, count, index, to);
    if (is_one_run) {
      places.set_index(first, index);
      return read_consecutive(operand, flat_of(operand, index), count, to);
    }
    places.set_index(0, index);
    read_offsets(operand, flat_of(operand, index), std::span(offsets).subspan(first, count), to);
  }

  // sums = rows [top, top + height) * columns [first, first + width), at the batch of the block's index.
  void multiply(Block& block, std::size_t top, std::size_t height, std::size_t first, std::size_t width) const {
    block.sums.assign(height * width, 0.0);
    for (std::size_t k = 0; k < depth_.size(); k += kDepth) {
      const std::size_t deep = std::min(kDepth, depth_.size() - k);
      block.left.resize(height * deep);
      for (std::size_t i = 0; i < height; ++i) {
        rows_.set_index(top + i, block.index);
        read(left_, depth_, left_offsets_, left_is_one_run_, k, deep, block.index, &block.left[i * deep]);
      }
      block.right.resize(deep * width);
      for (std::size_t i = 0; i < deep; ++i) {
        depth_.set_index(k + i, block.index);
        read(right_, columns_, right_offsets_, right_is_one_run_, first, width, block.index, &block.right[i * width]);
      }
      multiply_add({block.left.data(), deep, 1}, {block.right.data(), width, 1}, height, deep, width, block.sums.data(),
                   width);
    }
  }

  Operand left_, right_;
  Places batch_, rows_, columns_, depth_;
  std::vector<std::int64_t> index_;
  std::vector<std::int64_t> strides_;                      // of the box
  std::vector<std::size_t> left_offsets_, right_offsets_;  // by depth, by column; may be negative, modulo 2^64
  bool left_is_one_run_ = false, right_is_one_run_ = false;
  bool covered_;  // no axis of the box is in neither factor
};

}  // namespace

bool add_matrix_product(const Domain& domain, const Product& product, std::vector<std::int64_t>& out) {
  if (product.left.empty()) return false;
  std::optional<Operand> left = operand_of(product.left);
  std::optional<Operand> right = operand_of(product.right);
  if (!left || !right) return false;
  MatrixProduct matrix(domain, std::move(*left), std::move(*right));
  if (!matrix.is_worth_it()) return false;
  if (!matrix.is_better_swapped()) {
    matrix.add_to(product.coefficient, out);
  } else {
    std::move(matrix).swapped(domain).add_to(product.coefficient, out);
  }
  return true;
}

}  // namespace veil
