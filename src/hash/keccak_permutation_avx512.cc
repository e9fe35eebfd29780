// Two states in the halves of 128-bit registers: with AVX-512 the 25 lanes fit the 32 registers, lanes turn by one
// instruction, and three-operand logic does theta's sums and chi in one step a lane. A single state gains as well.
#include "hash/keccak_permutation.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <utility>

#define VEIL_AVX512 __attribute__((target("avx512f,avx512vl")))
#define VEIL_AVX512_INLINE __attribute__((target("avx512f,avx512vl"), always_inline)) inline

namespace veil::avx512 {
namespace {

// Truth tables of vpternlogq: the bit of inputs (a, b, c) at 4a + 2b + c.
constexpr int kXor = 0x96;  // a ^ b ^ c
constexpr int kChi = 0xd2;  // a ^ (~b & c)

VEIL_AVX512_INLINE __m128i sum(__m128i a, __m128i b, __m128i c) { return _mm_ternarylogic_epi64(a, b, c, kXor); }

template <std::size_t... kX>
VEIL_AVX512_INLINE void theta(__m128i* a, std::index_sequence<kX...>) {
  const __m128i parity[] = {sum(sum(a[kX], a[kX + 5], a[kX + 10]), a[kX + 15], a[kX + 20])...};
  const __m128i turned[] = {_mm_rol_epi64(parity[kX], 1)...};
  ((a[kX] = sum(a[kX], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 5] = sum(a[kX + 5], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 10] = sum(a[kX + 10], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 15] = sum(a[kX + 15], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 20] = sum(a[kX + 20], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
}

template <std::size_t... kI>
VEIL_AVX512_INLINE void rho_pi(__m128i* a, std::index_sequence<kI...>) {
  __m128i moving = a[1];
  __m128i next = a[1];
  ((next = a[kKeccakTarget[kI]], a[kKeccakTarget[kI]] = _mm_rol_epi64(moving, kKeccakRotation[kI]), moving = next),
   ...);
}

template <std::size_t kY, std::size_t... kX>
VEIL_AVX512_INLINE void chi_row(__m128i* a, std::index_sequence<kX...>) {
  const __m128i old[] = {a[kY + kX]...};
  ((a[kY + kX] = _mm_ternarylogic_epi64(old[kX], old[(kX + 1) % 5], old[(kX + 2) % 5], kChi)), ...);
}

VEIL_AVX512_INLINE void permute(__m128i* a) {
  for (const std::uint64_t round_constant : kKeccakRoundConstants) {
    constexpr auto kFive = std::make_index_sequence<5>();
    theta(a, kFive);
    rho_pi(a, std::make_index_sequence<24>());
    chi_row<0>(a, kFive);
    chi_row<5>(a, kFive);
    chi_row<10>(a, kFive);
    chi_row<15>(a, kFive);
    chi_row<20>(a, kFive);
    a[0] = _mm_xor_si128(a[0], _mm_set1_epi64x(static_cast<long long>(round_constant)));
  }
}

}  // namespace

VEIL_AVX512 void keccak_permute(KeccakState& state) {
  __m128i a[25];
  for (std::size_t i = 0; i < 25; ++i) a[i] = _mm_cvtsi64_si128(static_cast<long long>(state[i]));
  permute(a);
  for (std::size_t i = 0; i < 25; ++i) state[i] = static_cast<std::uint64_t>(_mm_cvtsi128_si64(a[i]));
}

VEIL_AVX512 void keccak_permute(KeccakState& first, KeccakState& second) {
  __m128i a[25];
  for (std::size_t i = 0; i < 25; ++i) {
    a[i] = _mm_set_epi64x(static_cast<long long>(second[i]), static_cast<long long>(first[i]));
  }
  permute(a);
  for (std::size_t i = 0; i < 25; ++i) {
    first[i] = static_cast<std::uint64_t>(_mm_cvtsi128_si64(a[i]));
    second[i] = static_cast<std::uint64_t>(_mm_extract_epi64(a[i], 1));
  }
}

}  // namespace veil::avx512

#endif
