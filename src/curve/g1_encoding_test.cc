#include "curve/test_support.h"

namespace veil {
namespace {

Bytes bytes_of(const auto& array) { return {array.begin(), array.end()}; }

TEST(G1Encoding, RoundTrip) {
  std::mt19937_64 rng(1);
  int larger = 0;
  for (int i = 0; i < 64; ++i) {
    const G1Affine p = random_point(rng);
    EXPECT_EQ(decompress(compress(p)), p);
    EXPECT_EQ(decompress(compress(-p)), -p);
    EXPECT_EQ(compress(p)[0] ^ compress(-p)[0], 0x80);
    EXPECT_EQ(from_uncompressed(to_uncompressed(p)), p);
    larger += compress(p)[0] >> 7;
  }
  EXPECT_GT(larger, 0);
  EXPECT_LT(larger, 64);
  EXPECT_EQ(to_hex(compress(G1Affine::generator())), std::string(63, '0') + "1");
  EXPECT_EQ(to_hex(compress(-G1Affine::generator())), "80" + std::string(61, '0') + "1");
}

TEST(G1Encoding, IdentityHasOneEncoding) {
  const auto encoded = compress(G1Affine::identity());
  EXPECT_EQ(to_hex(encoded), "40" + std::string(62, '0'));
  EXPECT_EQ(decompress(encoded), G1Affine::identity());
  for (const std::uint8_t first : std::array<std::uint8_t, 3>{0xc0, 0x41, 0x60}) {
    Bytes other = bytes_of(encoded);
    other[0] = first;
    EXPECT_FALSE(decompress(other)) << int{first};
  }
  Bytes other = bytes_of(encoded);
  other[31] = 1;
  EXPECT_FALSE(decompress(other));
  EXPECT_EQ(from_uncompressed(Bytes(64, 0)), G1Affine::identity());
  EXPECT_EQ(bytes_of(to_uncompressed(G1Affine::identity())), Bytes(64, 0));
}

TEST(G1Encoding, ManyAtOnceAreAsOneByOne) {
  std::mt19937_64 rng(3);
  Bytes bytes;
  for (int i = 0; i < 150; ++i) {
    Bytes one = bytes_of(compress(i % 7 == 0 ? G1Affine::identity() : random_point(rng)));
    if (i % 3 == 0) one[rng() % 32] ^= static_cast<std::uint8_t>(1 << rng() % 8);
    if (i % 31 == 0) std::fill(one.begin(), one.end(), std::uint8_t{0xff});
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  const auto all = decompress_all(bytes);
  ASSERT_EQ(all.size(), 150u);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], decompress(std::span(bytes).subspan(32 * i, 32))) << i;
  EXPECT_TRUE(decompress_all({}).empty());
  EXPECT_DEATH(decompress_all(std::span(bytes).first(33)), "check failed");
}

TEST(G1Encoding, EveryFlippedBitIsRefusedOrAnotherPoint) {
  std::mt19937_64 rng(2);
  const G1Affine p = random_point(rng);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    Bytes changed = bytes_of(compress(p));
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = decompress(changed);
    if (decoded) {
      EXPECT_NE(*decoded, p);
      EXPECT_TRUE(decoded->is_on_curve());
      EXPECT_EQ(bytes_of(compress(*decoded)), changed);  // an accepted encoding is the only one of its point
    }
  }
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Bytes changed = bytes_of(to_uncompressed(p));
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(from_uncompressed(changed));
  }
}

TEST(G1Encoding, RefusesWhatIsNotCanonical) {
  const std::string modulus = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
  const std::string one_above = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd48";  // q + 1, for x = 1
  const std::string two = std::string(63, '0') + "2";
  EXPECT_FALSE(decompress(*from_hex(modulus)));
  EXPECT_FALSE(decompress(*from_hex(one_above)));
  EXPECT_FALSE(decompress(*from_hex("b0" + one_above.substr(2))));
  EXPECT_FALSE(from_uncompressed(*from_hex(one_above + two)));
  EXPECT_FALSE(from_uncompressed(*from_hex(std::string(63, '0') + "1" + std::string(63, '0') + "1")));
  EXPECT_FALSE(decompress(Bytes(32, 0)));  // x = 0 is of no point: 3 is not a square
  EXPECT_FALSE(decompress(Bytes(32, 0xff)));
  EXPECT_FALSE(decompress(Bytes(31, 0)));
  EXPECT_FALSE(decompress(Bytes(33, 0)));
  EXPECT_FALSE(decompress({}));
  EXPECT_FALSE(from_uncompressed(Bytes(63, 0)));
  EXPECT_FALSE(from_uncompressed(Bytes(65, 0)));
}

}  // namespace
}  // namespace veil
