#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "hash/drbg.h"
#include "hash/keccak256.h"
#include "hash/sha256.h"

namespace veil {
namespace {

struct Vector {
  std::size_t size_bytes;
  const char* digest;
};

// Byte i of a test message is 7 i + 3 mod 256.
Bytes test_message(std::size_t size_bytes) {
  Bytes out(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) out[i] = static_cast<std::uint8_t>(7 * i + 3);
  return out;
}

// Whole, byte by byte, and in two parts; twice with the same object.
template <class Hash>
void check_vectors(std::span<const Vector> vectors) {
  Hash hash;
  for (const Vector& vector : vectors) {
    const Bytes message = test_message(vector.size_bytes);
    hash.update(message);
    EXPECT_EQ(to_hex(hash.finish()), vector.digest) << vector.size_bytes;
    for (const std::uint8_t byte : message) hash.update({&byte, 1});
    EXPECT_EQ(to_hex(hash.finish()), vector.digest) << vector.size_bytes;
    const ByteView view = message;
    hash.update(view.first(message.size() / 3));
    hash.update(view.subspan(message.size() / 3));
    EXPECT_EQ(to_hex(hash.finish()), vector.digest) << vector.size_bytes;
  }
}

// Digests from pycryptodome; sizes around the rate of 136 bytes.
TEST(Keccak256, AgreesWithPycryptodome) {
  constexpr Vector kVectors[] = {
      {0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
      {1, "69c322e3248a5dfc29d73c5b0553b0185a35cd5bb6386747517ef7e53b15e287"},
      {8, "ad894215c2106b9dfa2c04022025509974a5eb20b9f4cd27ca716967542ecf6e"},
      {134, "0c00ddc2482876f8fa8cc91ed55deedf61049892967f383560faf8a5787f86c5"},
      {135, "00ef96af9cf4b24c7f269d922294444a197d0a33638c2e56634c57e892103a8f"},
      {136, "742061bcad767ed4c4f5883b1dcb1aad11afdcc140dc469d953759b127b9f9ed"},
      {137, "e3371f61e770abf254c34239c3b0099ad90594507415bc81dd0a10b9692bbf2a"},
      {271, "4401c4afbe16ff911bdbf2d38e556e5b861f3fdf0f9d4306b1c46f6ae4f73584"},
      {272, "ac141fd7b0a0ffcd2e967254d508da3ec616596493c36fa304425647d90e6de5"},
      {1000, "80cdc8dd52cbb3dbaea8f383209893fa2bb52efbd5aedbb4b26dcfe307fcdc9b"},
  };
  check_vectors<Keccak256>(kVectors);
}

TEST(Keccak256, KnownDigests) {  // of Ethereum: the empty code hash, the selector of transfer(address,uint256)
  EXPECT_EQ(to_hex(keccak256({})), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256(as_bytes("transfer(address,uint256)"))).substr(0, 8), "a9059cbb");
}

TEST(Keccak256, BothIsTwice) {
  for (std::size_t size = 0; size < kKeccak256RateBytes; ++size) {
    const Bytes first = test_message(size);
    const Bytes second = test_message(kKeccak256RateBytes - 1 - size);
    const std::array<Digest, 2> both = keccak256_both(first, second);
    EXPECT_EQ(both[0], keccak256(first));
    EXPECT_EQ(both[1], keccak256(second));
  }
}

TEST(Keccak256, EighthsAreWhatTheyAreSaidToBe) {
  constexpr std::size_t kAll = 8 * kKeccak256RateBytes;
  for (const std::size_t size : {std::size_t{0}, kAll - 1, kAll, kAll + 1, 2 * kAll + 17, 5 * kAll - 1}) {
    const Bytes data = test_message(size);
    const std::size_t part = size / kAll * kKeccak256RateBytes;
    Writer writer;
    writer.u64(size / kAll);
    for (std::size_t i = 0; i < 8; ++i) writer.raw(keccak256(ByteView(data).subspan(i * part, part)));
    writer.raw(ByteView(data).subspan(8 * part));
    EXPECT_EQ(keccak256_in_eighths(data), keccak256(writer.bytes())) << size;
  }
}

// Whatever kernel this machine chooses gives what the portable one gives.
TEST(Keccak256, KernelsAgree) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::array<KeccakState, 3> states{};
    for (KeccakState& state : states) {
      for (std::uint64_t& lane : state) lane = random();
    }
    std::array<KeccakState, 3> wanted = states;
    for (KeccakState& state : wanted) portable::keccak_permute(state);
    keccak_permute(states[0], states[1]);
    keccak_permute(states[2]);
    EXPECT_EQ(states, wanted);

    KeccakStates eight;
    for (auto& lanes : eight) {
      for (std::uint64_t& lane : lanes) lane = random();
    }
    KeccakStates eight_wanted = eight;
    portable::keccak_permute(eight_wanted);
    keccak_permute(eight);
    EXPECT_EQ(eight, eight_wanted);
  }
}

// Digests from Python's hashlib; sizes around the block of 64 bytes.
TEST(Sha256, AgreesWithHashlib) {
  constexpr Vector kVectors[] = {
      {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5"},
      {55, "e7313d333c272e639f790978283f9eb392e843d0f29b7016828bb1daa4aac70b"},
      {56, "4324d65f3c103567f5589c710bc08f8523f929a9272e3af36fc968e52abc6c27"},
      {63, "81c80242132f230c3bd41b3e63bbcff16107339549214a99614ff26664625055"},
      {64, "39e3d7b6b5d075d37d053ad89b24b41bef4f3c29760c84447cab3f3be1882241"},
      {65, "aacca6ff74fdbb296d165a45cecfa04e5127bc008770fbbdd48006f2d2fae95e"},
      {119, "9ce7368e4daf32341631b492e80359dc9f594b48453cd0dd5bf0b19279cc177e"},
      {120, "7836b787757e95e58b3ca5aec90b1b004e8deba1e50e9675af9cabf1a13a04b5"},
      {127, "a8d23e75d936f303d248888d9b165ee543f4cbafcad3c9dd2a79bd84faa11d07"},
      {128, "d2742f1f4ac6bb7ca2b239ee18402ba8b3f9f8e652d2a72973c2b9ba11c08cf6"},
      {1000, "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371"},
  };
  check_vectors<Sha256>(kVectors);
}

TEST(Sha256, NistExamples) {  // FIPS 180-4 examples
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(Bytes(1000000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

std::array<std::uint8_t, 128> expected_drbg_block(const Digest& seed, std::uint8_t index) {
  Keccak256 hash;
  hash.update(seed);
  hash.update(as_bytes("veil/drbg"));
  const std::array<std::uint8_t, 8> counter = {0, 0, 0, 0, 0, 0, 0, index};
  hash.update(counter);
  return hash.finish_wide();
}

TEST(Keccak256, WideOutputBeginsWithTheDigest) {
  Keccak256 hash;
  hash.update(as_bytes("abc"));
  const auto wide = hash.finish_wide();
  const Digest digest = keccak256(as_bytes("abc"));
  EXPECT_TRUE(std::equal(digest.begin(), digest.end(), wide.begin()));
  EXPECT_FALSE(std::equal(digest.begin(), digest.end(), wide.begin() + 32));
  hash.update(as_bytes("abc"));
  EXPECT_EQ(hash.finish(), digest);  // as new after it
}

TEST(Drbg, IsTheBlocksByDefinitionHoweverCut) {
  Digest seed{};
  seed[3] = 9;
  Bytes expected;
  for (std::uint8_t i = 0; i < 8; ++i) {
    for (const std::uint8_t byte : expected_drbg_block(seed, i)) expected.push_back(byte);
  }
  Drbg drbg(seed);
  Bytes out(expected.size());
  std::span<std::uint8_t> rest = out;
  for (std::size_t size = 0; !rest.empty(); size = std::min(size + 5, rest.size())) {
    drbg.fill(rest.first(size));
    rest = rest.subspan(size);
  }
  EXPECT_EQ(out, expected);
  static_assert(!std::is_copy_constructible_v<Drbg>);
}

TEST(Drbg, MovesItsPlaceAndLeavesNothing) {
  Drbg a(Digest{5}), same(Digest{5});
  Bytes expected(100), out(100);
  same.fill(expected);
  a.fill(std::span(out).first(40));
  Drbg b(std::move(a));
  b.fill(std::span(out).subspan(40));
  EXPECT_EQ(out, expected);
  EXPECT_DEATH(a.fill(out), "check failed");  // NOLINT(bugprone-use-after-move)
}

TEST(Drbg, SeedsGiveDifferentStreams) {
  Digest other{};
  other[31] = 1;
  Drbg a(Digest{}), b(other);
  Bytes from_a(64), from_b(64);
  a.fill(from_a);
  b.fill(from_b);
  EXPECT_NE(from_a, from_b);
}

}  // namespace
}  // namespace veil
