// Two states in the halves of 128-bit registers, eight in 512-bit ones: with AVX-512 the 25 lanes fit the 32 registers,
// lanes turn by one instruction, and three-operand logic does theta's sums and chi in one step a lane. A single state
// gains as well.
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

// One lane of every state, in the registers of two states and in those of eight.
template <int kTable>
VEIL_AVX512_INLINE __m128i logic(__m128i a, __m128i b, __m128i c) {
  return _mm_ternarylogic_epi64(a, b, c, kTable);
}
template <int kTable>
VEIL_AVX512_INLINE __m512i logic(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi64(a, b, c, kTable);
}
template <int kBits>
VEIL_AVX512_INLINE __m128i turn(__m128i a) {
  return _mm_rol_epi64(a, kBits);
}
template <int kBits>  // all lanes are kept: g++ 12 warns of what the form without a mask leaves undefined
VEIL_AVX512_INLINE __m512i turn(__m512i a) {
  return _mm512_maskz_rol_epi64(0xff, a, kBits);
}
VEIL_AVX512_INLINE __m128i with_constant(__m128i a, std::uint64_t constant) {
  return _mm_xor_si128(a, _mm_set1_epi64x(static_cast<long long>(constant)));
}
VEIL_AVX512_INLINE __m512i with_constant(__m512i a, std::uint64_t constant) {
  return _mm512_xor_si512(a, _mm512_set1_epi64(static_cast<long long>(constant)));
}

template <class Lane, std::size_t... kX>
VEIL_AVX512_INLINE void theta(Lane* a, std::index_sequence<kX...>) {
  const Lane parity[] = {logic<kXor>(logic<kXor>(a[kX], a[kX + 5], a[kX + 10]), a[kX + 15], a[kX + 20])...};
  const Lane turned[] = {turn<1>(parity[kX])...};
  ((a[kX] = logic<kXor>(a[kX], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 5] = logic<kXor>(a[kX + 5], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 10] = logic<kXor>(a[kX + 10], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 15] = logic<kXor>(a[kX + 15], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
  ((a[kX + 20] = logic<kXor>(a[kX + 20], parity[(kX + 4) % 5], turned[(kX + 1) % 5])), ...);
}

template <class Lane, std::size_t... kI>
VEIL_AVX512_INLINE void rho_pi(Lane* a, std::index_sequence<kI...>) {
  Lane moving = a[1];
  Lane next = a[1];
  ((next = a[kKeccakTarget[kI]], a[kKeccakTarget[kI]] = turn<kKeccakRotation[kI]>(moving), moving = next), ...);
}

template <std::size_t kY, class Lane, std::size_t... kX>
VEIL_AVX512_INLINE void chi_row(Lane* a, std::index_sequence<kX...>) {
  const Lane old[] = {a[kY + kX]...};
  ((a[kY + kX] = logic<kChi>(old[kX], old[(kX + 1) % 5], old[(kX + 2) % 5])), ...);
}

template <class Lane>
VEIL_AVX512_INLINE void permute(Lane* a) {
  for (const std::uint64_t round_constant : kKeccakRoundConstants) {
    constexpr auto kFive = std::make_index_sequence<5>();
    theta(a, kFive);
    rho_pi(a, std::make_index_sequence<24>());
    chi_row<0>(a, kFive);
    chi_row<5>(a, kFive);
    chi_row<10>(a, kFive);
    chi_row<15>(a, kFive);
    chi_row<20>(a, kFive);
    a[0] = with_constant(a[0], round_constant);
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

VEIL_AVX512 void keccak_permute(KeccakStates& states) {
  __m512i a[25];
  for (std::size_t i = 0; i < 25; ++i) a[i] = _mm512_loadu_si512(states[i].data());
  permute(a);
  for (std::size_t i = 0; i < 25; ++i) _mm512_storeu_si512(states[i].data(), a[i]);
}

}  // namespace veil::avx512

#endif
