// Eight field elements at a time with AVX-512 IFMA: the engine of every kernel of the level CpuLevel::kIfma.
//
// An Octet holds eight integers, one a lane, in radix 2^52: limb k of all lanes is one register. It is CARRIED when
// limbs 0 .. 3 are below 2^52 and the value is below 2^260 (about 84p). What a multiplication needs is less, a Factor:
// it reads the low 52 bits of a limb only, so that what is above them may be anything.
//
// Domains. Stored elements are x 2^256 mod p, and multiply() gives a b 2^-260. So a product of two stored values is
// 2^-4 too small, and a product of k of them 2^(-4 (k-1)): callers mend that once, at the end, by a factor. fix() has
// no such factor: it multiplies by an element, whatever the domain of the other side.
//
// Bounds. Every function says what it needs and gives as multiples of p. p < 0.0119 2^260.
//
// These functions may be inlined only where VEIL_IFMA_TARGET is set, and run only where the level is kIfma. Lambdas do
// not inherit the target, so there are none.
#pragma once

#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 in its own header (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <cstddef>
#include <cstdint>

#include "field/fq.h"
#include "field/fr.h"
#include "field/multiply.h"

#define VEIL_IFMA_TARGET \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2,avx512vnni,bmi2,adx")))
#define VEIL_IFMA_INLINE VEIL_IFMA_TARGET __attribute__((always_inline)) inline
#if defined(__clang__)
#define VEIL_UNROLL _Pragma("unroll")
#else
#define VEIL_UNROLL _Pragma("GCC unroll 10")
#endif

namespace veil::ifma {

inline constexpr std::size_t kLanes = 8;
inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 52) - 1;

// ---- Constants

struct Radix52 {
  std::uint64_t limb[5];
};

constexpr Radix52 to_radix52(const Limbs& x) {
  return {{x[0] & kLimbMask, (x[0] >> 52 | x[1] << 12) & kLimbMask, (x[1] >> 40 | x[2] << 24) & kLimbMask,
           (x[2] >> 28 | x[3] << 36) & kLimbMask, x[3] >> 16}};
}

constexpr Radix52 multiple(const Radix52& x, std::uint64_t k) {  // k x, carried
  Radix52 out{};
  UInt128 carry = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    carry += static_cast<UInt128>(x.limb[i]) * k;
    out.limb[i] = low64(carry) & kLimbMask;
    carry >>= 52;
  }
  return out;
}

template <class Params>
struct Constants {
  static constexpr MontgomeryConstants kField = montgomery_constants(Params::kModulus);
  static constexpr Radix52 kModulus = to_radix52(Params::kModulus);
  static constexpr std::uint64_t kNegativeInverse = kField.negative_inverse & kLimbMask;

  static constexpr Radix52 inverse_power(unsigned bits) {  // 2^-bits mod p
    Limbs x = {1, 0, 0, 0};
    for (unsigned i = 0; i < bits; ++i) x = halve_mod(x, Params::kModulus);
    return to_radix52(x);
  }
  // Their sum is below 1.6p (Fq) and 1.3p (Fr); see reduce().
  static constexpr Radix52 kFold[4] = {inverse_power(208), inverse_power(156), inverse_power(104), inverse_power(52)};

  // floor(x / p) is estimated by (top limb of x) * kReciprocal / 2^52: never too large, and too small by less than
  // 1 + 0.01 x / p.
  static constexpr std::uint64_t kReciprocal = (kLimbMask + 1) / (kModulus.limb[4] + 1);
  static_assert(kReciprocal * (kModulus.limb[4] + 1024) <= kLimbMask, "no estimate is too large, see canonical_sum()");
  struct Multiples {
    alignas(64) std::uint64_t limb[5][8];
  };
  static constexpr Multiples multiples() {
    Multiples out{};
    for (std::uint64_t k = 0; k < 8; ++k) {
      for (std::size_t i = 0; i < 5; ++i) out.limb[i][k] = multiple(kModulus, k).limb[i];
    }
    return out;
  }
  static constexpr Multiples kMultiples = multiples();
};

// ---- Registers

struct Factor {  // the low 52 bits of limbs 0 .. 3, and limb 4, are a value below 2^260
  __m512i limb[5];
};
struct Octet : Factor {};  // to be read as the function says, mostly carried
struct WideOctet {         // a sum of products, not carried
  __m512i limb[10];
};

VEIL_IFMA_INLINE __m512i broadcast(std::uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
VEIL_IFMA_INLINE __m512i low_bits(__m512i x) { return _mm512_and_si512(x, broadcast(kLimbMask)); }

VEIL_IFMA_INLINE Octet zero_octet() {
  Octet out;
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) out.limb[i] = _mm512_setzero_si512();
  return out;
}
VEIL_IFMA_INLINE WideOctet zero_wide() {
  WideOctet out;
  VEIL_UNROLL for (std::size_t i = 0; i < 10; ++i) out.limb[i] = _mm512_setzero_si512();
  return out;
}
VEIL_IFMA_INLINE Octet broadcast(const Radix52& x) {
  Octet out;
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) out.limb[i] = broadcast(x.limb[i]);
  return out;
}

// Limb by limb, without carries.
VEIL_IFMA_INLINE Octet plus(Octet a, const Octet& b) {
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) a.limb[i] = _mm512_add_epi64(a.limb[i], b.limb[i]);
  return a;
}
VEIL_IFMA_INLINE Octet minus(Octet a, const Octet& b) {
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) a.limb[i] = _mm512_sub_epi64(a.limb[i], b.limb[i]);
  return a;
}
template <class Params, std::uint64_t kMultiple>
VEIL_IFMA_INLINE Octet plus_multiple(Octet a) {  // a + kMultiple p
  constexpr Radix52 kAdded = multiple(Constants<Params>::kModulus, kMultiple);
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) a.limb[i] = _mm512_add_epi64(a.limb[i], broadcast(kAdded.limb[i]));
  return a;
}

// Limbs of any sign and size up to 2^63 -> carried; the value must be in [0, 2^260).
VEIL_IFMA_INLINE Octet carried(Octet a) {
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    a.limb[i + 1] = _mm512_add_epi64(a.limb[i + 1], _mm512_srai_epi64(a.limb[i], 52));
    a.limb[i] = low_bits(a.limb[i]);
  }
  return a;
}

// The same as a factor, and a factor as an octet.
VEIL_IFMA_INLINE Factor as_factor(Octet a) {
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    a.limb[i + 1] = _mm512_add_epi64(a.limb[i + 1], _mm512_srai_epi64(a.limb[i], 52));
  }
  return a;
}
VEIL_IFMA_INLINE Octet without_excess(const Factor& a) {
  return {{low_bits(a.limb[0]), low_bits(a.limb[1]), low_bits(a.limb[2]), low_bits(a.limb[3]), a.limb[4]}};
}

// a - b + kMultiple p, carried; b <= kMultiple p.
template <class Params, std::uint64_t kMultiple>
VEIL_IFMA_INLINE Octet subtract(const Octet& a, const Octet& b) {
  return carried(plus_multiple<Params, kMultiple>(minus(a, b)));
}
template <class Params, std::uint64_t kMultiple>
VEIL_IFMA_INLINE Factor subtract_as_factor(const Octet& a, const Octet& b) {
  return as_factor(plus_multiple<Params, kMultiple>(minus(a, b)));
}

// ---- Products

// sum += a b. A limb grows by less than 10 2^52, so at most 400 products are summed before reduce().
VEIL_IFMA_INLINE void accumulate(WideOctet& sum, const Factor& a, const Factor& b) {
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    VEIL_UNROLL for (std::size_t j = 0; j < 5; ++j) {
      sum.limb[i + j] = _mm512_madd52lo_epu64(sum.limb[i + j], a.limb[i], b.limb[j]);
    }
    VEIL_UNROLL for (std::size_t j = 0; j < 5; ++j) {
      sum.limb[i + j + 1] = _mm512_madd52hi_epu64(sum.limb[i + j + 1], a.limb[i], b.limb[j]);
    }
  }
}

VEIL_IFMA_INLINE WideOctet square_wide(const Factor& a) {
  WideOctet sum = zero_wide();
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    VEIL_UNROLL for (std::size_t j = i + 1; j < 5; ++j) {
      sum.limb[i + j] = _mm512_madd52lo_epu64(sum.limb[i + j], a.limb[i], a.limb[j]);
      sum.limb[i + j + 1] = _mm512_madd52hi_epu64(sum.limb[i + j + 1], a.limb[i], a.limb[j]);
    }
  }
  VEIL_UNROLL for (std::size_t k = 0; k < 10; ++k) sum.limb[k] = _mm512_add_epi64(sum.limb[k], sum.limb[k]);
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    sum.limb[2 * i] = _mm512_madd52lo_epu64(sum.limb[2 * i], a.limb[i], a.limb[i]);
    sum.limb[2 * i + 1] = _mm512_madd52hi_epu64(sum.limb[2 * i + 1], a.limb[i], a.limb[i]);
  }
  return sum;
}

// One Montgomery step: (t + m p) / 2^52 for t = t0 .. t5, m = -t0 / p mod 2^52. No limb is negative; not carried.
template <class Params>
VEIL_IFMA_INLINE Octet montgomery_limbs(__m512i t0, __m512i t1, __m512i t2, __m512i t3, __m512i t4, __m512i t5) {
  using C = Constants<Params>;
  const __m512i m = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t0, broadcast(C::kNegativeInverse));
  const __m512i cleared = _mm512_madd52lo_epu64(t0, m, broadcast(C::kModulus.limb[0]));
  t1 = _mm512_add_epi64(_mm512_madd52hi_epu64(t1, m, broadcast(C::kModulus.limb[0])), _mm512_srli_epi64(cleared, 52));
  t1 = _mm512_madd52lo_epu64(t1, m, broadcast(C::kModulus.limb[1]));
  t2 = _mm512_madd52hi_epu64(t2, m, broadcast(C::kModulus.limb[1]));
  t2 = _mm512_madd52lo_epu64(t2, m, broadcast(C::kModulus.limb[2]));
  t3 = _mm512_madd52hi_epu64(t3, m, broadcast(C::kModulus.limb[2]));
  t3 = _mm512_madd52lo_epu64(t3, m, broadcast(C::kModulus.limb[3]));
  t4 = _mm512_madd52hi_epu64(t4, m, broadcast(C::kModulus.limb[3]));
  t4 = _mm512_madd52lo_epu64(t4, m, broadcast(C::kModulus.limb[4]));
  t5 = _mm512_madd52hi_epu64(t5, m, broadcast(C::kModulus.limb[4]));
  return {{t1, t2, t3, t4, t5}};
}

// A sum T of products -> T 2^-260, carried. With T = sum_{i<4} x_i 2^(52 i) + 2^208 H, x_i < 2^52:
//   T 2^-208 = H + sum_i x_i kFold[i]  (mod p),  then one Montgomery step.
// Result < T / 2^260 + (1 + sum of kFold / p) p < T / 2^260 + 2.6p. Needs T 2^-260 + 2.6p < 84p. As all functions whose
// names end in _limbs: no limb is negative, and they are not carried, which spares what follows by canonical_sum().
template <class Params>
VEIL_IFMA_INLINE Octet reduce_limbs(WideOctet t) {
  using C = Constants<Params>;
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    t.limb[i + 1] = _mm512_add_epi64(t.limb[i + 1], _mm512_srli_epi64(t.limb[i], 52));
  }
  // madd52 reads the low 52 bits only, so that limbs 0 .. 3 need no masks.
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    VEIL_UNROLL for (std::size_t j = 0; j < 5; ++j) {
      t.limb[4 + j] = _mm512_madd52lo_epu64(t.limb[4 + j], t.limb[i], broadcast(C::kFold[i].limb[j]));
      t.limb[5 + j] = _mm512_madd52hi_epu64(t.limb[5 + j], t.limb[i], broadcast(C::kFold[i].limb[j]));
    }
  }
  return montgomery_limbs<Params>(t.limb[4], t.limb[5], t.limb[6], t.limb[7], t.limb[8], t.limb[9]);
}
template <class Params>
VEIL_IFMA_INLINE Octet reduce(const WideOctet& t) {
  return carried(reduce_limbs<Params>(t));
}

// a b 2^-260 < 2.6p + 0.0119 (a/p) (b/p) p.
template <class Params>
VEIL_IFMA_INLINE Octet multiply_limbs(const Factor& a, const Factor& b) {
  WideOctet product = zero_wide();
  accumulate(product, a, b);
  return reduce_limbs<Params>(product);
}
template <class Params>
VEIL_IFMA_INLINE Octet multiply(const Factor& a, const Factor& b) {
  return carried(multiply_limbs<Params>(a, b));
}
template <class Params>
VEIL_IFMA_INLINE Factor multiply_as_factor(const Factor& a, const Factor& b) {
  return as_factor(multiply_limbs<Params>(a, b));
}
template <class Params>
VEIL_IFMA_INLINE Octet square_limbs(const Factor& a) {
  return reduce_limbs<Params>(square_wide(a));
}
template <class Params>
VEIL_IFMA_INLINE Octet square(const Factor& a) {
  return carried(square_limbs<Params>(a));
}

// A fixed element r as factor: power[i] = r 2^(52 (i + 1)) mod p, r itself (no domain).
struct Fixed {
  Radix52 power[5];
};

template <class Field>
inline Fixed fixed(const Field& r) {
  constexpr Limbs kPowers[5] = {power_of_two_mod(Field::kModulus, 52), power_of_two_mod(Field::kModulus, 104),
                                power_of_two_mod(Field::kModulus, 156), power_of_two_mod(Field::kModulus, 208),
                                power_of_two_mod(Field::kModulus, 260)};
  Fixed out{};
  for (std::size_t i = 0; i < 5; ++i) out.power[i] = to_radix52((r * Field::from_raw(kPowers[i])).raw());  // leaves R
  return out;
}

// a r < (5 + a / 2^260) p: below 5.1p for a < 8p, in the domain of a: 61 of 101 multiplications of multiply().
template <class Params>
VEIL_IFMA_INLINE Octet fix_limbs(const Factor& a, const Fixed& r) {
  __m512i t[6];
  VEIL_UNROLL for (std::size_t i = 0; i < 6; ++i) t[i] = _mm512_setzero_si512();
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    VEIL_UNROLL for (std::size_t j = 0; j < 5; ++j) {
      t[j] = _mm512_madd52lo_epu64(t[j], a.limb[i], broadcast(r.power[i].limb[j]));
      t[j + 1] = _mm512_madd52hi_epu64(t[j + 1], a.limb[i], broadcast(r.power[i].limb[j]));
    }
  }
  return montgomery_limbs<Params>(t[0], t[1], t[2], t[3], t[4], t[5]);
}
template <class Params>
VEIL_IFMA_INLINE Octet fix(const Factor& a, const Fixed& r) {
  return carried(fix_limbs<Params>(a, r));
}

// ---- Reductions

// Lanes where limbs as carried() takes them, but for a sign of the whole, are a negative value.
VEIL_IFMA_INLINE __mmask8 is_negative(const Octet& a) {
  __m512i carry = _mm512_srai_epi64(a.limb[0], 52);
  VEIL_UNROLL for (std::size_t i = 1; i < 4; ++i) carry = _mm512_srai_epi64(_mm512_add_epi64(a.limb[i], carry), 52);
  return _mm512_movepi64_mask(_mm512_add_epi64(a.limb[4], carry));
}
VEIL_IFMA_INLINE Octet choose(__mmask8 lanes, const Octet& there, const Octet& elsewhere) {
  Octet out;
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    out.limb[i] = _mm512_mask_mov_epi64(elsewhere.limb[i], lanes, there.limb[i]);
  }
  return out;
}

// A value in [0, 2p), limbs as carried() takes them -> [0, p), carried.
template <class Params>
VEIL_IFMA_INLINE Octet below_modulus(const Octet& a) {
  const Octet less = minus(a, broadcast(Constants<Params>::kModulus));
  return carried(choose(is_negative(less), a, less));
}

// a - b of canonical values, canonical.
template <class Params>
VEIL_IFMA_INLINE Octet canonical_difference(const Octet& a, const Octet& b) {
  const Octet difference = minus(a, b);
  return carried(choose(is_negative(difference), plus_multiple<Params, 1>(difference), difference));
}

// A value in [0, 8p) -> [0, p), carried. The limbs are below 2^62, and none is negative; or, where the value is p or
// more, some of the lower four may be. Either way the top limb is what it stands for, and less than 2^10 below what
// carries would make it: 2^-35 p, which the estimate of the quotient has room for.
template <class Params>
VEIL_IFMA_INLINE Octet canonical_sum(Octet a) {
  using C = Constants<Params>;
  const __m512i quotient = _mm512_madd52hi_epu64(_mm512_setzero_si512(), a.limb[4], broadcast(C::kReciprocal));
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    const __m512i taken = _mm512_permutexvar_epi64(quotient, _mm512_load_si512(C::kMultiples.limb[i]));
    a.limb[i] = _mm512_sub_epi64(a.limb[i], taken);
  }
  return below_modulus<Params>(a);  // from [0, 1.1p)
}

// The same of limbs as carried() takes them.
template <class Params>
VEIL_IFMA_INLINE Octet canonical(const Octet& a) {
  return canonical_sum<Params>(carried(a));
}

// ---- Memory: elements of four 64-bit limbs

struct Quads {  // limb k of eight elements
  __m512i limb[4];
};

VEIL_IFMA_INLINE Factor to_factor(const Quads& q) {
  return {{q.limb[0], _mm512_shrdi_epi64(q.limb[0], q.limb[1], 52), _mm512_shrdi_epi64(q.limb[1], q.limb[2], 40),
           _mm512_shrdi_epi64(q.limb[2], q.limb[3], 28), _mm512_srli_epi64(q.limb[3], 16)}};
}
VEIL_IFMA_INLINE Octet to_octet(const Quads& q) { return without_excess(to_factor(q)); }
// 2^4 x, below 16p, which makes up for one product.
VEIL_IFMA_INLINE Factor to_lifted_factor(const Quads& q) {
  return {{_mm512_slli_epi64(q.limb[0], 4), _mm512_shrdi_epi64(q.limb[0], q.limb[1], 48),
           _mm512_shrdi_epi64(q.limb[1], q.limb[2], 36), _mm512_shrdi_epi64(q.limb[2], q.limb[3], 24),
           _mm512_srli_epi64(q.limb[3], 12)}};
}
VEIL_IFMA_INLINE Quads to_quads(const Octet& a) {  // carried
  return {{_mm512_or_si512(a.limb[0], _mm512_slli_epi64(a.limb[1], 52)),
           _mm512_or_si512(_mm512_srli_epi64(a.limb[1], 12), _mm512_slli_epi64(a.limb[2], 40)),
           _mm512_or_si512(_mm512_srli_epi64(a.limb[2], 24), _mm512_slli_epi64(a.limb[3], 28)),
           _mm512_or_si512(_mm512_srli_epi64(a.limb[3], 36), _mm512_slli_epi64(a.limb[4], 16))}};
}

// Four registers of two elements each -> limbs. Lane order 0 2 1 3 4 6 5 7 for rows in order; lane_order() is it, for
// whatever must go beside them. scatter() is the inverse.
VEIL_IFMA_INLINE __m512i lane_order() { return _mm512_setr_epi64(0, 2, 1, 3, 4, 6, 5, 7); }
VEIL_IFMA_INLINE Quads gather(__m512i r0, __m512i r1, __m512i r2, __m512i r3) {
  const __m512i even0 = _mm512_unpacklo_epi64(r0, r1), odd0 = _mm512_unpackhi_epi64(r0, r1);
  const __m512i even1 = _mm512_unpacklo_epi64(r2, r3), odd1 = _mm512_unpackhi_epi64(r2, r3);
  const __m512i first = _mm512_setr_epi64(0, 1, 4, 5, 8, 9, 12, 13);
  const __m512i second = _mm512_setr_epi64(2, 3, 6, 7, 10, 11, 14, 15);
  return {{_mm512_permutex2var_epi64(even0, first, even1), _mm512_permutex2var_epi64(odd0, first, odd1),
           _mm512_permutex2var_epi64(even0, second, even1), _mm512_permutex2var_epi64(odd0, second, odd1)}};
}
VEIL_IFMA_INLINE void scatter(const Quads& q, __m512i out[4]) {
  const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  const __m512i even0 = _mm512_permutex2var_epi64(q.limb[0], low, q.limb[2]);
  const __m512i odd0 = _mm512_permutex2var_epi64(q.limb[1], low, q.limb[3]);
  const __m512i even1 = _mm512_permutex2var_epi64(q.limb[0], high, q.limb[2]);
  const __m512i odd1 = _mm512_permutex2var_epi64(q.limb[1], high, q.limb[3]);
  out[0] = _mm512_unpacklo_epi64(even0, odd0);
  out[1] = _mm512_unpackhi_epi64(even0, odd0);
  out[2] = _mm512_unpacklo_epi64(even1, odd1);
  out[3] = _mm512_unpackhi_epi64(even1, odd1);
}

// Eight elements in a row, in lane_order().
template <class Field>
VEIL_IFMA_INLINE Quads load_quads(const Field* from) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
  return gather(_mm512_loadu_si512(bytes), _mm512_loadu_si512(bytes + 64), _mm512_loadu_si512(bytes + 128),
                _mm512_loadu_si512(bytes + 192));
}
template <class Field>
VEIL_IFMA_INLINE Octet load(const Field* from) {
  return to_octet(load_quads(from));
}
template <class Field>
VEIL_IFMA_INLINE Factor load_factor(const Field* from) {
  return to_factor(load_quads(from));
}
template <class Field>
VEIL_IFMA_INLINE void store(Field* to, const Octet& a) {  // canonical
  auto* bytes = reinterpret_cast<std::uint8_t*>(to);
  __m512i rows[4];
  scatter(to_quads(a), rows);
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) _mm512_storeu_si512(bytes + 64 * i, rows[i]);
}
// Of sixteen elements in a row the even ones and the odd ones, each in lane_order().
template <class Field>
VEIL_IFMA_INLINE void load_pairs(const Field* from, Quads& even, Quads& odd) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
  __m512i low[4], high[4];
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    const __m512i a = _mm512_loadu_si512(bytes + 128 * i), b = _mm512_loadu_si512(bytes + 128 * i + 64);
    low[i] = _mm512_shuffle_i64x2(a, b, 0x44);
    high[i] = _mm512_shuffle_i64x2(a, b, 0xee);
  }
  even = gather(low[0], low[1], low[2], low[3]);
  odd = gather(high[0], high[1], high[2], high[3]);
}

// The lanes of a canonical octet as elements, in the order of the lanes; raw limbs are taken as they are.
template <class Field>
VEIL_IFMA_INLINE void to_elements(const Octet& a, Field out[8]) {
  alignas(64) std::uint64_t limb[4][8];
  const Quads q = to_quads(a);
  for (std::size_t i = 0; i < 4; ++i) _mm512_store_si512(limb[i], q.limb[i]);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    out[lane] = Field::from_raw({limb[0][lane], limb[1][lane], limb[2][lane], limb[3][lane]});
  }
}
template <class Field>
VEIL_IFMA_INLINE Octet from_elements(const Field in[8]) {
  alignas(64) std::uint64_t limb[4][8];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t i = 0; i < 4; ++i) limb[i][lane] = in[lane].raw()[i];
  }
  return to_octet({{_mm512_load_si512(limb[0]), _mm512_load_si512(limb[1]), _mm512_load_si512(limb[2]),
                    _mm512_load_si512(limb[3])}});
}

// The sum of the eight lanes of a value in [0, 8p).
template <class Field, class Params>
VEIL_IFMA_INLINE Field sum_of_lanes(const Octet& a) {
  Field lanes[8];
  to_elements(canonical<Params>(a), lanes);
  Field sum;
  for (const Field& lane : lanes) sum += lane;
  return sum;
}

}  // namespace veil::ifma

#endif
