// Matrices of 8 and 16-bit integers folded with field weights: eight columns a register, and each weight cut into
// digits so small that a digit times an entry is one low multiplication, without carries until the end.
#include "field/kernels/ifma.h"

#if defined(__x86_64__)

#include <cstring>

#include "field/kernels/field_kernels.h"

namespace veil {
namespace {

using namespace ifma;  // NOLINT: this file is written in its terms

// For entries of kEntryBits bits, biased to be non-negative: digits of 52 - kEntryBits bits.
template <class T>
struct Digits {
  static constexpr unsigned kEntryBits = 8 * sizeof(T);
  static constexpr std::size_t kOctets = sizeof(T) == 1 ? 4 : 3;
  static constexpr unsigned kBits = 52 - kEntryBits;
  static constexpr std::size_t kCount = (254 + kBits - 1) / kBits;  // 6 for bytes, 8 for 16 bits
  static constexpr std::uint64_t kBias = std::uint64_t{1} << (kEntryBits - 1);

  struct Weight {
    std::uint64_t digit[kCount];
  };
  static Weight of(const Fr& weight) {
    const Limbs& raw = weight.raw();
    Weight out{};
    for (std::size_t k = 0; k < kCount; ++k) {
      const std::size_t bit = k * kBits;
      std::uint64_t value = raw[bit / 64] >> (bit % 64);
      if (bit % 64 + kBits > 64 && bit / 64 < 3) value |= raw[bit / 64 + 1] << (64 - bit % 64);
      out.digit[k] = value & ((std::uint64_t{1} << kBits) - 1);
    }
    return out;
  }

  // 2^(kBits k) 2^52 mod p, and 2^52 times that for the upper bits of a sum.
  struct Powers {
    Radix52 low[kCount];
    Radix52 high[kCount];
  };
  static constexpr Powers powers() {
    Powers out{};
    for (unsigned k = 0; k < kCount; ++k) {
      out.low[k] = to_radix52(power_of_two_mod(Fr::kModulus, kBits * k + 52));
      out.high[k] = to_radix52(power_of_two_mod(Fr::kModulus, kBits * k + 104));
    }
    return out;
  }
  static constexpr Powers kPowers = powers();
};

// Products of a digit and an entry are below 2^52: 2^11 of them stay below 2^63.
constexpr std::size_t kMaxRows = 512;

// Entries of eight columns in a row, biased.
VEIL_IFMA_INLINE __m512i load_entries(const std::int8_t* from) {
  const __m512i wide = _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  return _mm512_add_epi64(wide, broadcast(Digits<std::int8_t>::kBias));
}
VEIL_IFMA_INLINE __m512i load_entries(const std::int16_t* from) {
  const __m512i wide = _mm512_cvtepi16_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  return _mm512_add_epi64(wide, broadcast(Digits<std::int16_t>::kBias));
}

// sum_k sums[k] 2^(kBits k) < (number of digits but the first and the last, which are small) p + p < 8p
template <class T>
VEIL_IFMA_INLINE Octet join_digits(const __m512i* sums) {
  using D = Digits<T>;
  __m512i t[6];
  VEIL_UNROLL for (std::size_t i = 0; i < 6; ++i) t[i] = _mm512_setzero_si512();
  for (std::size_t k = 0; k < D::kCount; ++k) {
    const __m512i low = low_bits(sums[k]);
    const __m512i high = _mm512_srli_epi64(sums[k], 52);
    VEIL_UNROLL for (std::size_t j = 0; j < 5; ++j) {
      t[j] = _mm512_madd52lo_epu64(t[j], low, broadcast(D::kPowers.low[k].limb[j]));
      t[j + 1] = _mm512_madd52hi_epu64(t[j + 1], low, broadcast(D::kPowers.low[k].limb[j]));
      t[j] = _mm512_madd52lo_epu64(t[j], high, broadcast(D::kPowers.high[k].limb[j]));
      t[j + 1] = _mm512_madd52hi_epu64(t[j + 1], high, broadcast(D::kPowers.high[k].limb[j]));
    }
  }
  return montgomery_limbs<FrParams>(t[0], t[1], t[2], t[3], t[4], t[5]);
}

// kWide octets of columns.
template <class T, std::size_t kWide>
VEIL_IFMA_INLINE void add_columns(Fr* out, const typename Digits<T>::Weight* weights, const Octet& bias, const T* data,
                                  std::size_t rows, std::ptrdiff_t row_stride) {
  using D = Digits<T>;
  __m512i sums[kWide][D::kCount];
  VEIL_UNROLL for (std::size_t u = 0; u < kWide; ++u) {
    VEIL_UNROLL for (std::size_t k = 0; k < D::kCount; ++k) sums[u][k] = _mm512_setzero_si512();
  }
  for (std::size_t i = 0; i < rows; ++i, data += row_stride) {
    __builtin_prefetch(data + 8 * row_stride);
    __m512i entries[kWide];
    VEIL_UNROLL for (std::size_t u = 0; u < kWide; ++u) entries[u] = load_entries(data + u * kLanes);
    VEIL_UNROLL for (std::size_t k = 0; k < D::kCount; ++k) {
      const __m512i digit = broadcast(weights[i].digit[k]);
      VEIL_UNROLL for (std::size_t u = 0; u < kWide; ++u) {
        sums[u][k] = _mm512_madd52lo_epu64(sums[u][k], digit, entries[u]);
      }
    }
  }
  __m512i ended[kWide][D::kCount];  // apart from the sums of the loop above, which so stay in registers
  VEIL_UNROLL for (std::size_t u = 0; u < kWide; ++u) {
    VEIL_UNROLL for (std::size_t k = 0; k < D::kCount; ++k) {
      ended[u][k] = _mm512_permutexvar_epi64(lane_order(), sums[u][k]);  // as load() has `out`
    }
  }
  for (std::size_t u = 0; u < kWide; ++u) {
    const Octet sum = canonical_sum<FrParams>(join_digits<T>(ended[u]));
    const Octet total = plus(load(out + u * kLanes), canonical_difference<FrParams>(sum, bias));
    store(out + u * kLanes, below_modulus<FrParams>(total));
  }
}

// Whole cache lines of rows that lie so far apart that those of one column would push each other out of the cache.
template <class T>
struct Tile {
  static constexpr std::size_t kColumns = sizeof(T) == 1 ? 128 : 96;
  alignas(64) T entries[kMaxRows * kColumns];

  void read(const T* data, std::size_t rows, std::ptrdiff_t row_stride) {
    for (std::size_t i = 0; i < rows; ++i)
      std::memcpy(entries + i * kColumns, data + static_cast<std::ptrdiff_t>(i) * row_stride, kColumns * sizeof(T));
  }
};
template <class T>
bool is_far_apart(std::size_t rows, std::ptrdiff_t row_stride) {
  return rows >= 64 && row_stride * static_cast<std::ptrdiff_t>(sizeof(T)) >= 8192;
}

// The last columns, fewer than eight, by the level below.
void add_below(Fr* out, const Fr* weights, const std::int8_t* data, std::size_t rows, std::ptrdiff_t row_stride,
               std::size_t columns) {
  adx_field_kernels().add_weighted_rows_8(out, weights, data, rows, row_stride, columns);
}
void add_below(Fr* out, const Fr* weights, const std::int16_t* data, std::size_t rows, std::ptrdiff_t row_stride,
               std::size_t columns) {
  adx_field_kernels().add_weighted_rows_16(out, weights, data, rows, row_stride, columns);
}

template <class T>
VEIL_IFMA_TARGET void add_rows(Fr* out, const Fr* weights, const T* data, std::size_t rows, std::ptrdiff_t row_stride,
                               std::size_t columns) {
  using D = Digits<T>;
  typename D::Weight digits[kMaxRows];
  Fr total;
  for (std::size_t i = 0; i < rows; ++i) {
    digits[i] = D::of(weights[i]);
    total += weights[i];
  }
  const Fr bias = total * Fr::from_u64(D::kBias);
  const Octet bias_octet = broadcast(to_radix52(bias.raw()));
  std::size_t j = 0;
  if (is_far_apart<T>(rows, row_stride)) {
    constexpr std::size_t kBlock = D::kOctets * kLanes;
    for (; j + Tile<T>::kColumns <= columns; j += Tile<T>::kColumns) {
      Tile<T> tile;
      tile.read(data + j, rows, row_stride);
      for (std::size_t k = 0; k < Tile<T>::kColumns; k += kBlock)
        add_columns<T, D::kOctets>(out + j + k, digits, bias_octet, tile.entries + k, rows, Tile<T>::kColumns);
    }
  }
  for (; j + D::kOctets * kLanes <= columns; j += D::kOctets * kLanes) {
    add_columns<T, D::kOctets>(out + j, digits, bias_octet, data + j, rows, row_stride);
  }
  for (; j + kLanes <= columns; j += kLanes) {
    add_columns<T, 1>(out + j, digits, bias_octet, data + j, rows, row_stride);
  }
  add_below(out + j, weights, data + j, rows, row_stride, columns - j);
}

template <class T>
void add_weighted_rows(Fr* out, const Fr* weights, const T* data, std::size_t rows, std::ptrdiff_t row_stride,
                       std::size_t columns) {
  for (std::size_t first = 0; first < rows; first += kMaxRows) {
    const std::size_t count = rows - first < kMaxRows ? rows - first : kMaxRows;
    add_rows(out, weights + first, data + static_cast<std::ptrdiff_t>(first) * row_stride, count, row_stride, columns);
  }
}

}  // namespace

void add_weighted_rows_ifma(Fr* out, const Fr* weights, const std::int8_t* data, std::size_t rows,
                            std::ptrdiff_t row_stride, std::size_t columns) {
  add_weighted_rows(out, weights, data, rows, row_stride, columns);
}
void add_weighted_rows_ifma(Fr* out, const Fr* weights, const std::int16_t* data, std::size_t rows,
                            std::ptrdiff_t row_stride, std::size_t columns) {
  add_weighted_rows(out, weights, data, rows, row_stride, columns);
}

}  // namespace veil

#endif
