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

// out[i] = a * x[i]; equal sizes. out may be x itself but must not overlap it otherwise.
void scale(std::span<Fr> out, const Fr& a, std::span<const Fr> x);

// high[i] = r * low[i], low[i] -= high[i]; equal sizes. A table of eq grows so by one variable, its new first one.
void split(std::span<Fr> low, std::span<Fr> high, const Fr& r);

// ---- Rounds of sumchecks. A table holds a multilinear polynomial with its first variable X as the two halves:
// t(X, i) = t[i] + X (t[i + half] - t[i]).

// sum_i left(X, i) right(X, i) = constant + linear X + square X^2, without the linear coefficient, which the claim
// gives. Equal, even sizes.
struct ProductRound {
  Fr constant;
  Fr square;
};
ProductRound product_round(std::span<const Fr> left, std::span<const Fr> right);

// sum_i eq[i] left(X, i) right(X, i) as its values at 0 and 1 and its coefficient of X^2. left and right have twice the
// size of eq.
struct WeightedRound {
  Fr lower;
  Fr upper;
  Fr steps;
};
WeightedRound weighted_round(std::span<const Fr> eq, std::span<const Fr> left, std::span<const Fr> right);

// sum_i eq[i] (p0 q1 + q0 r1)(X, i), without the linear coefficient. Tables of 2 eq.size() elements.
struct FractionTables {
  const Fr* p0;
  const Fr* r1;
  const Fr* q0;
  const Fr* q1;
};
ProductRound fraction_round(std::span<const Fr> eq, const FractionTables& tables);

// Sums of neighbouring fractions: numerators[i] / denominators[i] = p[2i] / q[2i] + p[2i+1] / q[2i+1] as
// p[2i] q[2i+1] + p[2i+1] q[2i]  and  q[2i] q[2i+1]. p and q have twice the size of the results and do not overlap
// them.
void add_fractions(std::span<Fr> numerators, std::span<Fr> denominators, std::span<const Fr> p, std::span<const Fr> q);

// out[j] += sum_i weights[i] data[i * row_stride + j], i < weights.size(), j < out.size(): a matrix of small integers
// folded with field weights, several times faster than by axpy.
void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int8_t* data,
                       std::ptrdiff_t row_stride);
void add_weighted_rows(std::span<Fr> out, std::span<const Fr> weights, const std::int16_t* data,
                       std::ptrdiff_t row_stride);

// 1, x, x^2, ..., x^(count-1).
std::vector<Fr> powers(const Fr& x, std::size_t count);

}  // namespace veil
