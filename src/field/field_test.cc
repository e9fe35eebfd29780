// One battery for both fields and every way of multiplying.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "field/fq.h"
#include "field/fr.h"
#include "field/inverse.h"

namespace veil {
namespace {

Limbs limbs_from_hex(const std::string& text) {
  Limbs out{};
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    for (std::size_t i = 3; i > 0; --i) out[i] = out[i] << 4 | out[i - 1] >> 60;
    out[0] = out[0] << 4 | digit;
  }
  return out;
}

template <class Field>
class FieldTest : public testing::Test {
 protected:
  static Limbs random_limbs(std::mt19937_64& rng) { return {rng(), rng(), rng(), rng()}; }
  static Field random_element(std::mt19937_64& rng) { return Field::from_limbs(random_limbs(rng)); }
  static std::vector<Field> edge_values() {
    std::vector<Field> out = {Field::zero(),
                              Field::one(),
                              Field::from_u64(2),
                              -Field::one(),
                              -Field::from_u64(2),
                              Field::half(),
                              -Field::half(),
                              Field::from_u64(~std::uint64_t{0}),
                              Field::from_raw({1, 0, 0, 0})};
    for (unsigned k = 1; k < 8; ++k) out.push_back(Field::from_u64(2).pow(32 * k));
    return out;
  }
};

using Fields = testing::Types<Fr, Fq>;
TYPED_TEST_SUITE(FieldTest, Fields);

// Compares with py_ecc: see tools/reference_vectors.py.
template <class Field>
void check_reference(const std::string& name) {
  std::ifstream file(std::string(VEIL_SOURCE_DIR) + "/src/field/testdata/fields.txt");
  ASSERT_TRUE(file);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + " ", 0) != 0) continue;
    std::istringstream words(line.substr(2));
    std::vector<Field> v;
    for (std::string word; words >> word;) v.push_back(Field::from_limbs(limbs_from_hex(word)));
    ASSERT_EQ(v.size(), 6u);
    EXPECT_EQ(v[0] + v[1], v[2]) << line;
    EXPECT_EQ(v[0] - v[1], v[3]) << line;
    EXPECT_EQ(v[0] * v[1], v[4]) << line;
    EXPECT_EQ(v[0].inverse(), v[5]) << line;
    ++count;
  }
  EXPECT_GT(count, 200u);
}

TEST(FieldReference, FrAgreesWithPyEcc) { check_reference<Fr>("r"); }
TEST(FieldReference, FqAgreesWithPyEcc) { check_reference<Fq>("q"); }

TYPED_TEST(FieldTest, Axioms) {
  using Field = TypeParam;
  std::mt19937_64 rng(1);
  for (int i = 0; i < 2000; ++i) {
    const Field a = this->random_element(rng), b = this->random_element(rng), c = this->random_element(rng);
    EXPECT_EQ((a + b) + c, a + (b + c));
    EXPECT_EQ(a + b, b + a);
    EXPECT_EQ((a * b) * c, a * (b * c));
    EXPECT_EQ(a * b, b * a);
    EXPECT_EQ(a * (b + c), a * b + a * c);
    EXPECT_EQ(a - b, a + (-b));
    EXPECT_EQ(a - a, Field::zero());
    EXPECT_EQ(a.square(), a * a);
    EXPECT_EQ(a.doubled(), a + a);
    EXPECT_EQ(a * a.inverse(), Field::one());
  }
}

TYPED_TEST(FieldTest, EdgeValuesAgreeInAllPairs) {
  using Field = TypeParam;
  for (const Field& a : this->edge_values()) {
    for (const Field& b : this->edge_values()) {
      EXPECT_EQ((a + b) - b, a);
      EXPECT_EQ((a - b) + b, a);
      EXPECT_EQ(a * b, b * a);
      EXPECT_EQ((a + b).square(), a.square() + (a * b).doubled() + b.square());
      if (!b.is_zero()) {
        EXPECT_EQ(a * b * b.inverse(), a);
      }
    }
    EXPECT_TRUE(less_limbs(a.raw(), Field::kModulus));
    EXPECT_EQ(Field::from_limbs(a.to_limbs()), a);
  }
}

TYPED_TEST(FieldTest, Conversions) {
  using Field = TypeParam;
  EXPECT_EQ(Field(), Field::zero());
  EXPECT_EQ(Field::from_int(-7), -Field::from_u64(7));
  EXPECT_EQ(Field::from_int(INT64_MIN), -Field::from_u64(std::uint64_t{1} << 63));
  EXPECT_EQ(Field::from_int(INT64_MAX), Field::from_u64(INT64_MAX));
  const Field two64 = Field::from_u64(~std::uint64_t{0}) + Field::one();
  const Int128 large = (static_cast<Int128>(3) << 64) + 5;
  EXPECT_EQ(Field::from_int128(large), two64 * Field::from_u64(3) + Field::from_u64(5));
  EXPECT_EQ(Field::from_int128(-large), -Field::from_int128(large));
  const auto lowest = static_cast<Int128>(static_cast<UInt128>(1) << 127);
  EXPECT_EQ(Field::from_int128(lowest), -(two64.square() * Field::half()));
  EXPECT_EQ(Field::half() + Field::half(), Field::one());
  EXPECT_EQ(Field::from_limbs(Field::kModulus), Field::zero());
  EXPECT_EQ(Field::from_limbs({~0ull, ~0ull, ~0ull, ~0ull}), two64.pow(4) - Field::one());
  EXPECT_EQ(Field::from_u64(5).to_limbs(), (Limbs{5, 0, 0, 0}));
}

TYPED_TEST(FieldTest, BytesAreCanonical) {
  using Field = TypeParam;
  std::mt19937_64 rng(2);
  for (int i = 0; i < 200; ++i) {
    const Field a = this->random_element(rng);
    EXPECT_EQ(Field::from_bytes(a.to_bytes()), a);
  }
  EXPECT_EQ(to_hex(Field::from_u64(0x0102).to_bytes()), std::string(60, '0') + "0102");
  std::array<std::uint8_t, 32> modulus{};
  for (std::size_t i = 0; i < 32; ++i) {
    modulus[i] = static_cast<std::uint8_t>(Field::kModulus[3 - i / 8] >> (56 - 8 * (i % 8)));
  }
  EXPECT_FALSE(Field::from_bytes(modulus));
  modulus[31] = static_cast<std::uint8_t>(modulus[31] - 1);
  EXPECT_EQ(Field::from_bytes(modulus), -Field::one());
  EXPECT_FALSE(Field::from_bytes(std::vector<std::uint8_t>(32, 0xff)));
  EXPECT_FALSE(Field::from_bytes(std::vector<std::uint8_t>(31, 0)));
  EXPECT_FALSE(Field::from_bytes(std::vector<std::uint8_t>(33, 0)));
  EXPECT_FALSE(Field::from_bytes({}));
}

TYPED_TEST(FieldTest, WideBytesAreReduced) {
  using Field = TypeParam;
  std::vector<std::uint8_t> bytes(64);
  std::mt19937_64 rng(3);
  for (int round = 0; round < 100; ++round) {
    Field expected;
    for (std::uint8_t& byte : bytes) {
      byte = round == 0 ? 0xff : static_cast<std::uint8_t>(rng());
      expected = expected * Field::from_u64(256) + Field::from_u64(byte);
    }
    EXPECT_EQ(Field::from_wide(bytes), expected);
  }
  EXPECT_DEATH(Field::from_wide(std::span(bytes).first(63)), "check failed");
}

TYPED_TEST(FieldTest, InverseOfAllSizes) {
  using Field = TypeParam;
  EXPECT_EQ(Field::zero().inverse(), Field::zero());
  EXPECT_EQ((-Field::one()).inverse(), -Field::one());
  std::mt19937_64 rng(4);
  for (unsigned bits = 1; bits <= 256; ++bits) {
    for (int i = 0; i < 20; ++i) {
      Limbs raw = this->random_limbs(rng);
      for (unsigned k = bits; k < 256; ++k) raw = shift_right(raw, 1);
      const Field a = Field::from_limbs(raw);
      if (!a.is_zero()) {
        EXPECT_EQ(a.inverse() * a, Field::one());
      }
      if (less_limbs(raw, Field::kModulus)) {
        EXPECT_EQ(Field::from_limbs(invert_mod(raw, Field::kModulus)), a.inverse());
      }
    }
  }
}

TYPED_TEST(FieldTest, Powers) {
  using Field = TypeParam;
  std::mt19937_64 rng(5);
  const Field a = this->random_element(rng);
  Field expected = Field::one();
  for (std::uint64_t e = 0; e < 70; ++e) {
    EXPECT_EQ(a.pow(e), expected);
    expected *= a;
  }
  Limbs minus_one{};
  subtract_limbs(minus_one, Field::kModulus, {1, 0, 0, 0});
  EXPECT_EQ(a.pow(minus_one), Field::one());
  EXPECT_EQ(Field::zero().pow(0), Field::one());
  EXPECT_EQ(Field::zero().pow(3), Field::zero());
}

TYPED_TEST(FieldTest, LargerRootAndParity) {
  using Field = TypeParam;
  EXPECT_FALSE(Field::zero().is_larger_root());
  EXPECT_FALSE(Field::one().is_larger_root());
  EXPECT_TRUE((-Field::one()).is_larger_root());
  EXPECT_TRUE(Field::half().is_larger_root());      // (p+1)/2
  EXPECT_FALSE((-Field::half()).is_larger_root());  // (p-1)/2
  EXPECT_TRUE(Field::one().is_odd());
  EXPECT_FALSE((-Field::one()).is_odd());
}

TYPED_TEST(FieldTest, AllMultiplicationsAgree) {
  using Field = TypeParam;
  constexpr MontgomeryConstants kConstants = montgomery_constants(Field::kModulus);
  std::mt19937_64 rng(6);
  std::vector<Limbs> values = {{0, 0, 0, 0}, {1, 0, 0, 0}, {~0ull, ~0ull, ~0ull, ~0ull}, Field::kModulus};
  for (const Field& a : this->edge_values()) values.push_back(a.raw());
  for (int i = 0; i < 500; ++i) values.push_back(this->random_limbs(rng));
  for (const Limbs& a : values) {  // any 256-bit value
    for (std::size_t i = 0; i < 40; ++i) {
      const Limbs b = Field::from_limbs(values[i]).raw();
      const Limbs product = portable::multiply_mod(a, b, kConstants);
      EXPECT_TRUE(less_limbs(product, Field::kModulus));
      EXPECT_EQ(multiply_mod(a, b, kConstants), product);
#if VEIL_X86_64_ASSEMBLY
      EXPECT_EQ(multiply_mod_portable(a, b, kConstants), product);
      if (detect_cpu_level() >= CpuLevel::kAdx) {
        EXPECT_EQ(assembly::multiply_mod(a, b, kConstants), product);
      }
      const Limbs c = Field::from_limbs(a).raw();
      EXPECT_EQ(assembly::add_mod(b, c, kConstants), portable::add_mod(b, c, Field::kModulus));
      EXPECT_EQ(assembly::subtract_mod(b, c, kConstants), portable::subtract_mod(b, c, Field::kModulus));
#endif
    }
  }
}

TEST(Fq, SquareRoots) {
  std::mt19937_64 rng(7);
  EXPECT_EQ(Fq::zero().sqrt(), Fq::zero());
  EXPECT_TRUE(Fq::one().is_square());
  EXPECT_FALSE((-Fq::one()).is_square());  // q = 3 (mod 4)
  for (int i = 0; i < 300; ++i) {
    const Fq a = Fq::from_limbs({rng(), rng(), rng(), rng()});
    const std::optional<Fq> root = a.square().sqrt();
    ASSERT_TRUE(root);
    EXPECT_TRUE(*root == a || *root == -a);
    EXPECT_EQ(a.is_square(), !(-a).is_square());
  }
}

static_assert(Fr::from_u64(6) * Fr::half() == Fr::from_u64(3));  // usable in constant expressions
static_assert(std::is_trivially_copyable_v<Fr> && sizeof(Fr) == 32);

}  // namespace
}  // namespace veil
