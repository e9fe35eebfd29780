// The table of array operations that a CPU level provides. The meaning of each entry is in field/arrays.h; sizes have
// been checked by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/cpu.h"
#include "field/arrays.h"

namespace veil {

struct FieldKernels {
  std::string_view name;
  void (*batch_inverse_fr)(Fr* values, std::size_t count);
  void (*batch_inverse_fq)(Fq* values, std::size_t count);
  void (*square_root_candidates)(Fq* values, std::size_t count);
  Fr (*inner_product)(const Fr* a, const Fr* b, std::size_t count);
  Fr (*inner_product_int)(const Fr* weights, const std::int64_t* values, std::size_t count);
  void (*fold)(Fr* out, const Fr* low, const Fr* high, const Fr& r, std::size_t count);
  void (*axpy)(Fr* y, const Fr& a, const Fr* x, std::size_t count);
  void (*axpy_int)(Fr* y, const Fr& a, const std::int64_t* x, std::size_t count);
  void (*combine_alternate)(Fr* out, const Fr& base, const IntegerColumns& columns, std::size_t parity,
                            std::size_t count);
  void (*powers)(Fr* out, const Fr& x, std::size_t count);
  void (*scale)(Fr* out, const Fr& a, const Fr* x, std::size_t count);
  void (*add_fractions)(const MutableFractions& out, const Fractions& rows, std::size_t count);
  void (*split)(Fr* low, Fr* high, const Fr& r, std::size_t count);
  // out[j] += sum_i weights[i] data[i * row_stride + j]
  void (*add_weighted_rows_8)(Fr* out, const Fr* weights, const std::int8_t* data, std::size_t rows,
                              std::ptrdiff_t row_stride, std::size_t columns);
  void (*add_weighted_rows_16)(Fr* out, const Fr* weights, const std::int16_t* data, std::size_t rows,
                               std::ptrdiff_t row_stride, std::size_t columns);
  // Where two halves are read, the second is `half` elements behind the first, and `count` of each are.
  ProductRound (*product_round)(const Fr* left, const Fr* right, std::size_t half, std::size_t count);
  WeightedRound (*weighted_round)(const Fr* eq, const Fr* left, const Fr* right, std::size_t half, std::size_t count);
  ProductRound (*fraction_round)(const Fr* eq, const Fractions& low, const Fractions& high, std::size_t count);
  ProductRound (*fold_fraction_round)(const Fr* eq, const MutableFractions& low, const MutableFractions& high,
                                      const FractionPairs& from, const Fr& r, std::size_t count);
};

const FieldKernels& portable_field_kernels();
#if defined(__x86_64__)
const FieldKernels& adx_field_kernels();   // to be called only where the machine has ADX
const FieldKernels& ifma_field_kernels();  // to be called only where the machine has AVX-512 IFMA (base/cpu.h)
#endif
#if defined(__x86_64__)
void add_weighted_rows_ifma(Fr* out, const Fr* weights, const std::int8_t* data, std::size_t rows,
                            std::ptrdiff_t row_stride, std::size_t columns);
void add_weighted_rows_ifma(Fr* out, const Fr* weights, const std::int16_t* data, std::size_t rows,
                            std::ptrdiff_t row_stride, std::size_t columns);
#endif
// Those of a level, or of the nearest one below it that has its own.
const FieldKernels& field_kernels(CpuLevel level);

}  // namespace veil
