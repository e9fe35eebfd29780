#include "tensor/product.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/cpu.h"

namespace veil {
namespace {

// A tile of 4 x 8 sums stays in registers; a strip of the right side (kDepth x kStrip) in the first cache, and the
// block of strips in the second.
constexpr std::size_t kTileRows = 4;
constexpr std::size_t kStrip = 8;
constexpr std::size_t kDepth = 256;
constexpr std::size_t kColumns = 512;

typedef double Wide4 __attribute__((vector_size(32)));
typedef double Wide8 __attribute__((vector_size(64)));

// Copies, since a row of the result starts at any address: references to vectors lose their alignment with some
// compilers.
template <class Wide>
inline __attribute__((always_inline)) void load(Wide& to, const double* from) {
  std::memcpy(&to, from, sizeof to);
}
template <class Wide>
inline __attribute__((always_inline)) void store(double* to, const Wide& from) {
  std::memcpy(to, &from, sizeof from);
}

template <class Wide>
inline __attribute__((always_inline)) void tile_body(const double* left, const double* right, std::size_t depth,
                                                     double* out, std::size_t out_row) {
  constexpr std::size_t kWidth = sizeof(Wide) / sizeof(double), kParts = kStrip / kWidth;
  Wide sums[kTileRows][kParts];
  for (std::size_t i = 0; i < kTileRows; ++i) {
    for (std::size_t part = 0; part < kParts; ++part) load(sums[i][part], out + i * out_row + kWidth * part);
  }
  for (std::size_t k = 0; k < depth; ++k) {
    Wide from[kParts];
    for (std::size_t part = 0; part < kParts; ++part) load(from[part], right + k * kStrip + kWidth * part);
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const double factor = left[k * kTileRows + i];
      for (std::size_t part = 0; part < kParts; ++part) sums[i][part] += factor * from[part];
    }
  }
  for (std::size_t i = 0; i < kTileRows; ++i) {
    for (std::size_t part = 0; part < kParts; ++part) store(out + i * out_row + kWidth * part, sums[i][part]);
  }
}

using Tile = void (*)(const double*, const double*, std::size_t, double*, std::size_t);

void tile_plain(const double* left, const double* right, std::size_t depth, double* out, std::size_t out_row) {
  tile_body<Wide4>(left, right, depth, out, out_row);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) void tile_avx2(const double* left, const double* right, std::size_t depth, double* out,
                                               std::size_t out_row) {
  tile_body<Wide4>(left, right, depth, out, out_row);
}

__attribute__((target("avx512f"))) void tile_avx512(const double* left, const double* right, std::size_t depth,
                                                    double* out, std::size_t out_row) {
  tile_body<Wide8>(left, right, depth, out, out_row);
}

Tile choose_tile() {
  if (kCpuLevel == CpuLevel::kIfma) return tile_avx512;
  const bool may_be_wide = kCpuLevel != CpuLevel::kPortable && __builtin_cpu_supports("avx2") != 0;
  return may_be_wide ? tile_avx2 : tile_plain;
}
#else
Tile choose_tile() { return tile_plain; }
#endif

// The part of a matrix from (row, column) on.
Matrix part_of(const Matrix& m, std::size_t row, std::size_t column) {
  return {m.data + row * m.row + column * m.column, m.row, m.column};
}

// Strips of kStrip columns, each row after row, the last filled up with zeros.
void pack_strips(const Matrix& b, std::size_t depth, std::size_t columns, double* strips) {
  for (std::size_t first = 0; first < columns; first += kStrip, strips += depth * kStrip) {
    const std::size_t width = std::min(kStrip, columns - first);
    if (width == kStrip && b.column == 1) {
      for (std::size_t k = 0; k < depth; ++k)
        std::memcpy(strips + k * kStrip, b.data + k * b.row + first, kStrip * sizeof(double));
      continue;
    }
    for (std::size_t k = 0; k < depth; ++k) {
      const double* from = b.data + k * b.row + first * b.column;
      double* to = strips + k * kStrip;
      for (std::size_t j = 0; j < width; ++j) to[j] = from[j * b.column];
      std::fill(to + width, to + kStrip, 0.0);
    }
  }
}

void pack_rows(const Matrix& a, std::size_t rows, std::size_t depth, double* packed) {
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t i = 0; i < kTileRows; ++i)
      packed[k * kTileRows + i] = i < rows ? a.data[i * a.row + k * a.column] : 0;
  }
}

// A tile at the edge is computed beside the result.
void edge_tile(Tile tile, const double* left, const double* right, std::size_t depth, std::size_t rows,
               std::size_t columns, double* out, std::size_t out_row) {
  double whole[kTileRows * kStrip] = {};
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(out + i * out_row, columns, whole + i * kStrip);
  tile(left, right, depth, whole, kStrip);
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(whole + i * kStrip, columns, out + i * out_row);
}

// With at most kDepth of depth and kColumns columns.
void multiply_block(Tile tile, const Matrix& a, const double* strips, std::size_t rows, std::size_t depth,
                    std::size_t columns, double* out, std::size_t out_row) {
  double left[kTileRows * kDepth];
  for (std::size_t i = 0; i < rows; i += kTileRows) {
    const std::size_t height = std::min(kTileRows, rows - i);
    pack_rows(part_of(a, i, 0), height, depth, left);
    for (std::size_t j = 0; j < columns; j += kStrip) {
      const std::size_t width = std::min(kStrip, columns - j);
      const double* right = strips + j * depth;
      double* to = out + i * out_row + j;
      if (height == kTileRows && width == kStrip) {
        tile(left, right, depth, to, out_row);
      } else {
        edge_tile(tile, left, right, depth, height, width, to, out_row);
      }
    }
  }
}

// A row times columns that are not next to each other, several sums at once: they do not wait for each other.
template <std::size_t kCount>
void multiply_columns(const double* row, std::size_t row_step, const Matrix& b, std::size_t depth, double* out) {
  double sums[kCount];
  std::copy_n(out, kCount, sums);
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t j = 0; j < kCount; ++j) sums[j] += row[k * row_step] * b.data[k * b.row + j * b.column];
  }
  std::copy_n(sums, kCount, out);
}

// So few rows that packing the right side would take as long as the product.
void multiply_rows(const Matrix& a, const Matrix& b, std::size_t rows, std::size_t depth, std::size_t columns,
                   double* out, std::size_t out_row) {
  for (std::size_t i = 0; i < rows; ++i) {
    const double* row = a.data + i * a.row;
    double* to = out + i * out_row;
    for (std::size_t k = 0; k < depth && b.column == 1; ++k) {
      const double factor = row[k * a.column];
      const double* from = b.data + k * b.row;
      for (std::size_t j = 0; j < columns; ++j) to[j] += factor * from[j];
    }
    std::size_t j = b.column == 1 ? columns : 0;
    for (; j + 4 <= columns; j += 4) multiply_columns<4>(row, a.column, part_of(b, 0, j), depth, to + j);
    for (; j < columns; ++j) multiply_columns<1>(row, a.column, part_of(b, 0, j), depth, to + j);
  }
}

}  // namespace

void multiply_add(const Matrix& a, const Matrix& b, std::size_t rows, std::size_t depth, std::size_t columns,
                  double* out, std::size_t out_row) {
  if (rows < kTileRows || columns == 1) return multiply_rows(a, b, rows, depth, columns, out, out_row);
  static const Tile tile = choose_tile();
  std::vector<double> strips((std::min(columns, kColumns) + kStrip) * std::min(depth, kDepth));
  for (std::size_t j = 0; j < columns; j += kColumns) {
    const std::size_t width = std::min(kColumns, columns - j);
    for (std::size_t k = 0; k < depth; k += kDepth) {
      const std::size_t deep = std::min(kDepth, depth - k);
      pack_strips(part_of(b, k, j), deep, width, strips.data());
      multiply_block(tile, part_of(a, 0, k), strips.data(), rows, deep, width, out + j, out_row);
    }
  }
}

}  // namespace veil
