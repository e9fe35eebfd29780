#include "commit/row_matrix.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace veil {

RowMatrix::RowMatrix(std::size_t columns, std::span<const std::int64_t> entries) {
  VEIL_CHECK(columns != 0 && entries.size() % columns == 0);
  std::vector<IntegerWidth> widths;
  for (std::size_t at = 0; at < entries.size(); at += columns) {
    widths.push_back(narrowest_width(entries.subspan(at, columns)));
  }
  RowMatrixBuilder builder(columns, 0, widths);
  for (std::size_t row = 0; row < widths.size(); ++row) {
    builder.store(row, 0, {entries.data() + row * columns, columns, IntegerWidth::k64});
  }
  *this = std::move(builder).finish();
}

RowRange RowMatrix::rows() const {
  if (blocks_.empty()) return {};
  const RowRange& last = blocks_.back().rows;
  return {blocks_[0].rows.first, last.first + last.count - blocks_[0].rows.first};
}

std::size_t RowMatrix::size_bytes() const {
  std::size_t size = 0;
  for (const RowBlock& block : blocks_) size += block.entries.size_bytes();
  return size;
}

void RowMatrix::append(const RowMatrix& below) {
  if (below.blocks_.empty()) return;
  if (blocks_.empty()) {
    *this = below;
    return;
  }
  VEIL_CHECK(columns_ == below.columns_ && below.rows().first == rows().first + rows().count);
  blocks_.insert(blocks_.end(), below.blocks_.begin(), below.blocks_.end());
}

std::vector<std::int64_t> RowMatrix::entries(const RowRange& wanted) const {
  std::vector<std::int64_t> out;
  out.reserve(wanted.count * columns_);
  for (const RowBlock& block : blocks_) {
    const std::size_t begin = std::max(wanted.first, block.rows.first);
    const std::size_t end = std::min(wanted.first + wanted.count, block.rows.first + block.rows.count);
    if (begin >= end) continue;
    const std::size_t at = out.size();
    out.resize(at + (end - begin) * columns_);
    block.entries.view()
        .part((begin - block.rows.first) * columns_, (end - begin) * columns_)
        .copy_to(std::span(out).subspan(at));
  }
  VEIL_CHECK(out.size() == wanted.count * columns_);
  return out;
}

RowMatrixBuilder::RowMatrixBuilder(std::size_t columns, std::size_t first_row, std::span<const IntegerWidth> widths)
    : columns_(columns) {
  for (std::size_t at = 0; at < widths.size();) {
    std::size_t end = at + 1;
    while (end < widths.size() && widths[end] == widths[at]) ++end;
    blocks_.push_back(Block{{first_row + at, end - at}, IntegerBuffer((end - at) * columns, widths[at])});
    at = end;
  }
}

void RowMatrixBuilder::store(std::size_t row, std::size_t column, const IntegerView& values) {
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), row,
                                      [](std::size_t wanted, const Block& block) { return wanted < block.rows.first; });
  VEIL_CHECK(after != blocks_.begin() && column < columns_);
  Block& block = *std::prev(after);
  VEIL_CHECK(row - block.rows.first < block.rows.count);
  block.entries.store((row - block.rows.first) * columns_ + column, values);
}

RowMatrix RowMatrixBuilder::finish() && {
  RowMatrix out;
  out.columns_ = columns_;
  for (Block& block : blocks_) out.blocks_.push_back({block.rows, std::move(block.entries).finish()});
  return out;
}

}  // namespace veil
