#include "hash/keccak256.h"

#include <bit>

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

void theta(State& a) {
  std::array<std::uint64_t, 5> parity{};
  for (std::size_t x = 0; x < 5; ++x) parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  for (std::size_t x = 0; x < 5; ++x) {
    const std::uint64_t mix = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
    for (std::size_t y = 0; y < 25; y += 5) a[x + y] ^= mix;
  }
}

void rho_pi(State& a) {
  std::uint64_t moving = a[1];
  for (std::size_t i = 0; i < 24; ++i) {
    const std::uint64_t next = a[kTarget[i]];
    a[kTarget[i]] = std::rotl(moving, kRotation[i]);
    moving = next;
  }
}

void chi(State& a) {
  for (std::size_t y = 0; y < 25; y += 5) {
    const std::array<std::uint64_t, 5> row = {a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
    for (std::size_t x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
}

void permute(State& a) {
  for (const std::uint64_t round_constant : kRoundConstants) {
    theta(a);
    rho_pi(a);
    chi(a);
    a[0] ^= round_constant;
  }
}

}  // namespace

void Keccak256::absorb_byte(std::uint8_t byte, std::size_t position) {
  state_[position / 8] ^= static_cast<std::uint64_t>(byte) << (8 * (position % 8));
}

void Keccak256::update(ByteView data) {
  for (const std::uint8_t byte : data) {
    absorb_byte(byte, filled_);
    if (++filled_ < kRateBytes) continue;
    permute(state_);
    filled_ = 0;
  }
}

Digest Keccak256::finish() {
  absorb_byte(0x01, filled_);
  absorb_byte(0x80, kRateBytes - 1);
  permute(state_);
  Digest out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state_[i / 8] >> (8 * (i % 8)));
  state_ = {};
  filled_ = 0;
  return out;
}

Digest keccak256(ByteView data) {
  Keccak256 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace veil
