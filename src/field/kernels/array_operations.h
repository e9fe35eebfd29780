// The array operations of field/arrays.h, written once over an Arithmetic: the type that says how two elements are
// multiplied and how products are accumulated. Each CPU level instantiates them with its own.
//
// Arithmetic has, for c the constants of the field, and raw limbs as field/montgomery.h stores them:
//   Limbs multiply(a, b, c)                   a b R^-1 mod p; a any 256-bit value, b < p
//   Limbs add(a, b, c), subtract(a, b, c)     mod p
//   void accumulate(Wide<9>& sum, a, b)       sum += a b                     as integers
//   void accumulate(Wide<6>& sum, a, b)       sum += a b, b a 64-bit number  as integers
//   Limbs multiply_small(a, b, c)             a b 2^-64 mod p, b a 64-bit number <= 2^63
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "field/kernels/field_kernels.h"
#include "field/multiply.h"

namespace veil {

template <std::size_t kLimbs>
using Wide = std::array<std::uint64_t, kLimbs>;

inline std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

template <class Arithmetic>
struct ArrayOperations {
  static constexpr MontgomeryConstants kFr = montgomery_constants(FrParams::kModulus);
  static constexpr Limbs kR = power_of_two_mod(FrParams::kModulus, 256);
  static constexpr Limbs kR2 = power_of_two_mod(FrParams::kModulus, 512);

  // With prefix products: out_i = v_0 ... v_{i-1}, skipping zeros; then backwards from the inverse of the whole
  // product.
  template <class Field>
  static void batch_inverse(Field* values, std::size_t count) {
    constexpr MontgomeryConstants kField = montgomery_constants(Field::kModulus);
    std::vector<Limbs> prefixes(count);
    Limbs product = Field::one().raw();
    for (std::size_t i = 0; i < count; ++i) {
      prefixes[i] = product;
      if (!values[i].is_zero()) product = Arithmetic::multiply(product, values[i].raw(), kField);
    }
    Limbs inverse = Field::from_raw(product).inverse().raw();
    for (std::size_t i = count; i-- > 0;) {
      if (values[i].is_zero()) continue;
      const Limbs value = values[i].raw();
      values[i] = Field::from_raw(Arithmetic::multiply(inverse, prefixes[i], kField));
      inverse = Arithmetic::multiply(inverse, value, kField);
    }
  }

  static void square_root_candidates(Fq* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] = values[i].square_root_candidate();
  }

  // Products are summed as integers and reduced once. sum < count p^2 < 2^64 2^508 < 2^576: nine limbs are enough.
  static Fr inner_product(const Fr* a, const Fr* b, std::size_t count) {
    Wide<9> sum{};
    for (std::size_t i = 0; i < count; ++i) Arithmetic::accumulate(sum, a[i].raw(), b[i].raw());
    return Fr::from_raw(reduce(sum));
  }
  // (low + middle R + high R^2) R^-1 mod p
  static Limbs reduce(const Wide<9>& sum) {
    const Limbs low = Arithmetic::multiply({sum[0], sum[1], sum[2], sum[3]}, {1, 0, 0, 0}, kFr);
    const Limbs middle = Arithmetic::multiply({sum[4], sum[5], sum[6], sum[7]}, kR, kFr);
    const Limbs high = Arithmetic::multiply({sum[8], 0, 0, 0}, kR2, kFr);
    return Arithmetic::add(Arithmetic::add(low, middle, kFr), high, kFr);
  }

  // Magnitudes are summed apart for the two signs: sum <= count 2^63 p < 2^64 2^63 2^254 = 2^381, six limbs.
  static Fr inner_product_int(const Fr* weights, const std::int64_t* values, std::size_t count) {
    std::array<Wide<6>, 2> sums{};
    for (std::size_t i = 0; i < count; ++i) {
      Arithmetic::accumulate(sums[values[i] < 0 ? 1 : 0], weights[i].raw(), magnitude(values[i]));
    }
    return Fr::from_raw(Arithmetic::subtract(reduce(sums[0]), reduce(sums[1]), kFr));
  }
  // low + high R mod p
  static Limbs reduce(const Wide<6>& sum) {
    const Limbs low = Arithmetic::multiply({sum[0], sum[1], sum[2], sum[3]}, kR, kFr);
    const Limbs high = Arithmetic::multiply({sum[4], sum[5], 0, 0}, kR2, kFr);
    return Arithmetic::add(low, high, kFr);
  }

  static void fold(Fr* out, const Fr* low, const Fr* high, const Fr& r, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = sum(low[i], product(difference(high[i], low[i]), r));
  }

  static void axpy(Fr* y, const Fr& a, const Fr* x, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      y[i] = Fr::from_raw(Arithmetic::add(y[i].raw(), Arithmetic::multiply(x[i].raw(), a.raw(), kFr), kFr));
    }
  }

  // a 2^64 R, for products with integers.
  static Limbs shifted(const Fr& a) {
    return Arithmetic::multiply({0, 1, 0, 0}, Arithmetic::multiply(kR2, a.raw(), kFr), kFr);
  }
  static Fr add_product(const Fr& y, const Limbs& shifted_a, std::int64_t x) {
    const Limbs product = Arithmetic::multiply_small(shifted_a, magnitude(x), kFr);
    return Fr::from_raw(x < 0 ? Arithmetic::subtract(y.raw(), product, kFr) : Arithmetic::add(y.raw(), product, kFr));
  }

  static void axpy_int(Fr* y, const Fr& a, const std::int64_t* x, std::size_t count) {
    const Limbs factor = shifted(a);
    for (std::size_t i = 0; i < count; ++i) y[i] = add_product(y[i], factor, x[i]);
  }

  static void combine_alternate(Fr* out, const Fr& base, const IntegerColumns& columns, std::size_t parity,
                                std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = base;
    for (std::size_t k = 0; k < columns.width; ++k) {
      const Limbs factor = shifted(columns.factors[k]);
      for (std::size_t i = 0; i < count; ++i) out[i] = add_product(out[i], factor, columns.data[k][2 * i + parity]);
    }
  }

  // Four chains with the step x^4: a single one would wait for each product.
  static void powers(Fr* out, const Fr& x, std::size_t count) {
    constexpr std::size_t kChains = 4;
    Fr power = Fr::one();
    for (std::size_t i = 0; i < kChains; ++i) {
      if (i < count) out[i] = power;
      power = Fr::from_raw(Arithmetic::multiply(power.raw(), x.raw(), kFr));
    }
    for (std::size_t i = kChains; i < count; ++i) {
      out[i] = Fr::from_raw(Arithmetic::multiply(out[i - kChains].raw(), power.raw(), kFr));
    }
  }

  static Fr product(const Fr& a, const Fr& b) { return Fr::from_raw(Arithmetic::multiply(a.raw(), b.raw(), kFr)); }
  static Fr sum(const Fr& a, const Fr& b) { return Fr::from_raw(Arithmetic::add(a.raw(), b.raw(), kFr)); }
  static Fr difference(const Fr& a, const Fr& b) { return Fr::from_raw(Arithmetic::subtract(a.raw(), b.raw(), kFr)); }
  static Fr product_sum(const Fr& a, const Fr& b, const Fr& c, const Fr& d) {
    return sum(product(a, b), product(c, d));
  }

  static void scale(Fr* out, const Fr& a, const Fr* x, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = product(x[i], a);
  }

  static void split(Fr* low, Fr* high, const Fr& r, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      high[i] = product(low[i], r);
      low[i] = difference(low[i], high[i]);
    }
  }

  static void add_fractions(const MutableFractions& out, const Fractions& rows, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t a = 2 * i, b = 2 * i + 1;
      const bool ones = rows.p0 == nullptr;
      out.p0[i] = ones ? sum(rows.q0[a], rows.q1[a]) : product_sum(rows.p0[a], rows.q1[a], rows.p1[a], rows.q0[a]);
      out.p1[i] = ones ? sum(rows.q0[b], rows.q1[b]) : product_sum(rows.p0[b], rows.q1[b], rows.p1[b], rows.q0[b]);
      out.q0[i] = product(rows.q0[a], rows.q1[a]);
      out.q1[i] = product(rows.q0[b], rows.q1[b]);
    }
  }

  // A column at a time. sum < rows 2^63 p, six limbs, as in inner_product_int.
  template <class T>
  static void add_weighted_rows(Fr* out, const Fr* weights, const T* data, std::size_t rows, std::ptrdiff_t row_stride,
                                std::size_t columns) {
    for (std::size_t j = 0; j < columns; ++j) {
      std::array<Wide<6>, 2> sums{};
      const T* entry = data + j;
      for (std::size_t i = 0; i < rows; ++i, entry += row_stride) {
        Arithmetic::accumulate(sums[*entry < 0 ? 1 : 0], weights[i].raw(), magnitude(*entry));
      }
      out[j] = sum(out[j], Fr::from_raw(Arithmetic::subtract(reduce(sums[0]), reduce(sums[1]), kFr)));
    }
  }

  static ProductRound product_round(const Fr* left, const Fr* right, std::size_t half, std::size_t count) {
    Wide<9> constant{};
    Wide<9> square{};
    for (std::size_t i = 0; i < count; ++i) {
      Arithmetic::accumulate(constant, left[i].raw(), right[i].raw());
      Arithmetic::accumulate(square, difference(left[i + half], left[i]).raw(),
                             difference(right[i + half], right[i]).raw());
    }
    return {Fr::from_raw(reduce(constant)), Fr::from_raw(reduce(square))};
  }

  static WeightedRound weighted_round(const Fr* eq, const Fr* left, const Fr* right, std::size_t half,
                                      std::size_t count) {
    std::array<Wide<9>, 3> sums{};
    for (std::size_t i = 0; i < count; ++i) {
      const Fr& left1 = left[i + half];
      const Fr& right1 = right[i + half];
      Arithmetic::accumulate(sums[0], eq[i].raw(), product(left[i], right[i]).raw());
      Arithmetic::accumulate(sums[1], eq[i].raw(), product(left1, right1).raw());
      Arithmetic::accumulate(sums[2], eq[i].raw(),
                             product(difference(left1, left[i]), difference(right1, right[i])).raw());
    }
    return {Fr::from_raw(reduce(sums[0])), Fr::from_raw(reduce(sums[1])), Fr::from_raw(reduce(sums[2]))};
  }

  static ProductRound fraction_round(const Fr* eq, const Fractions& low, const Fractions& high, std::size_t count) {
    Wide<9> constant{};
    Wide<9> square{};
    for (std::size_t i = 0; i < count; ++i) {
      Fr at_zero = product(low.p0[i], low.q1[i]);
      Fr slopes = product(difference(high.p0[i], low.p0[i]), difference(high.q1[i], low.q1[i]));
      if (low.p1 != nullptr) {
        at_zero = sum(at_zero, product(low.p1[i], low.q0[i]));
        slopes = sum(slopes, product(difference(high.p1[i], low.p1[i]), difference(high.q0[i], low.q0[i])));
      }
      Arithmetic::accumulate(constant, eq[i].raw(), at_zero.raw());
      Arithmetic::accumulate(square, eq[i].raw(), slopes.raw());
    }
    return {Fr::from_raw(reduce(constant)), Fr::from_raw(reduce(square))};
  }

  static ProductRound fold_fraction_round(const Fr* eq, const MutableFractions& low, const MutableFractions& high,
                                          const FractionPairs& from, const Fr& r, std::size_t count) {
    fold_rows(low, from.low[0], from.high[0], r, count);
    fold_rows(high, from.low[1], from.high[1], r, count);
    if (from.low[0].p1 != nullptr) return fraction_round(eq, low, high, count);
    return fraction_round(eq, {low.p0, nullptr, nullptr, low.q1}, {high.p0, nullptr, nullptr, high.q1}, count);
  }
  static void fold_rows(const MutableFractions& out, const Fractions& low, const Fractions& high, const Fr& r,
                        std::size_t count) {
    fold(out.p0, low.p0, high.p0, r, count);
    fold(out.q1, low.q1, high.q1, r, count);
    if (low.p1 == nullptr) return;
    fold(out.p1, low.p1, high.p1, r, count);
    fold(out.q0, low.q0, high.q0, r, count);
  }

  static constexpr FieldKernels kernels(std::string_view name) {
    return {name,
            batch_inverse<Fr>,
            batch_inverse<Fq>,
            square_root_candidates,
            inner_product,
            inner_product_int,
            fold,
            axpy,
            axpy_int,
            combine_alternate,
            powers,
            scale,
            add_fractions,
            split,
            add_weighted_rows<std::int8_t>,
            add_weighted_rows<std::int16_t>,
            product_round,
            weighted_round,
            fraction_round,
            fold_fraction_round};
  }
};

}  // namespace veil
