#include "hash/keccak256.h"

#include <bit>
#include <utility>

namespace veil {
namespace {

constexpr std::array<std::uint64_t, 24> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// rho and pi as one walk over the 24 lanes other than (0, 0): the lane moves to kTarget[i] and turns by kRotation[i].
constexpr std::array<std::size_t, 24> kTarget = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                                 15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
constexpr std::array<int, 24> kRotation = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                           27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

using State = std::array<std::uint64_t, 25>;  // lane (x, y) at x + 5 y

// Written out by fold expressions: as loops over tables of indices g++ leaves them rolled, 1.7 times slower.
template <std::size_t... kX>
void theta(State& a, std::index_sequence<kX...>) {
  const std::array<std::uint64_t, 5> parity = {(a[kX] ^ a[kX + 5] ^ a[kX + 10] ^ a[kX + 15] ^ a[kX + 20])...};
  const std::array<std::uint64_t, 5> mix = {(parity[(kX + 4) % 5] ^ std::rotl(parity[(kX + 1) % 5], 1))...};
  for (std::size_t y = 0; y < 25; y += 5) ((a[kX + y] ^= mix[kX]), ...);
}

template <std::size_t... kI>
void rho_pi(State& a, std::index_sequence<kI...>) {
  std::uint64_t moving = a[1];
  std::uint64_t next = 0;
  ((next = a[kTarget[kI]], a[kTarget[kI]] = std::rotl(moving, kRotation[kI]), moving = next), ...);
}

template <std::size_t... kX>
void chi_row(std::uint64_t* row, std::index_sequence<kX...>) {
  const std::array<std::uint64_t, 5> old = {row[kX]...};
  ((row[kX] = old[kX] ^ (~old[(kX + 1) % 5] & old[(kX + 2) % 5])), ...);
}

void permute(State& state) {
  State a = state;
  for (const std::uint64_t round_constant : kRoundConstants) {
    theta(a, std::make_index_sequence<5>());
    rho_pi(a, std::make_index_sequence<24>());
    for (std::size_t y = 0; y < 25; y += 5) chi_row(&a[y], std::make_index_sequence<5>());
    a[0] ^= round_constant;
  }
  state = a;
}

}  // namespace

void Keccak256::absorb_byte(std::uint8_t byte, std::size_t position) {
  state_[position / 8] ^= static_cast<std::uint64_t>(byte) << (8 * (position % 8));
}

void Keccak256::update(ByteView data) {
  while (!data.empty()) {
    if (filled_ % 8 == 0 && data.size() >= 8) {  // whole lanes
      std::uint64_t lane = 0;
      for (std::size_t i = 8; i-- > 0;) lane = lane << 8 | data[i];
      state_[filled_ / 8] ^= lane;
      filled_ += 8;
      data = data.subspan(8);
    } else {
      absorb_byte(data[0], filled_++);
      data = data.subspan(1);
    }
    if (filled_ < kRateBytes) continue;
    permute(state_);
    filled_ = 0;
  }
}

template <std::size_t kBytes>
std::array<std::uint8_t, kBytes> Keccak256::squeeze() {
  static_assert(kBytes <= kRateBytes);
  absorb_byte(0x01, filled_);
  absorb_byte(0x80, kRateBytes - 1);
  permute(state_);
  std::array<std::uint8_t, kBytes> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state_[i / 8] >> (8 * (i % 8)));
  state_ = {};
  filled_ = 0;
  return out;
}

Digest Keccak256::finish() { return squeeze<32>(); }
std::array<std::uint8_t, 128> Keccak256::finish_wide() { return squeeze<128>(); }

Digest keccak256(ByteView data) {
  Keccak256 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace veil
