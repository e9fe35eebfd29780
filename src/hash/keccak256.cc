#include "hash/keccak256.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/secret.h"

namespace veil {
namespace {

std::uint64_t little_endian(std::uint64_t lane) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(lane);
  return lane;
}

void add_block(KeccakState& state, std::span<const std::uint8_t> block) {
  for (std::size_t i = 0; i < block.size() / 8; ++i) {
    std::uint64_t lane = 0;
    std::memcpy(&lane, &block[8 * i], 8);
    state[i] ^= little_endian(lane);
  }
}

Digest digest_of(const KeccakState& state) {
  Digest out{};
  for (std::size_t i = 0; i < out.size() / 8; ++i) {
    const std::uint64_t lane = little_endian(state[i]);
    std::memcpy(&out[8 * i], &lane, 8);
  }
  return out;
}

// The last block: what is filled, 0x01, zeros, and 0x80 added to the last byte.
void pad(std::span<std::uint8_t> block, std::size_t filled) {
  std::fill(block.begin() + static_cast<std::ptrdiff_t>(filled), block.end(), std::uint8_t{0});
  block[filled] = 0x01;
  block.back() |= 0x80;
}

}  // namespace

void Keccak256::update(ByteView data) {
  while (data.size() >= kRateBytes - filled_) {
    const std::size_t wanted = kRateBytes - filled_;
    if (filled_ == 0) {
      add_block(state_, data.first(wanted));
    } else {
      std::copy_n(data.begin(), wanted, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
      add_block(state_, block_);
    }
    keccak_permute(state_);
    filled_ = 0;
    data = data.subspan(wanted);
  }
  if (!data.empty()) std::memcpy(&block_[filled_], data.data(), data.size());
  filled_ += data.size();
}

template <std::size_t kBytes>
std::array<std::uint8_t, kBytes> Keccak256::squeeze() {
  static_assert(kBytes <= kRateBytes);
  pad(block_, filled_);
  add_block(state_, block_);
  keccak_permute(state_);
  std::array<std::uint8_t, kBytes> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state_[i / 8] >> (8 * (i % 8)));
  wipe(block_.data(), block_.size());  // what is hashed may be a secret seed
  *this = Keccak256();
  return out;
}

Digest Keccak256::finish() { return squeeze<32>(); }
std::array<std::uint8_t, 128> Keccak256::finish_wide() { return squeeze<128>(); }

Digest keccak256(ByteView data) {
  Keccak256 hash;
  hash.update(data);
  return hash.finish();
}

std::array<Digest, 2> keccak256_both(ByteView first, ByteView second) {
  std::array<KeccakState, 2> states{};
  for (std::size_t i = 0; i < 2; ++i) {
    const ByteView data = i == 0 ? first : second;
    std::array<std::uint8_t, kKeccak256RateBytes> block;
    VEIL_CHECK(data.size() < block.size());
    std::copy(data.begin(), data.end(), block.begin());
    pad(block, data.size());
    add_block(states[i], block);
  }
  keccak_permute(states[0], states[1]);
  return {digest_of(states[0]), digest_of(states[1])};
}

Digest keccak256_in_eighths(ByteView data) {
  constexpr std::size_t kRate = kKeccak256RateBytes;
  const std::size_t blocks = data.size() / (8 * kRate);
  KeccakStates states{};
  for (std::size_t block = 0; block < blocks; ++block) {
    for (std::size_t part = 0; part < 8; ++part) {
      const std::uint8_t* from = &data[(part * blocks + block) * kRate];
      for (std::size_t i = 0; i < kRate / 8; ++i) {
        std::uint64_t lane = 0;
        std::memcpy(&lane, from + 8 * i, 8);
        states[i][part] ^= little_endian(lane);
      }
    }
    keccak_permute(states);
  }
  for (std::size_t part = 0; part < 8; ++part) {  // of parts of whole blocks the last block is padding alone
    states[0][part] ^= 0x01;
    states[kRate / 8 - 1][part] ^= 0x80ULL << 56;
  }
  keccak_permute(states);
  Writer digests;
  digests.u64(blocks);
  for (std::size_t part = 0; part < 8; ++part) {
    KeccakState state{};
    for (std::size_t i = 0; i < 4; ++i) state[i] = states[i][part];
    digests.raw(digest_of(state));
  }
  Keccak256 hash;
  hash.update(digests.bytes());
  hash.update(data.subspan(8 * blocks * kRate));
  return hash.finish();
}

}  // namespace veil
