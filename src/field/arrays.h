// Operations over arrays of field elements: the places where proving time goes. Each is one entry of a FieldKernels
// table that is chosen once (base/cpu.h), so a faster kernel never touches a caller. All kernels give equal results.
// Sizes that must agree are checked in every build and abort when they do not. Large arrays are shared between threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "field/fq.h"
#include "field/fr.h"

namespace veil {

// Replaces every value by its inverse; zeros stay zero. One inversion and three multiplications an element.
void batch_inverse(std::span<Fr> values);
void batch_inverse(std::span<Fq> values);

// Replaces every value v by v^((q+1)/4): a square root where v has one, something else where it has none.
void square_root_candidates(std::span<Fq> values);

// sum_i a[i] * b[i]; equal sizes.
Fr inner_product(std::span<const Fr> a, std::span<const Fr> b);
// sum_i weights[i] * values[i]; equal sizes, exact for every int64. Several times faster than field times field.
Fr inner_product(std::span<const Fr> weights, std::span<const std::int64_t> values);

// Binds the first (most significant) variable of a multilinear table to r. With h = size / 2, for i < h:
//   table[i] += r * (table[i + h] - table[i])
// The result is the first half; the second half is left as it was. The size must be even.
void fold(std::span<Fr> table, const Fr& r);

// y[i] += a * x[i]; equal sizes. x may be y itself but must not overlap it otherwise.
void axpy(std::span<Fr> y, const Fr& a, std::span<const Fr> x);
void axpy(std::span<Fr> y, const Fr& a, std::span<const std::int64_t> x);

// Integers of several columns and a factor of each.
struct IntegerColumns {
  static constexpr std::size_t kMaxWidth = 4;
  std::size_t width = 0;
  std::array<const std::int64_t*, kMaxWidth> data{};
  std::array<Fr, kMaxWidth> factors;

  IntegerColumns from(std::size_t index) const {
    IntegerColumns out = *this;
    for (std::size_t k = 0; k < width; ++k) out.data[k] += index;
    return out;
  }
};
// out[i] = base + sum_k factors[k] data[k][2 i + parity], parity 0 or 1; exact for every int64.
void combine_alternate(std::span<Fr> out, const Fr& base, const IntegerColumns& columns, std::size_t parity);

// out[i] = a * x[i]; equal sizes. out may be x itself but must not overlap it otherwise.
void scale(std::span<Fr> out, const Fr& a, std::span<const Fr> x);

// high[i] = r * low[i], low[i] -= high[i]; equal sizes. A table of eq grows so by one variable, its new first one.
void split(std::span<Fr> low, std::span<Fr> high, const Fr& r);

// out[i] = low[i] + r (high[i] - low[i]); equal sizes. out may be low itself but must not overlap it otherwise.
void fold(std::span<Fr> out, std::span<const Fr> low, std::span<const Fr> high, const Fr& r);

// ---- Rounds of sumchecks. A table holds a multilinear polynomial with its first variable X as the two halves:
// t(X, i) = t[i] + X (t[i + half] - t[i]).

// sum_i left(X, i) right(X, i) = constant + linear X + square X^2, without the linear coefficient, which the claim
// gives. Equal, even sizes.
struct ProductRound {
  Fr constant;
  Fr square;
};
ProductRound& operator+=(ProductRound& a, const ProductRound& b);
ProductRound product_round(std::span<const Fr> left, std::span<const Fr> right);

// sum_i eq[i] left(X, i) right(X, i) as its values at 0 and 1 and its coefficient of X^2. left and right have twice the
// size of eq.
struct WeightedRound {
  Fr lower;
  Fr upper;
  Fr steps;
};
WeightedRound weighted_round(std::span<const Fr> eq, std::span<const Fr> left, std::span<const Fr> right);

// ---- Fractions, for a tree of their sums. Whoever calls these gives them blocks that fit a cache, and shares the
// blocks between threads.

// Rows of two fractions, p0 / q0 and p1 / q1, as four arrays. Functions say where p0, p1 and q0 may be absent, null.
template <class Element>
struct FractionRows {
  Element* p0;
  Element* p1;
  Element* q0;
  Element* q1;

  FractionRows from(std::size_t row) const { return {at(p0, row), at(p1, row), at(q0, row), at(q1, row)}; }
  operator FractionRows<const Element>() const { return {p0, p1, q0, q1}; }

 private:
  static Element* at(Element* array, std::size_t row) { return array == nullptr ? nullptr : array + row; }
};
using Fractions = FractionRows<const Fr>;
using MutableFractions = FractionRows<Fr>;

// Row i of `out` becomes the sums of rows 2i and 2i + 1: p0 q1 + p1 q0 and q0 q1. No overlap. Without p0 and p1 they
// are 1.
void add_fractions(const MutableFractions& out, const Fractions& rows, std::size_t count);

// sum_i eq[i] (p0 q1 + p1 q0)(X, i) where X is 0 in the rows of `low` and 1 in those of `high`. Without p1 and q0, in
// all rows alike, sum_i eq[i] (p0 q1)(X, i); so also below.
ProductRound fraction_round(std::span<const Fr> eq, const Fractions& low, const Fractions& high);

// A round after another: what the coin r of the one leaves, which is stored, and the sums of the next.
//   low  = from.low[0]  + r (from.high[0] - from.low[0])
//   high = from.low[1]  + r (from.high[1] - from.low[1])
// low may be from.low[0] itself, and high from.low[1].
struct FractionPairs {
  std::array<Fractions, 2> low;
  std::array<Fractions, 2> high;
};
ProductRound fold_fraction_round(std::span<const Fr> eq, const MutableFractions& low, const MutableFractions& high,
                                 const FractionPairs& from, const Fr& r);

// out[j] += sum_i weights[i] data[i * row_stride + j], i < weights.size(), j < out.size(): a matrix of small integers
// folded with field weights, several times faster than by axpy.
void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int8_t* data,
                       std::ptrdiff_t row_stride);
void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int16_t* data,
                       std::ptrdiff_t row_stride);

// 1, x, x^2, ..., x^(count-1).
std::vector<Fr> powers(const Fr& x, std::size_t count);

}  // namespace veil
