#include "curve/hash_to_curve.h"

#include "curve/test_support.h"

namespace veil {
namespace {

// From gnark-crypto (ConsenSys), ecc/bn254/hash_vectors_test.go, Apache-2.0.
constexpr std::string_view kTestTag = "QUUX-V01-CS02-with-BN254G1_XMD:SHA-256_SVDW_RO_";
struct Vector {
  std::string message;
  std::array<std::string, 8> numbers;  // u0, u1, Q0.x, Q0.y, Q1.x, Q1.y, P.x, P.y
};

std::vector<Vector> test_vectors() {
  return {
      {"",
       {"2f87b81d9d6ef05ad4d249737498cc27e1bd485dca804487844feb3c67c1a9b5",
        "6de2d0d7c0d9c7a5a6c0b74675e7543f5b98186b5dbf831067449000b2b1f8e",
        "e449b959abbd0e5ab4c873eaeb1ccd887f1d9ad6cd671fd72cb8d77fb651892",
        "29ff1e36867c60374695ee0c298fcbef2af16f8f97ed356fa75e61a797ebb265",
        "19388d9112a306fba595c3a8c63daa8f04205ad9581f7cf105c63c442d7c6511",
        "182da356478aa7776d1de8377a18b41e933036d0b71ab03f17114e4e673ad6e4",
        "a976ab906170db1f9638d376514dbf8c42aef256a54bbd48521f20749e59e86",
        "2925ead66b9e68bfc309b014398640ab55f6619ab59bc1fab2210ad4c4d53d5"}},
      {"abcdef0123456789",
       {"2f7993a6b43a8dbb37060e790011a888157f456b895b925c3568690685f4983d",
        "2677d0532b47a4cead2488845e7df7ebc16c0b8a2cd8a6b7f4ce99f51659794e",
        "28d01790d2a1cc4832296774438acd46c2ce162d03099926478cf52319daba8d",
        "10227ab2707fd65fb45e87f0a48cfe3556f04113d27b1da9a7ae1709007355e1",
        "7dc256c7aadac1b4e1d23b3b2bbb5e2ffd9c753b9073d8d952ead8f812ce1b3",
        "2589008b2e15dcb3d16cdc1fed2634778001b1b28f0ab433f4f5ec6635c55e1e",
        "187dbf1c3c89aceceef254d6548d7163fdfa43084145f92c4c91c85c21442d4a",
        "abd99d5b0000910b56058f9cc3b0ab0a22d47cf27615f588924fac1e5c63b4d"}},
      {"a512_" + std::string(512, 'a'),
       {"48527470f534978bae262c0f3ba8380d7f560916af58af9ad7dcb6a4238e633",
        "19a6d8be25702820b9b11eada2d42f425343889637a01ecd7672fbcf590d9ffe",
        "2298ba379768da62495af6bb390ffca9156fde1dc167235b89c6dd008d2f2f3b",
        "660564cf6fce5cdea4780f5976dd0932559336fd072b4ddd83ec37f00fc7699",
        "2811dea430f7a1f6c8c941ecdf0e1e725b8ad1801ad15e832654bd8f10b62f16",
        "253390ed4fb39e58c30ca43892ab0428684cfb30b9df05fc239ab532eaa02444",
        "1b05dc540bd79fd0fea4fbb07de08e94fc2e7bd171fe025c479dc212a2173ce",
        "1bf028afc00c0f843d113758968f580640541728cfc6d32ced9779aa613cd9b0"}},
  };
}

TEST(HashToCurve, AgreesWithGnark) {
  for (const Vector& vector : test_vectors()) {
    const ByteView message = as_bytes(vector.message);
    const std::array<std::string, 8>& n = vector.numbers;
    const std::array<Fq, 2> u = hash_to_field(message, kTestTag);
    EXPECT_EQ(u[0], element_from_hex<Fq>(n[0]));
    EXPECT_EQ(u[1], element_from_hex<Fq>(n[1]));
    EXPECT_EQ(map_to_curve_svdw(u[0]), point_from_hex(n[2], n[3]));
    EXPECT_EQ(map_to_curve_svdw(u[1]), point_from_hex(n[4], n[5]));
    EXPECT_EQ(hash_to_g1(message, kTestTag), point_from_hex(n[6], n[7]));
  }
}

// RFC 9380, K.1 (expand_message_xmd with SHA-256), DST "QUUX-V01-CS02-with-expander-SHA256-128".
TEST(HashToCurve, ExpandMessageAgreesWithRfc9380) {
  constexpr std::string_view kTag = "QUUX-V01-CS02-with-expander-SHA256-128";
  EXPECT_EQ(to_hex(expand_message_xmd({}, kTag, 0x20)),
            "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235");
  EXPECT_EQ(to_hex(expand_message_xmd(as_bytes("abc"), kTag, 0x20)),
            "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615");
  EXPECT_EQ(to_hex(expand_message_xmd({}, kTag, 0x80)).substr(0, 64),
            "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbe");
}

TEST(HashToCurve, MapIsDefinedEverywhere) {
  // u with (1 - 4u^2)(1 + 4u^2) = 0, where the inverse is that of zero: u = +-1/2; and u = 0.
  for (const Fq& u : {Fq::zero(), Fq::half(), -Fq::half()}) {
    const G1Affine p = map_to_curve_svdw(u);
    EXPECT_TRUE(p.is_on_curve());
    EXPECT_FALSE(p.is_identity());
    EXPECT_EQ(p.y.is_odd(), u.is_odd());
  }
  std::mt19937_64 rng(1);
  for (int i = 0; i < 200; ++i) {
    const Fq u = Fq::from_limbs({rng(), rng(), rng(), rng()});
    const G1Affine p = map_to_curve_svdw(u);
    EXPECT_TRUE(p.is_on_curve());
    EXPECT_EQ(p.y.is_odd(), u.is_odd());
  }
}

TEST(HashToCurve, TagsAndMessagesSeparate) {
  const G1Affine p = hash_to_g1(as_bytes("m"), "a");
  EXPECT_NE(p, hash_to_g1(as_bytes("m"), "b"));
  EXPECT_NE(p, hash_to_g1(as_bytes("n"), "a"));
  EXPECT_DEATH(hash_to_g1({}, ""), "check failed");
  EXPECT_DEATH(hash_to_g1({}, std::string(256, 'x')), "check failed");
  EXPECT_DEATH(expand_message_xmd({}, "a", 8161), "check failed");
}

// The constants in hash_to_curve.cc, from their definitions: c2 = -1/2 and c4 = -16/3 show in the map of u = 1/2 (where
// the inverse is of zero, so x1 = x2 = c2 and x3 = 1); c3 shows in AgreesWithGnark.
TEST(HashToCurve, Constants) {
  const Fq c2 = -Fq::half();
  const bool c2_on_curve = (c2.square() * c2 + Fq::from_u64(3)).is_square();
  EXPECT_EQ(map_to_curve_svdw(Fq::half()).x, c2_on_curve ? c2 : Fq::one());
}

}  // namespace
}  // namespace veil
