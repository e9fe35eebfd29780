// Eight sums at a time. The equations are those of batch_add_plain.cc; see "Domains" in field/kernels/ifma.h.
//
// Stored coordinates are x 2^256, so that in the domain of multiply() a point is (x/16, y/16) and a slope, a quotient,
// is itself. With every inverse scaled by 1/4 the quotient is slope/4 =: L, and
//   x3/16 = L^2 - x1/16 - x2/16,   y3/16 = L * 4 (x1/16 - x3/16) - y1/16,
// so no sum pays for the change of domain; the scaling happens once an inversion.
#include "field/kernels/ifma.h"

#if defined(__x86_64__)

#include "curve/kernels/batch_add_kernels.h"

namespace veil {
namespace {

using namespace ifma;  // NOLINT: this file is written in its terms

constexpr std::size_t kMaxOctets = kSumsAnInversion / kLanes;
constexpr std::size_t kChains = 4;  // octet i belongs to chain i mod 4: products of different chains do not wait
constexpr std::size_t kFewSums = 16;

static_assert(sizeof(G1Affine) == 64);

struct Denominators {
  Factor value[kMaxOctets];
  Factor suffixes[kMaxOctets];   // product of the denominators behind, of the same chain
  __mmask8 special[kMaxOctets];  // lanes that are no general sum
};

struct PointOctet {
  Octet x;
  Octet y;  // not carried
};
static_assert(sizeof(PointRef) == 8);

VEIL_IFMA_INLINE __m512i load_x_pair(PointRef low, PointRef high) {
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(low.point()));
  return _mm512_inserti64x4(_mm512_castsi256_si512(first),
                            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(high.point())), 1);
}
// Lanes in order.
VEIL_IFMA_INLINE Quads load_x(const PointRef* p) {
  return gather(load_x_pair(p[0], p[2]), load_x_pair(p[1], p[3]), load_x_pair(p[4], p[6]), load_x_pair(p[5], p[7]));
}

VEIL_IFMA_INLINE void transpose(__m512i r[8]) {
  __m512i t[8], a[8];
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    t[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
  }
  VEIL_UNROLL for (std::size_t i = 0; i < 2; ++i) {
    a[4 * i] = _mm512_shuffle_i64x2(t[4 * i], t[4 * i + 2], 0x88);
    a[4 * i + 1] = _mm512_shuffle_i64x2(t[4 * i + 1], t[4 * i + 3], 0x88);
    a[4 * i + 2] = _mm512_shuffle_i64x2(t[4 * i], t[4 * i + 2], 0xdd);
    a[4 * i + 3] = _mm512_shuffle_i64x2(t[4 * i + 1], t[4 * i + 3], 0xdd);
  }
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i64x2(a[i], a[4 + i], 0x88);
    r[4 + i] = _mm512_shuffle_i64x2(a[i], a[4 + i], 0xdd);
  }
}
// y is negated (as p - y, in (0, p]) where the reference says so.
VEIL_IFMA_INLINE PointOctet load_points(const PointRef* p) {
  __m512i r[8];
  VEIL_UNROLL for (std::size_t i = 0; i < 8; ++i) r[i] = _mm512_loadu_si512(p[i].point());
  transpose(r);
  PointOctet out = {to_octet({{r[0], r[1], r[2], r[3]}}), to_octet({{r[4], r[5], r[6], r[7]}})};
  const __mmask8 negative = _mm512_test_epi64_mask(_mm512_loadu_si512(p), broadcast(1));
  VEIL_UNROLL for (std::size_t i = 0; i < 5; ++i) {
    out.y.limb[i] =
        _mm512_mask_sub_epi64(out.y.limb[i], negative, broadcast(Constants<FqParams>::kModulus.limb[i]), out.y.limb[i]);
  }
  return out;
}
VEIL_IFMA_INLINE void store_points(G1Affine* const* p, const Octet& x, const Octet& y) {
  const Quads qx = to_quads(x), qy = to_quads(y);
  __m512i r[8] = {qx.limb[0], qx.limb[1], qx.limb[2], qx.limb[3], qy.limb[0], qy.limb[1], qy.limb[2], qy.limb[3]};
  transpose(r);
  VEIL_UNROLL for (std::size_t i = 0; i < 8; ++i) _mm512_storeu_si512(p[i], r[i]);
}

VEIL_IFMA_INLINE __m512i any_bits(const Quads& q) {
  return _mm512_or_si512(_mm512_or_si512(q.limb[0], q.limb[1]), _mm512_or_si512(q.limb[2], q.limb[3]));
}
// Lanes with equal x, or where one x is zero (the identity has x = 0).
VEIL_IFMA_INLINE __mmask8 special_lanes(const Quads& left, const Quads& right) {
  Quads difference;
  VEIL_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    difference.limb[i] = _mm512_xor_si512(left.limb[i], right.limb[i]);
  }
  const __m512i l = any_bits(left), r = any_bits(right), d = any_bits(difference);
  return static_cast<__mmask8>(_mm512_testn_epi64_mask(l, l) | _mm512_testn_epi64_mask(r, r) |
                               _mm512_testn_epi64_mask(d, d));
}

// Replaces the denominators of special lanes: 2 y of a doubling, 1 where none is needed. The others are right.
VEIL_IFMA_TARGET __attribute__((noinline)) Factor mend_denominators(const Factor& plain, __mmask8 lanes,
                                                                    const PointRef* left, const PointRef* right) {
  Fq values[8];
  to_elements(canonical_sum<FqParams>(without_excess(plain)), values);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) == 0) continue;
    const SumKind kind = classify_sum(left[lane].value(), right[lane].value());
    if (kind == SumKind::kGeneral) continue;
    values[lane] = kind == SumKind::kDoubling ? left[lane].value().y.doubled() : Fq::one();
  }
  return from_elements(values);
}

VEIL_IFMA_TARGET __attribute__((noinline)) Factor mend_numerators(const Factor& plain, __mmask8 lanes,
                                                                  const PointRef* left, const PointRef* right) {
  Fq values[8];
  to_elements(canonical_sum<FqParams>(without_excess(plain)), values);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1) == 0) continue;
    if (classify_sum(left[lane].value(), right[lane].value()) == SumKind::kDoubling)
      values[lane] = doubling_numerator(left[lane].value());
  }
  return from_elements(values);
}

// Stores the sums of an octet, those without a slope by themselves.
VEIL_IFMA_TARGET __attribute__((noinline)) void store_special(__mmask8 lanes, const PointRef* left,
                                                              const PointRef* right, G1Affine* const* out,
                                                              const Octet& x, const Octet& y) {
  G1Affine mended[8];
  SumKind kinds[8];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    kinds[lane] = (lanes >> lane & 1) == 0 ? SumKind::kGeneral : classify_sum(left[lane].value(), right[lane].value());
    if (!needs_slope(kinds[lane]))
      mended[lane] = sum_without_slope(kinds[lane], left[lane].value(), right[lane].value());
  }
  store_points(out, x, y);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (!needs_slope(kinds[lane])) *out[lane] = mended[lane];
  }
}

// Lane by lane 1/(4 a), in the domain of multiply(); no lane is zero.
VEIL_IFMA_TARGET __attribute__((noinline)) Factor quarter_inverses(const Factor& a) {
  Fq values[8], prefixes[8];
  to_elements(canonical_sum<FqParams>(without_excess(a)), values);
  Fq product = Fq::one();
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    prefixes[lane] = product;
    product *= values[lane];
  }
  // Read as elements the lanes are 16 a; 1/(4 a) in the domain of multiply() is read as 16/(4 a) = 64/(16 a).
  Fq inverse = product.inverse() * Fq::from_u64(64);
  for (std::size_t lane = kLanes; lane-- > 0;) {
    const Fq value = values[lane];
    values[lane] = inverse * prefixes[lane];
    inverse *= value;
  }
  return from_elements(values);
}

VEIL_IFMA_INLINE void prefetch(const PointRef* p) {
  for (std::size_t i = 0; i < kLanes; ++i) __builtin_prefetch(p[i].point());
}

VEIL_IFMA_INLINE void find_denominators(const PointSums& sums, std::size_t octets, Denominators& found,
                                        Factor products[kChains]) {
  constexpr std::size_t kAhead = 3;
  for (std::size_t i = octets; i-- > 0;) {
    const PointRef* left = &sums.left[kLanes * i];
    const PointRef* right = &sums.right[kLanes * i];
    if (i >= kAhead) {
      prefetch(left - kAhead * kLanes);
      prefetch(right - kAhead * kLanes);
    }
    const Quads x1 = load_x(left), x2 = load_x(right);
    Factor denominator = subtract_as_factor<FqParams, 1>(to_octet(x2), to_octet(x1));  // < 2p
    found.special[i] = special_lanes(x1, x2);
    if (__builtin_expect(found.special[i] != 0, 0)) {
      denominator = mend_denominators(denominator, found.special[i], left, right);
    }
    Factor& product = products[i % kChains];
    found.value[i] = denominator;
    found.suffixes[i] = product;
    product = multiply_as_factor<FqParams>(product, denominator);  // < 2.7p
  }
}

// products[c] = product of chain c  ->  1/(4 products[c])
VEIL_IFMA_INLINE void invert_chains(Factor products[kChains]) {
  const Factor first = multiply_as_factor<FqParams>(products[0], products[1]);
  const Factor second = multiply_as_factor<FqParams>(products[2], products[3]);
  const Factor all = quarter_inverses(multiply_as_factor<FqParams>(first, second));
  const Factor first_inverse = multiply_as_factor<FqParams>(all, second);
  const Factor second_inverse = multiply_as_factor<FqParams>(all, first);
  const Factor old0 = products[0], old2 = products[2];
  products[0] = multiply_as_factor<FqParams>(first_inverse, products[1]);
  products[1] = multiply_as_factor<FqParams>(first_inverse, old0);
  products[2] = multiply_as_factor<FqParams>(second_inverse, products[3]);
  products[3] = multiply_as_factor<FqParams>(second_inverse, old2);
}

// Up to four octets, step by step, so that independent multiplications stand next to each other.
VEIL_IFMA_INLINE void finish_octets(const PointSums& sums, const Denominators& found, std::size_t begin,
                                    std::size_t count, Factor inverses[kChains]) {
  Octet x1[kChains], y1[kChains], x2[kChains];
  Factor quotient[kChains];
  for (std::size_t u = 0; u < count; ++u)
    quotient[u] = multiply_as_factor<FqParams>(inverses[u], found.suffixes[begin + u]);
  for (std::size_t u = 0; u < count; ++u)
    inverses[u] = multiply_as_factor<FqParams>(inverses[u], found.value[begin + u]);
  for (std::size_t u = 0; u < count; ++u) {
    const PointRef* left = &sums.left[kLanes * (begin + u)];
    const PointRef* right = &sums.right[kLanes * (begin + u)];
    const PointOctet first = load_points(left), second = load_points(right);
    x1[u] = first.x;
    y1[u] = first.y;
    x2[u] = second.x;
    Factor numerator = subtract_as_factor<FqParams, 1>(second.y, first.y);  // < 2p
    if (__builtin_expect(found.special[begin + u] != 0, 0)) {
      numerator = mend_numerators(numerator, found.special[begin + u], left, right);
    }
    quotient[u] = multiply_as_factor<FqParams>(numerator, quotient[u]);  // < 2.7p
  }
  for (std::size_t u = 0; u < count; ++u) {
    const Octet square = square_limbs<FqParams>(quotient[u]);  // < 2.7p
    // x3, from [p, 5.7p)
    x2[u] = canonical_sum<FqParams>(plus_multiple<FqParams, 3>(minus(minus(square, x1[u]), x2[u])));
  }
  for (std::size_t u = 0; u < count; ++u) {
    Octet back = plus_multiple<FqParams, 1>(minus(x1[u], x2[u]));  // < 2p
    VEIL_UNROLL for (std::size_t k = 0; k < 5; ++k) back.limb[k] = _mm512_slli_epi64(back.limb[k], 2);
    const Octet product = multiply_limbs<FqParams>(quotient[u], as_factor(back));  // < 2.6p + 8 * 2.7 * 0.0119p < 2.9p
    const Octet y3 = canonical_sum<FqParams>(plus_multiple<FqParams, 2>(minus(product, y1[u])));  // from [p, 4.9p)
    const std::size_t at = kLanes * (begin + u);
    if (__builtin_expect(found.special[begin + u] != 0, 0)) {
      store_special(found.special[begin + u], &sums.left[at], &sums.right[at], &sums.out[at], x2[u], y3);
    } else {
      store_points(&sums.out[at], x2[u], y3);
    }
  }
}

}  // namespace

// What is missing to a whole octet is filled with a sum that goes nowhere.
VEIL_IFMA_TARGET void add_batch_ifma(PointSums& sums, std::size_t count) {
  if (count < kFewSums) return add_batch_plain(sums, count);
  static const G1Affine fillers[2] = {G1Affine::generator(), G1(G1Affine::generator()).doubled().to_affine()};
  G1Affine nowhere[kLanes];
  const std::size_t octets = (count + kLanes - 1) / kLanes;
  for (std::size_t i = count; i < kLanes * octets; ++i) {
    sums.left[i] = PointRef(&fillers[0]);
    sums.right[i] = PointRef(&fillers[1]);
    sums.out[i] = &nowhere[i % kLanes];
  }
  Factor products[kChains];
  for (Factor& product : products)
    product = broadcast(to_radix52(Fq::from_u64(16).raw()));  // 1, in multiply()'s domain
  Denominators found;
  find_denominators(sums, octets, found, products);
  invert_chains(products);
  for (std::size_t i = 0; i < octets; i += kChains) {
    finish_octets(sums, found, i, octets - i < kChains ? octets - i : kChains, products);
  }
}

}  // namespace veil

#endif
