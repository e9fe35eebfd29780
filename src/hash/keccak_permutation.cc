#include "hash/keccak_permutation.h"

#include <bit>
#include <utility>

#include "base/cpu.h"

namespace veil {
namespace {

// Written out by fold expressions: as loops over tables of indices g++ leaves them rolled, 1.7 times slower.
template <std::size_t... kX>
void theta(KeccakState& a, std::index_sequence<kX...>) {
  const std::array<std::uint64_t, 5> parity = {(a[kX] ^ a[kX + 5] ^ a[kX + 10] ^ a[kX + 15] ^ a[kX + 20])...};
  const std::array<std::uint64_t, 5> mix = {(parity[(kX + 4) % 5] ^ std::rotl(parity[(kX + 1) % 5], 1))...};
  for (std::size_t y = 0; y < 25; y += 5) ((a[kX + y] ^= mix[kX]), ...);
}

template <std::size_t... kI>
void rho_pi(KeccakState& a, std::index_sequence<kI...>) {
  std::uint64_t moving = a[1];
  std::uint64_t next = 0;
  ((next = a[kKeccakTarget[kI]], a[kKeccakTarget[kI]] = std::rotl(moving, kKeccakRotation[kI]), moving = next), ...);
}

template <std::size_t... kX>
void chi_row(std::uint64_t* row, std::index_sequence<kX...>) {
  const std::array<std::uint64_t, 5> old = {row[kX]...};
  ((row[kX] = old[kX] ^ (~old[(kX + 1) % 5] & old[(kX + 2) % 5])), ...);
}

}  // namespace

void portable::keccak_permute(KeccakState& state) {
  KeccakState a = state;
  for (const std::uint64_t round_constant : kKeccakRoundConstants) {
    theta(a, std::make_index_sequence<5>());
    rho_pi(a, std::make_index_sequence<24>());
    for (std::size_t y = 0; y < 25; y += 5) chi_row(&a[y], std::make_index_sequence<5>());
    a[0] ^= round_constant;
  }
  state = a;
}

void portable::keccak_permute(KeccakStates& states) {
  for (std::size_t s = 0; s < 8; ++s) {
    KeccakState state;
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = states[i][s];
    portable::keccak_permute(state);
    for (std::size_t i = 0; i < state.size(); ++i) states[i][s] = state[i];
  }
}

void keccak_permute(KeccakState& state) {
#if defined(__x86_64__)
  if (kCpuLevel == CpuLevel::kIfma) return avx512::keccak_permute(state);
#endif
  portable::keccak_permute(state);
}

void keccak_permute(KeccakState& first, KeccakState& second) {
#if defined(__x86_64__)
  if (kCpuLevel == CpuLevel::kIfma) return avx512::keccak_permute(first, second);
#endif
  portable::keccak_permute(first);
  portable::keccak_permute(second);
}

void keccak_permute(KeccakStates& states) {
#if defined(__x86_64__)
  if (kCpuLevel == CpuLevel::kIfma) return avx512::keccak_permute(states);
#endif
  portable::keccak_permute(states);
}

}  // namespace veil
