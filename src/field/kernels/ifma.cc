#include "field/kernels/ifma.h"

#if defined(__x86_64__)

#include "field/kernels/field_kernels.h"

namespace veil {
namespace {

using namespace ifma;  // NOLINT: this file is its second half

// Ends of arrays, fewer than eight elements, are left to the level below.
constexpr std::size_t whole_octets(std::size_t count) { return count & ~(kLanes - 1); }

const FieldKernels& below() { return adx_field_kernels(); }

constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }

// 2^(4 k), which makes up for k products; see "Domains" in ifma.h.
constexpr Fr kOneProduct = Fr::from_u64(16);
constexpr Fr kTwoProducts = Fr::from_u64(256);

// Of factors a, b below 3p; their sum is below 32 * 9 * 0.0119p + 2.6p < 6.1p after reduce().
constexpr std::size_t kProductsTogether = 32;

VEIL_IFMA_INLINE Fr total(const WideOctet& sum, const Fr& factor) {
  return sum_of_lanes<Fr, FrParams>(reduce<FrParams>(sum)) * factor;
}

VEIL_IFMA_INLINE Factor difference(const Octet& a, const Octet& b) {  // < 2p
  return subtract_as_factor<FrParams, 1>(a, b);
}

// a b + c d
VEIL_IFMA_INLINE Octet product_sum_limbs(const Factor& a, const Factor& b, const Factor& c, const Factor& d) {
  WideOctet sum = zero_wide();
  accumulate(sum, a, b);
  accumulate(sum, c, d);
  return reduce_limbs<FrParams>(sum);
}
VEIL_IFMA_INLINE Factor product_sum(const Factor& a, const Factor& b, const Factor& c, const Factor& d) {
  return as_factor(product_sum_limbs(a, b, c, d));
}

// v^((q+1)/4) for four octets at a time, by windows of 4 bits: one chain of squarings would wait for each.
// In the domain of multiply() a stored value is v/16, so that the result carries 16^-e, and 16^e brings it back.
constexpr std::size_t kRootOctets = 4;
constexpr Limbs kRootExponent = increment(shift_right(Fq::kModulus, 2));
constexpr Fq kRootUnit = Fq::from_u64(16).pow(kRootExponent);

VEIL_IFMA_INLINE void multiply_each(Octet a[kRootOctets], const Octet b[kRootOctets]) {
  for (std::size_t u = 0; u < kRootOctets; ++u) a[u] = ifma::multiply<FqParams>(a[u], b[u]);
}

VEIL_IFMA_TARGET void square_roots_of_octets(Fq values[kRootOctets * kLanes]) {
  constexpr int kWindows = 63;  // of 4 bits: the exponent is below 2^252
  Octet powers[16][kRootOctets];
  for (std::size_t u = 0; u < kRootOctets; ++u) {
    powers[0][u] = broadcast(to_radix52(Fq::from_u64(16).raw()));  // 1
    powers[1][u] = load(values + u * kLanes);
  }
  for (std::size_t k = 2; k < 16; ++k) {
    for (std::size_t u = 0; u < kRootOctets; ++u) {
      powers[k][u] = ifma::multiply<FqParams>(powers[k - 1][u], powers[1][u]);
    }
  }
  Octet root[kRootOctets];
  for (std::size_t u = 0; u < kRootOctets; ++u) root[u] = powers[0][u];
  for (int window = kWindows; window-- > 0;) {
    for (int bit = 0; bit < 4; ++bit) {
      for (std::size_t u = 0; u < kRootOctets; ++u) root[u] = ifma::square<FqParams>(root[u]);
    }
    const auto digit =
        static_cast<std::size_t>(kRootExponent[static_cast<std::size_t>(window) / 16] >> (4 * (window % 16)) & 15);
    if (digit != 0) multiply_each(root, powers[digit]);
  }
  const Octet unit = broadcast(to_radix52(kRootUnit.raw()));
  for (std::size_t u = 0; u < kRootOctets; ++u) {
    store(values + u * kLanes, canonical<FqParams>(ifma::multiply<FqParams>(root[u], unit)));
  }
}

void square_root_candidates(Fq* values, std::size_t count) {
  constexpr std::size_t kTogether = kRootOctets * kLanes;
  constexpr std::size_t kFew = 4;  // fewer are faster one by one
  const std::size_t whole = count / kTogether * kTogether;
  for (std::size_t i = 0; i < whole; i += kTogether) square_roots_of_octets(values + i);
  const std::size_t rest = count - whole;
  if (rest < kFew) {
    for (std::size_t i = whole; i < count; ++i) values[i] = values[i].square_root_candidate();
    return;
  }
  Fq filled[kTogether];
  for (std::size_t i = 0; i < rest; ++i) filled[i] = values[whole + i];
  square_roots_of_octets(filled);
  for (std::size_t i = 0; i < rest; ++i) values[whole + i] = filled[i];
}

VEIL_IFMA_TARGET Fr inner_product(const Fr* a, const Fr* b, std::size_t count) {
  constexpr std::size_t kTogether = 256 * kLanes;  // 256 * 0.0119p + 2.6p < 6p
  const std::size_t whole = whole_octets(count);
  Fr out;
  for (std::size_t begin = 0; begin < whole; begin += kTogether) {
    WideOctet sum = zero_wide();
    for (std::size_t i = begin; i < least(whole, begin + kTogether); i += kLanes) {
      accumulate(sum, load_factor(a + i), load_factor(b + i));
    }
    out += total(sum, kOneProduct);
  }
  return out + below().inner_product(a + whole, b + whole, count - whole);
}

// Integers in lane_order(), as two's complement plus 2^63: never negative.
VEIL_IFMA_INLINE __m512i load_biased(const std::int64_t* from) {
  const __m512i value = _mm512_permutexvar_epi64(lane_order(), _mm512_loadu_si512(from));
  return _mm512_xor_si512(value, broadcast(std::uint64_t{1} << 63));
}

// With v = value + 2^63 = v0 + 2^52 v1:  sum w v0 + 2^52 sum w v1 - 2^63 sum w.  Limbs k of w times v0 and v1 go to
// limbs k and k + 1 (low halves) and one above (high halves): weights stay below 2^(260 + 64 + 12).
VEIL_IFMA_TARGET Fr inner_product_int(const Fr* weights, const std::int64_t* values, std::size_t count) {
  constexpr std::size_t kTogether = 256 * kLanes;
  const std::size_t whole = whole_octets(count);
  Fr biased_sum;
  Fr weight_sum;
  for (std::size_t begin = 0; begin < whole; begin += kTogether) {
    WideOctet sum = zero_wide();
    Octet plain = zero_octet();
    for (std::size_t i = begin; i < least(whole, begin + kTogether); i += kLanes) {
      const Octet w = load(weights + i);
      const __m512i value = load_biased(values + i);
      const __m512i low = low_bits(value);
      const __m512i high = _mm512_srli_epi64(value, 52);
      VEIL_UNROLL for (std::size_t k = 0; k < 5; ++k) {
        sum.limb[k] = _mm512_madd52lo_epu64(sum.limb[k], w.limb[k], low);
        sum.limb[k + 1] = _mm512_madd52hi_epu64(sum.limb[k + 1], w.limb[k], low);
        sum.limb[k + 1] = _mm512_madd52lo_epu64(sum.limb[k + 1], w.limb[k], high);
        sum.limb[k + 2] = _mm512_madd52hi_epu64(sum.limb[k + 2], w.limb[k], high);
      }
      plain = plus(plain, w);
    }
    // reduce() gives sum 2^-260 of raw weights: 2^260 as a factor brings it back. 256 weights below p: 256p needs the
    // same way.
    WideOctet plain_wide = zero_wide();
    VEIL_UNROLL for (std::size_t k = 0; k < 5; ++k) plain_wide.limb[k] = plain.limb[k];
    biased_sum += sum_of_lanes<Fr, FrParams>(reduce<FrParams>(sum));
    weight_sum += sum_of_lanes<Fr, FrParams>(reduce<FrParams>(plain_wide));
  }
  constexpr Fr kLift = Fr::from_raw(power_of_two_mod(Fr::kModulus, 256 + 260));  // 2^260
  constexpr Fr kBias = Fr::from_raw(power_of_two_mod(Fr::kModulus, 256 + 63));   // 2^63
  return (biased_sum - weight_sum * kBias) * kLift +
         below().inner_product_int(weights + whole, values + whole, count - whole);
}

VEIL_IFMA_INLINE Octet folded(const Fr* low, const Fr* high, const Fixed& r) {  // canonical
  const Octet at_zero = load(low);
  return canonical_sum<FrParams>(plus(at_zero, fix_limbs<FrParams>(difference(load(high), at_zero), r)));
}

VEIL_IFMA_TARGET void fold(Fr* out, const Fr* low, const Fr* high, const Fr& r, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  const Fixed factor = whole == 0 ? Fixed{} : fixed(r);
  for (std::size_t i = 0; i < whole; i += kLanes) store(out + i, folded(low + i, high + i, factor));
  below().fold(out + whole, low + whole, high + whole, r, count - whole);
}

VEIL_IFMA_TARGET void axpy(Fr* y, const Fr& a, const Fr* x, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  const Fixed factor = whole == 0 ? Fixed{} : fixed(a);
  for (std::size_t i = 0; i < whole; i += kLanes) {
    store(y + i, canonical_sum<FrParams>(plus(load(y + i), fix_limbs<FrParams>(load_factor(x + i), factor))));
  }
  below().axpy(y + whole, a, x + whole, count - whole);
}

VEIL_IFMA_TARGET void scale(Fr* out, const Fr& a, const Fr* x, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  const Fixed factor = whole == 0 ? Fixed{} : fixed(a);
  for (std::size_t i = 0; i < whole; i += kLanes) {
    store(out + i, canonical_sum<FrParams>(fix_limbs<FrParams>(load_factor(x + i), factor)));
  }
  below().scale(out + whole, a, x + whole, count - whole);
}

// y + a v - 2^63 a with v = x + 2^63 = v0 + 2^52 v1, by the two powers of a that fix() would use for limbs 0 and 1.
VEIL_IFMA_TARGET void axpy_int(Fr* y, const Fr& a, const std::int64_t* x, std::size_t count) {
  const Fr shift = a * Fr::from_int128(-(Int128{1} << 63));
  // Raw limbs: power[i] must carry the domain of y.
  const std::size_t whole = whole_octets(count);
  const Fixed factor = whole == 0 ? Fixed{} : fixed(Fr::from_raw(power_of_two_mod(Fr::kModulus, 512)) * a);
  const Octet constant = broadcast(to_radix52(shift.raw()));
  for (std::size_t i = 0; i < whole; i += kLanes) {
    const __m512i value = load_biased(x + i);
    const __m512i low = low_bits(value);
    const __m512i high = _mm512_srli_epi64(value, 52);
    __m512i t[6];
    VEIL_UNROLL for (std::size_t k = 0; k < 6; ++k) t[k] = _mm512_setzero_si512();
    VEIL_UNROLL for (std::size_t k = 0; k < 5; ++k) {
      t[k] = _mm512_madd52lo_epu64(t[k], low, broadcast(factor.power[0].limb[k]));
      t[k + 1] = _mm512_madd52hi_epu64(t[k + 1], low, broadcast(factor.power[0].limb[k]));
      t[k] = _mm512_madd52lo_epu64(t[k], high, broadcast(factor.power[1].limb[k]));
      t[k + 1] = _mm512_madd52hi_epu64(t[k + 1], high, broadcast(factor.power[1].limb[k]));
    }
    const Octet product = montgomery_limbs<FrParams>(t[0], t[1], t[2], t[3], t[4], t[5]);  // < 2.1p
    store(y + i, canonical_sum<FrParams>(plus(plus(load(y + i), product), constant)));
  }
  below().axpy_int(y + whole, a, x + whole, count - whole);
}

// t += factor v, for v of 52 bits.
VEIL_IFMA_INLINE void accumulate_small(__m512i t[6], const Radix52& factor, __m512i v) {
  VEIL_UNROLL for (std::size_t k = 0; k < 5; ++k) {
    t[k] = _mm512_madd52lo_epu64(t[k], v, broadcast(factor.limb[k]));
    t[k + 1] = _mm512_madd52hi_epu64(t[k + 1], v, broadcast(factor.limb[k]));
  }
}

// Of sixteen integers those at even places or those at odd ones, in lane_order().
VEIL_IFMA_INLINE __m512i load_alternate(const std::int64_t* from, __m512i places) {
  return _mm512_permutex2var_epi64(_mm512_loadu_si512(from), places, _mm512_loadu_si512(from + kLanes));
}

// As axpy_int; where all integers of an octet have fewer than 52 bits, which is the rule, with a bias of 2^51 and one
// digit. A sum is below (width + 1) p after the step, and below (width + 2) p < 8p with the constant.
VEIL_IFMA_TARGET void combine_alternate(Fr* out, const Fr& base, const IntegerColumns& columns, std::size_t parity,
                                        std::size_t count) {
  const std::size_t whole = whole_octets(count);
  Fixed factors[IntegerColumns::kMaxWidth] = {};
  Fr sum;
  for (std::size_t k = 0; whole != 0 && k < columns.width; ++k) {
    factors[k] = fixed(Fr::from_raw(power_of_two_mod(Fr::kModulus, 512)) * columns.factors[k]);
    sum += columns.factors[k];
  }
  const Octet narrow = broadcast(to_radix52((base - sum * Fr::from_u64(std::uint64_t{1} << 51)).raw()));
  const Octet wide = broadcast(to_radix52((base - sum * Fr::from_u64(std::uint64_t{1} << 63)).raw()));
  const __m512i places =
      _mm512_add_epi64(_mm512_setr_epi64(0, 4, 2, 6, 8, 12, 10, 14), broadcast(static_cast<std::uint64_t>(parity)));
  for (std::size_t i = 0; i < whole; i += kLanes) {
    __m512i t[6];
    VEIL_UNROLL for (std::size_t k = 0; k < 6; ++k) t[k] = _mm512_setzero_si512();
    __m512i seen = _mm512_setzero_si512();
    for (std::size_t k = 0; k < columns.width; ++k) {
      const __m512i biased =
          _mm512_add_epi64(load_alternate(columns.data[k] + 2 * i, places), broadcast(std::uint64_t{1} << 51));
      seen = _mm512_or_si512(seen, biased);
      accumulate_small(t, factors[k].power[0], biased);
    }
    const bool is_narrow = _mm512_test_epi64_mask(seen, broadcast(~kLimbMask)) == 0;
    if (!is_narrow) {
      VEIL_UNROLL for (std::size_t k = 0; k < 6; ++k) t[k] = _mm512_setzero_si512();
      for (std::size_t k = 0; k < columns.width; ++k) {
        const __m512i biased =
            _mm512_xor_si512(load_alternate(columns.data[k] + 2 * i, places), broadcast(std::uint64_t{1} << 63));
        accumulate_small(t, factors[k].power[0], low_bits(biased));
        accumulate_small(t, factors[k].power[1], _mm512_srli_epi64(biased, 52));
      }
    }
    const Octet product = montgomery_limbs<FrParams>(t[0], t[1], t[2], t[3], t[4], t[5]);
    store(out + i, canonical_sum<FrParams>(plus(product, is_narrow ? narrow : wide)));
  }
  below().combine_alternate(out + whole, base, columns.from(2 * whole), parity, count - whole);
}

VEIL_IFMA_TARGET void split(Fr* low, Fr* high, const Fr& r, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  const Fixed factor = whole == 0 ? Fixed{} : fixed(r);
  for (std::size_t i = 0; i < whole; i += kLanes) {
    const Octet value = load(low + i);
    const Octet upper = canonical_sum<FrParams>(fix_limbs<FrParams>(value, factor));
    store(high + i, upper);
    store(low + i, canonical_difference<FrParams>(value, upper));
  }
  below().split(low + whole, high + whole, r, count - whole);
}

// A product of a lifted factor, < 16p, and a canonical one is below 0.2p + 2.6p.
VEIL_IFMA_INLINE void add_fraction(Fr* p, Fr* q, const Quads& p0, const Quads& p1, const Quads& q0, const Quads& q1) {
  const Factor lifted_q0 = to_lifted_factor(q0), factor_q1 = to_factor(q1);
  store(q, canonical_sum<FrParams>(multiply_limbs<FrParams>(lifted_q0, factor_q1)));
  store(p, canonical_sum<FrParams>(product_sum_limbs(to_lifted_factor(p0), factor_q1, to_factor(p1), lifted_q0)));
}
VEIL_IFMA_INLINE void add_unit_fraction(Fr* p, Fr* q, const Quads& q0, const Quads& q1) {
  store(q, canonical_sum<FrParams>(multiply_limbs<FrParams>(to_lifted_factor(q0), to_factor(q1))));
  store(p, below_modulus<FrParams>(plus(to_octet(q0), to_octet(q1))));
}

VEIL_IFMA_TARGET void add_fraction_rows(const MutableFractions& out, const Fractions& rows, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  for (std::size_t i = 0; i < whole; i += kLanes) {
    Quads even_p0, odd_p0, even_p1, odd_p1, even_q0, odd_q0, even_q1, odd_q1;
    load_pairs(rows.q0 + 2 * i, even_q0, odd_q0);
    load_pairs(rows.q1 + 2 * i, even_q1, odd_q1);
    if (rows.p0 == nullptr) {
      add_unit_fraction(out.p0 + i, out.q0 + i, even_q0, even_q1);
      add_unit_fraction(out.p1 + i, out.q1 + i, odd_q0, odd_q1);
      continue;
    }
    load_pairs(rows.p0 + 2 * i, even_p0, odd_p0);
    load_pairs(rows.p1 + 2 * i, even_p1, odd_p1);
    add_fraction(out.p0 + i, out.q0 + i, even_p0, even_p1, even_q0, even_q1);
    add_fraction(out.p1 + i, out.q1 + i, odd_p0, odd_p1, odd_q0, odd_q1);
  }
  if (whole != count) below().add_fractions(out.from(whole), rows.from(2 * whole), count - whole);
}

VEIL_IFMA_TARGET ProductRound product_round(const Fr* left, const Fr* right, std::size_t half, std::size_t count) {
  const std::size_t whole = whole_octets(count);
  ProductRound out = below().product_round(left + whole, right + whole, half, count - whole);  // of the end
  for (std::size_t begin = 0; begin < whole; begin += kLanes * kProductsTogether) {
    WideOctet constant = zero_wide();
    WideOctet square = zero_wide();
    for (std::size_t i = begin; i < least(whole, begin + kLanes * kProductsTogether); i += kLanes) {
      const Octet left0 = load(left + i);
      const Octet right0 = load(right + i);
      accumulate(constant, left0, right0);
      accumulate(square, difference(load(left + i + half), left0), difference(load(right + i + half), right0));
    }
    out.constant += total(constant, kOneProduct);
    out.square += total(square, kOneProduct);
  }
  return out;
}

VEIL_IFMA_TARGET WeightedRound weighted_round(const Fr* eq, const Fr* left, const Fr* right, std::size_t half,
                                              std::size_t count) {
  const std::size_t whole = whole_octets(count);
  WeightedRound out =
      below().weighted_round(eq + whole, left + whole, right + whole, half, count - whole);  // of the end
  for (std::size_t begin = 0; begin < whole; begin += kLanes * kProductsTogether) {
    WideOctet lower = zero_wide();
    WideOctet upper = zero_wide();
    WideOctet steps = zero_wide();
    for (std::size_t i = begin; i < least(whole, begin + kLanes * kProductsTogether); i += kLanes) {
      const Octet left0 = load(left + i), right0 = load(right + i);
      const Octet left1 = load(left + i + half), right1 = load(right + i + half);
      const Factor weight = load_factor(eq + i);
      // Products are below 2.7p.
      accumulate(lower, weight, multiply_as_factor<FrParams>(left0, right0));
      accumulate(upper, weight, multiply_as_factor<FrParams>(left1, right1));
      accumulate(steps, weight, multiply_as_factor<FrParams>(difference(left1, left0), difference(right1, right0)));
    }
    out.lower += total(lower, kTwoProducts);
    out.upper += total(upper, kTwoProducts);
    out.steps += total(steps, kTwoProducts);
  }
  return out;
}

// A factor of a product that is summed, in a row of `low` and as the step to the row of `high`.
struct Line {
  Factor at_zero;
  Factor slope;
};
VEIL_IFMA_INLINE Line load_line(const Fr* low, const Fr* high) {
  const Octet at_zero = load(low);
  return {at_zero, difference(load(high), at_zero)};
}
// The same after the coin r, which leaves rows that are stored: (from[0], from[1]) in low, (from[2], from[3]) in high.
VEIL_IFMA_INLINE Line fold_line(Fr* low, Fr* high, const Fr* const from[4], std::size_t i, const Fixed& r) {
  const Octet at_zero = folded(from[0] + i, from[1] + i, r);
  const Octet at_one = folded(from[2] + i, from[3] + i, r);
  store(low + i, at_zero);
  store(high + i, at_one);
  return {at_zero, difference(at_one, at_zero)};
}

// Sums of eq times a product of two factors, or times two products of two.
struct RoundSums {
  WideOctet constant;
  WideOctet square;
};
VEIL_IFMA_INLINE void add_product(RoundSums& sums, const Fr* eq, const Line& a, const Line& b) {
  const Factor weight = load_factor(eq);
  accumulate(sums.constant, weight, multiply_as_factor<FrParams>(a.at_zero, b.at_zero));  // < 2.7p
  accumulate(sums.square, weight, multiply_as_factor<FrParams>(a.slope, b.slope));        // < 2.7p
}
VEIL_IFMA_INLINE void add_products(RoundSums& sums, const Fr* eq, const Line& a, const Line& b, const Line& c,
                                   const Line& d) {
  const Factor weight = load_factor(eq);
  accumulate(sums.constant, weight, product_sum(a.at_zero, b.at_zero, c.at_zero, d.at_zero));  // < 2.7p
  accumulate(sums.square, weight, product_sum(a.slope, b.slope, c.slope, d.slope));            // < 2.7p
}
VEIL_IFMA_INLINE void add_sums(ProductRound& out, const RoundSums& sums) {
  out.constant += total(sums.constant, kTwoProducts);
  out.square += total(sums.square, kTwoProducts);
}

VEIL_IFMA_TARGET ProductRound fraction_round(const Fr* eq, const Fractions& low, const Fractions& high,
                                             std::size_t count) {
  const std::size_t whole = whole_octets(count);
  ProductRound out{};
  if (whole != count) out = below().fraction_round(eq + whole, low.from(whole), high.from(whole), count - whole);
  for (std::size_t begin = 0; begin < whole; begin += kLanes * kProductsTogether) {
    RoundSums sums{zero_wide(), zero_wide()};
    for (std::size_t i = begin; i < least(whole, begin + kLanes * kProductsTogether); i += kLanes) {
      const Line a = load_line(low.p0 + i, high.p0 + i), b = load_line(low.q1 + i, high.q1 + i);
      if (low.p1 == nullptr) {
        add_product(sums, eq + i, a, b);
      } else {
        add_products(sums, eq + i, a, b, load_line(low.p1 + i, high.p1 + i), load_line(low.q0 + i, high.q0 + i));
      }
    }
    add_sums(out, sums);
  }
  return out;
}

VEIL_IFMA_TARGET ProductRound fold_fraction_round(const Fr* eq, const MutableFractions& low,
                                                  const MutableFractions& high, const FractionPairs& from, const Fr& r,
                                                  std::size_t count) {
  const std::size_t whole = whole_octets(count);
  ProductRound out{};
  if (whole != count) {
    const FractionPairs rest{{from.low[0].from(whole), from.low[1].from(whole)},
                             {from.high[0].from(whole), from.high[1].from(whole)}};
    out = below().fold_fraction_round(eq + whole, low.from(whole), high.from(whole), rest, r, count - whole);
  }
  if (whole == 0) return out;
  const Fixed factor = fixed(r);
  const Fr* const p0[4] = {from.low[0].p0, from.high[0].p0, from.low[1].p0, from.high[1].p0};
  const Fr* const p1[4] = {from.low[0].p1, from.high[0].p1, from.low[1].p1, from.high[1].p1};
  const Fr* const q0[4] = {from.low[0].q0, from.high[0].q0, from.low[1].q0, from.high[1].q0};
  const Fr* const q1[4] = {from.low[0].q1, from.high[0].q1, from.low[1].q1, from.high[1].q1};
  for (std::size_t begin = 0; begin < whole; begin += kLanes * kProductsTogether) {
    RoundSums sums{zero_wide(), zero_wide()};
    for (std::size_t i = begin; i < least(whole, begin + kLanes * kProductsTogether); i += kLanes) {
      const Line a = fold_line(low.p0, high.p0, p0, i, factor), b = fold_line(low.q1, high.q1, q1, i, factor);
      if (from.low[0].p1 == nullptr) {
        add_product(sums, eq + i, a, b);
      } else {
        add_products(sums, eq + i, a, b, fold_line(low.p1, high.p1, p1, i, factor),
                     fold_line(low.q0, high.q0, q0, i, factor));
      }
    }
    add_sums(out, sums);
  }
  return out;
}

}  // namespace

// One inversion dominates small batches, and chains of powers are short: those stay with the level below.
const FieldKernels& ifma_field_kernels() {
  static const FieldKernels kKernels = {"ifma",
                                        adx_field_kernels().batch_inverse_fr,
                                        adx_field_kernels().batch_inverse_fq,
                                        square_root_candidates,
                                        inner_product,
                                        inner_product_int,
                                        fold,
                                        axpy,
                                        axpy_int,
                                        combine_alternate,
                                        adx_field_kernels().powers,
                                        scale,
                                        add_fraction_rows,
                                        split,
                                        add_weighted_rows_ifma,
                                        add_weighted_rows_ifma,
                                        product_round,
                                        weighted_round,
                                        fraction_round,
                                        fold_fraction_round};
  return kKernels;
}

}  // namespace veil

#endif
