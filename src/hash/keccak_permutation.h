// Keccak-f[1600], for one state, for two and for eight at once. Each is one entry of a table that is chosen once
// (base/cpu.h); all give the same results. Source: the Keccak reference, version 3.0;
// https://keccak.team/files/Keccak-reference-3.0.pdf
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace veil {

using KeccakState = std::array<std::uint64_t, 25>;                  // lane (x, y) at x + 5 y
using KeccakStates = std::array<std::array<std::uint64_t, 8>, 25>;  // eight states: lane i of state s at [i][s]

inline constexpr std::array<std::uint64_t, 24> kKeccakRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// rho and pi as one walk over the 24 lanes other than (0, 0): the lane moves to kKeccakTarget[i] and turns by
// kKeccakRotation[i].
inline constexpr std::array<std::size_t, 24> kKeccakTarget = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                                              15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
inline constexpr std::array<int, 24> kKeccakRotation = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                                        27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

void keccak_permute(KeccakState& state);
void keccak_permute(KeccakState& first, KeccakState& second);
void keccak_permute(KeccakStates& states);

namespace portable {
void keccak_permute(KeccakState& state);
void keccak_permute(KeccakStates& states);
}  // namespace portable
#if defined(__x86_64__)
namespace avx512 {  // F and VL: CpuLevel::kIfma
void keccak_permute(KeccakState& state);
void keccak_permute(KeccakState& first, KeccakState& second);
void keccak_permute(KeccakStates& states);
}  // namespace avx512
#endif

}  // namespace veil
