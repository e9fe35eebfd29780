#include "curve/g1.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "curve/test_support.h"

namespace veil {
namespace {

TEST(G1, GroupLawWithAllSpecialCases) {
  std::mt19937_64 rng(1);
  const G1 zero = G1::identity();
  for (int i = 0; i < 20; ++i) {
    const G1Affine pa = random_point(rng), qa = random_point(rng);
    const G1 p = pa, q = simple_multiple(qa, Fr::from_u64(3)), r = random_point(rng);
    EXPECT_EQ(p + q, q + p);
    EXPECT_EQ((p + q) + r, p + (q + r));
    EXPECT_EQ(p + zero, p);
    EXPECT_EQ(zero + p, p);
    EXPECT_EQ(p + G1Affine::identity(), p);
    EXPECT_EQ(zero + pa, p);
    EXPECT_EQ(q + q, q.doubled());
    EXPECT_EQ(q + q.to_affine(), q.doubled());
    EXPECT_EQ(q + q + q - q.doubled(), q);
    EXPECT_TRUE((q - q).is_identity());
    EXPECT_TRUE((q - q.to_affine()).is_identity());
    EXPECT_EQ((p + q).to_affine(), (p + q.to_affine()).to_affine());
    EXPECT_TRUE((p + q).to_affine().is_on_curve());
    EXPECT_FALSE(p == q);
    EXPECT_FALSE(p == -p);
    EXPECT_FALSE(p == zero);
  }
  EXPECT_EQ(zero, zero.doubled());
  EXPECT_EQ(zero + zero, -zero);
  EXPECT_TRUE(zero.to_affine().is_identity());
  EXPECT_EQ(G1(G1Affine::identity()), zero);
}

TEST(G1, OrderIsThatOfFr) {
  EXPECT_TRUE(G1Affine::generator().is_on_curve());
  EXPECT_EQ(simple_multiple(G1::generator(), -Fr::one()), -G1::generator());
  EXPECT_FALSE((G1Affine{Fq::one(), Fq::one()}).is_on_curve());
}

TEST(G1, BatchToAffine) {
  std::mt19937_64 rng(2);
  std::vector<G1> points = {G1::identity()};
  for (int i = 0; i < 9; ++i) points.push_back(simple_multiple(random_point(rng), random_fr(rng)));
  points.push_back(G1::identity());
  const std::vector<G1Affine> affine = G1::batch_to_affine(points);
  ASSERT_EQ(affine.size(), points.size());
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(affine[i], points[i].to_affine());
  EXPECT_TRUE(G1::batch_to_affine({}).empty());
}

TEST(G1, MultiplicationAgreesWithDoubleAndAdd) {
  std::mt19937_64 rng(3);
  std::vector<Fr> scalars = {Fr::zero(), Fr::one(), -Fr::one(), Fr::half(), -Fr::half(), Fr::from_u64(2)};
  for (unsigned bit = 1; bit < 254; bit += 3) scalars.push_back(Fr::from_u64(2).pow(bit) - Fr::one());
  for (int i = 0; i < 50; ++i) scalars.push_back(random_fr(rng));
  const G1 point = simple_multiple(random_point(rng), Fr::from_u64(5));
  for (const Fr& scalar : scalars) EXPECT_EQ(point * scalar, simple_multiple(point, scalar));
  EXPECT_TRUE((G1::identity() * scalars.back()).is_identity());
}

TEST(G1, AgreesWithPyEcc) {
  std::ifstream file(std::string(VEIL_SOURCE_DIR) + "/src/curve/testdata/curve.txt");
  ASSERT_TRUE(file);
  int additions = 0, multiplications = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    std::vector<std::string> v;
    for (std::string word; words >> word;) v.push_back(word);
    if (kind == "add") {
      EXPECT_EQ(G1(point_from_hex(v[0], v[1])) + point_from_hex(v[2], v[3]), point_from_hex(v[4], v[5])) << line;
      EXPECT_EQ(G1(point_from_hex(v[0], v[1])) + G1(point_from_hex(v[2], v[3])), point_from_hex(v[4], v[5])) << line;
      ++additions;
    } else if (kind == "mul") {
      EXPECT_EQ(G1(point_from_hex(v[1], v[2])) * element_from_hex<Fr>(v[0]), point_from_hex(v[3], v[4])) << line;
      ++multiplications;
    }
  }
  EXPECT_GE(additions, 20);
  EXPECT_GE(multiplications, 20);
}

// The test vectors of the EVM precompiles (EIP-196); an input is cut or padded with zeros to its length.
class Eip196 : public testing::Test {
 protected:
  static nlohmann::json load(const std::string& name) {
    std::ifstream file(std::string(VEIL_SOURCE_DIR) + "/../shared/testdata/crypto/" + name);
    return file ? nlohmann::json::parse(file) : nlohmann::json::array();
  }
  static Bytes padded_input(const nlohmann::json& vector, std::size_t size_bytes) {
    Bytes out = from_hex(vector.at("Input").get<std::string>()).value();
    out.resize(size_bytes);
    return out;
  }
  static std::string encode(const G1& point) { return to_hex(to_uncompressed(point.to_affine())); }
};

TEST_F(Eip196, Addition) {
  const nlohmann::json vectors = load("bn256Add.json");
  if (vectors.empty()) GTEST_SKIP() << "../shared/testdata/crypto/bn256Add.json is not there";
  for (const nlohmann::json& vector : vectors) {
    const Bytes input = padded_input(vector, 128);
    const auto p = from_uncompressed(std::span(input).first(64)), q = from_uncompressed(std::span(input).last(64));
    ASSERT_TRUE(p && q);
    EXPECT_EQ(encode(G1(*p) + *q), vector.at("Expected").get<std::string>()) << vector.at("Name");
  }
}

TEST_F(Eip196, Multiplication) {
  const nlohmann::json vectors = load("bn256ScalarMul.json");
  if (vectors.empty()) GTEST_SKIP() << "../shared/testdata/crypto/bn256ScalarMul.json is not there";
  for (const nlohmann::json& vector : vectors) {
    const Bytes input = padded_input(vector, 96);
    const auto p = from_uncompressed(std::span(input).first(64));
    ASSERT_TRUE(p);
    Bytes wide(32);
    wide.insert(wide.end(), input.begin() + 64, input.end());  // the scalar may be above p
    EXPECT_EQ(encode(*p * Fr::from_wide(wide)), vector.at("Expected").get<std::string>()) << vector.at("Name");
  }
}

}  // namespace
}  // namespace veil
