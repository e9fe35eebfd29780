// What the IFMA kernels are made of, at the edges of what they allow.
#include "field/kernels/ifma.h"

#if defined(__x86_64__)

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/cpu.h"
#include "field/test_support.h"

namespace veil {
namespace {

using ifma::Octet;

// The same value on limbs that are not carried: what one limb has more, the next one has less. Signed where `negative`.
std::array<std::int64_t, 5> spread(const ifma::Radix52& value, std::mt19937_64& random, bool negative) {
  std::array<std::int64_t, 5> out{};
  for (std::size_t i = 0; i < 5; ++i) out[i] = static_cast<std::int64_t>(value.limb[i]);
  for (std::size_t i = 4; i-- > 0;) {
    std::int64_t moved = static_cast<std::int64_t>(random() % (negative ? 4 : 1023));
    if (!negative) moved = std::min(moved, out[i + 1]);
    const std::int64_t sign = negative && random() % 2 == 0 ? -1 : 1;
    out[i] += sign * moved * (std::int64_t{1} << 52);
    out[i + 1] -= sign * moved;
  }
  return out;
}

VEIL_IFMA_TARGET Octet to_octet(const std::array<std::array<std::int64_t, 5>, 8>& values) {
  Octet out;
  for (std::size_t i = 0; i < 5; ++i) {
    alignas(64) std::int64_t lanes[8];
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] = values[lane][i];
    out.limb[i] = _mm512_load_si512(lanes);
  }
  return out;
}

template <class Field, class Params>
VEIL_IFMA_TARGET std::array<Field, 8> canonical_sums(const std::array<std::array<std::int64_t, 5>, 8>& values) {
  std::array<Field, 8> out;
  ifma::to_elements(ifma::canonical_sum<Params>(to_octet(values)), out.data());
  return out;
}

// k p + d
template <class Params>
ifma::Radix52 multiple_and(std::uint64_t k, const Limbs& d) {
  ifma::Radix52 out = ifma::multiple(ifma::Constants<Params>::kModulus, k);
  const ifma::Radix52 more = ifma::to_radix52(d);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::uint64_t sum = out.limb[i] + more.limb[i] + carry;
    out.limb[i] = i < 4 ? sum & ifma::kLimbMask : sum;
    carry = sum >> 52;
  }
  return out;
}

template <class Field, class Params>
void check_canonical_sum(bool negative) {
  std::mt19937_64 random(negative ? 1 : 2);
  const Limbs below = (-Field::from_raw({1, 0, 0, 0})).raw();  // p - 1
  for (int trial = 0; trial < 2000; ++trial) {
    for (std::uint64_t k = negative ? 1 : 0; k < 8; ++k) {
      std::array<std::array<std::int64_t, 5>, 8> values{};
      std::array<Limbs, 8> wanted{};
      const Limbs some = Field::from_limbs({random(), random(), random(), random()}).raw();
      const std::array<Limbs, 8> added = {Limbs{0, 0, 0, 0},
                                          Limbs{1, 0, 0, 0},
                                          below,
                                          Limbs{random(), 0, 0, 0},
                                          some,
                                          Limbs{0, 0, 0, random() >> 3 & 0xffff},
                                          Limbs{~0ULL, ~0ULL, ~0ULL, 0},
                                          Limbs{0, random(), random(), 0}};
      for (std::size_t lane = 0; lane < 8; ++lane) {
        wanted[lane] = added[lane];
        values[lane] = spread(multiple_and<Params>(k, added[lane]), random, negative);
      }
      const std::array<Field, 8> found = canonical_sums<Field, Params>(values);
      for (std::size_t lane = 0; lane < 8; ++lane) {
        ASSERT_EQ(found[lane].raw(), wanted[lane]) << k << " p and more, lane " << lane;
      }
    }
  }
}

TEST(Ifma, CanonicalSumOfLimbsThatAreNotCarried) {
  if (detect_cpu_level() < CpuLevel::kIfma) GTEST_SKIP() << "this machine has no AVX-512 IFMA";
  check_canonical_sum<Fr, FrParams>(false);
  check_canonical_sum<Fq, FqParams>(false);
}

TEST(Ifma, CanonicalSumOfLimbsSomeOfWhichAreNegative) {
  if (detect_cpu_level() < CpuLevel::kIfma) GTEST_SKIP() << "this machine has no AVX-512 IFMA";
  check_canonical_sum<Fr, FrParams>(true);
  check_canonical_sum<Fq, FqParams>(true);
}

template <class Field, class Params>
VEIL_IFMA_TARGET std::array<Field, 8> differences(const std::array<Field, 8>& a, const std::array<Field, 8>& b) {
  std::array<Field, 8> out;
  const Octet difference =
      ifma::canonical_difference<Params>(ifma::from_elements(a.data()), ifma::from_elements(b.data()));
  ifma::to_elements(difference, out.data());
  return out;
}

TEST(Ifma, CanonicalDifference) {
  if (detect_cpu_level() < CpuLevel::kIfma) GTEST_SKIP() << "this machine has no AVX-512 IFMA";
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 2000; ++trial) {
    const Fr some = random_fr(random), one = Fr::from_raw({1, 0, 0, 0});
    const std::array<Fr, 8> a = {Fr::zero(), Fr::zero(), -one, -one, some, some, one, random_fr(random)};
    const std::array<Fr, 8> b = {Fr::zero(), -one, -one, Fr::zero(), some, some + one, some, random_fr(random)};
    const std::array<Fr, 8> found = differences<Fr, FrParams>(a, b);
    for (std::size_t lane = 0; lane < 8; ++lane) ASSERT_EQ(found[lane], a[lane] - b[lane]) << lane;
  }
}

}  // namespace
}  // namespace veil

#endif
