// Operations over arrays of field elements: the places where proving time goes. Each is one entry of a FieldKernels
// table that is chosen once (base/cpu.h), so a faster kernel never touches a caller. All kernels give equal results.
// Sizes that must agree are checked in every build and abort when they do not.
#pragma once

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

// 1, x, x^2, ..., x^(count-1).
std::vector<Fr> powers(const Fr& x, std::size_t count);

}  // namespace veil
