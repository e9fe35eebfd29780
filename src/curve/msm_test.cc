#include "curve/msm.h"

#include <fstream>
#include <sstream>

#include "curve/batch_add.h"
#include "curve/bucket_weights.h"
#include "curve/buckets.h"
#include "curve/endomorphism.h"
#include "curve/generators.h"
#include "curve/signed_digits.h"
#include "curve/test_support.h"

namespace veil {
namespace {

G1 simple_sum(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  G1 out;
  for (std::size_t i = 0; i < points.size(); ++i) out += G1(points[i]) * scalars[i];
  return out;
}

TEST(SignedDigits, SumToTheValue) {
  std::mt19937_64 rng(1);
  for (unsigned c = 2; c <= 15; ++c) {
    for (int round = 0; round < 100; ++round) {
      std::array<std::uint64_t, 2> limbs = {rng(), rng() >> 1};
      if (round == 0) limbs = {~0ull, ~0ull >> 1};
      if (round == 1) limbs = {0, 0};
      if (round == 2) limbs = {0, std::uint64_t{1} << 63};  // 2^127 itself
      const bool negative = round % 2 == 1;
      const std::size_t windows = signed_windows(127, c);
      std::vector<std::int16_t> digits(3 * windows);
      write_signed_digits(limbs, negative, c, digits.data() + 1, windows, 3);
      Fr sum;
      for (std::size_t i = windows; i-- > 0;) {
        EXPECT_LE(std::abs(digits[3 * i + 1]), 1 << (c - 1));
        sum = sum * Fr::from_u64(std::uint64_t{1} << c) + Fr::from_int(digits[3 * i + 1]);
      }
      const Fr magnitude = Fr::from_limbs({limbs[0], limbs[1], 0, 0});
      EXPECT_EQ(sum, negative ? -magnitude : magnitude);
    }
  }
  std::array<std::int16_t, 2> digits{};
  const std::array<std::uint64_t, 1> too_large = {137};
  EXPECT_DEATH(write_signed_digits(too_large, false, 4, digits.data(), 2, 1), "check failed");
}

TEST(Endomorphism, MultipliesByLambda) {
  std::mt19937_64 rng(2);
  EXPECT_EQ(kBeta.pow(3), Fq::one());
  EXPECT_EQ(kLambda.pow(3), Fr::one());
  for (int i = 0; i < 5; ++i) {
    const G1Affine p = random_point(rng);
    EXPECT_EQ(simple_multiple(p, kLambda), G1(G1Affine{p.x * kBeta, p.y}));
  }
}

Fr value_of(const HalfScalar& half) {
  const Fr magnitude = Fr::from_limbs({half.magnitude[0], half.magnitude[1], 0, 0});
  return half.negative ? -magnitude : magnitude;
}

TEST(Endomorphism, SplitsEveryScalar) {
  std::mt19937_64 rng(3);
  std::vector<Fr> scalars = {Fr::zero(),  Fr::one(), -Fr::one(), Fr::half(),
                             -Fr::half(), kLambda,   -kLambda,   kLambda * kLambda};
  for (unsigned bit = 0; bit < 254; ++bit) {
    const Fr power = Fr::from_u64(2).pow(bit);
    scalars.insert(scalars.end(), {power, -power, power - Fr::one(), kLambda * power});
  }
  for (int i = 0; i < 20000; ++i) scalars.push_back(random_fr(rng));
  for (const Fr& k : scalars) {
    const auto [k0, k1] = split_scalar(k);
    EXPECT_EQ(value_of(k0) + kLambda * value_of(k1), k);
    EXPECT_LT(k0.magnitude[1], std::uint64_t{1} << 63);
    EXPECT_LT(k1.magnitude[1], std::uint64_t{1} << 63);
  }
}

class BatchAddTest : public testing::TestWithParam<CpuLevel> {
 protected:
  void SetUp() override {
    if (GetParam() > detect_cpu_level()) GTEST_SKIP() << "this machine cannot run " << cpu_level_name(GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Levels, BatchAddTest, testing::Values(CpuLevel::kPortable, CpuLevel::kIfma),
                         [](const auto& level) { return std::string(cpu_level_name(level.param)); });

// Sums of every size of batch, each pair of one of all kinds: general, doubling, cancelling, with the identity, and
// every reference of either sign.
TEST_P(BatchAddTest, AllKindsAtAllPlaces) {
  std::mt19937_64 rng(4);
  const G1Affine p = random_point(rng), q = random_point(rng), zero;
  const std::vector<G1Affine> some = {p, q, -p, zero, random_point(rng), random_point(rng)};
  constexpr std::array<std::size_t, 14> kCounts = {1, 7, 15, 16, 17, 31, 32, 33, 64, 1000, 1023, 1024, 1025, 2500};
  for (const std::size_t count : kCounts) {
    for (const bool mostly_general : {false, true}) {
      std::vector<G1Affine> left(count), right(count), out(count);
      std::vector<bool> signs(2 * count);
      BatchAdder adder(GetParam());
      for (std::size_t i = 0; i < count; ++i) {
        left[i] = some[rng() % some.size()];
        right[i] = mostly_general && rng() % 16 != 0 ? some[4] : some[rng() % some.size()];
        if (mostly_general && rng() % 16 != 0) left[i] = some[5];
        signs[2 * i] = rng() % 2 == 0;
        signs[2 * i + 1] = rng() % 2 == 0;
        adder.add(PointRef(&left[i], signs[2 * i]), PointRef(&right[i], signs[2 * i + 1]), &out[i]);
      }
      adder.flush();
      for (std::size_t i = 0; i < count; ++i) {
        const G1 expected = G1(signs[2 * i] ? -left[i] : left[i]) + (signs[2 * i + 1] ? -right[i] : right[i]);
        ASSERT_EQ(out[i], expected.to_affine()) << i << " of " << count;
      }
    }
  }
  BatchAdder(GetParam()).flush();  // of nothing
}

// A result may take the place of an operand of its own sum or of an earlier one.
TEST_P(BatchAddTest, ResultsOverOperands) {
  std::mt19937_64 rng(14);
  const G1Affine p = random_point(rng), q = random_point(rng);
  std::vector<G1Affine> points;
  for (std::size_t i = 0; i < 5000; ++i) points.push_back(i % 3 == 0 ? p : i % 7 == 0 ? -p : q);
  const std::vector<G1Affine> before = points;
  BatchAdder adder(GetParam());
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    adder.add(PointRef(&points[i]), PointRef(&points[i + 1]), &points[i / 2]);
  }
  adder.flush();
  for (std::size_t i = 0; i + 1 < before.size(); i += 2) {
    ASSERT_EQ(points[i / 2], (G1(before[i]) + before[i + 1]).to_affine()) << i;
  }
}

TEST_P(BatchAddTest, SumsOfSegmentsOfEverySize) {
  std::mt19937_64 rng(5);
  const std::vector<G1Affine> some = {random_point(rng), random_point(rng), random_point(rng), G1Affine::identity()};
  std::vector<PointRef> points;
  std::vector<Segment> segments;
  std::vector<G1> expected;
  for (std::uint32_t size = 0; size <= 70; ++size) {
    segments.push_back({static_cast<std::uint32_t>(points.size()), size});
    expected.emplace_back();
    for (std::uint32_t i = 0; i < size; ++i) {  // few distinct points: many equal and opposite pairs
      points.emplace_back(&some[rng() % some.size()], rng() % 2 == 0);
      expected.back() += points.back().value();
    }
  }
  std::vector<G1Affine> work((points.size() + 1) / 2);
  sum_segments(points, segments, work, GetParam());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    EXPECT_EQ(segments[s].size, s == 0 ? 0u : 1u);
    if (s == 0) continue;
    EXPECT_EQ(points[segments[s].begin].value(), expected[s].to_affine()) << s;
  }
}

TEST(Buckets, EveryDigitWidthAndSeveralSets) {
  std::mt19937_64 rng(12);
  const std::vector<G1Affine> points = {random_point(rng), random_point(rng), G1Affine::identity(), random_point(rng)};
  for (unsigned bits = 2; bits <= kMaxBucketBits; ++bits) {
    const int half = 1 << (bits - 1);
    std::vector<std::int16_t> digits;
    for (int s = 0; s < 5; ++s) {
      const int any = static_cast<int>(rng() % (2 * static_cast<unsigned>(half) + 1)) - half;
      for (const int digit : {half, -half, s == 1 ? 1 : any, s == 0 ? 0 : static_cast<int>(rng() % 3) - 1}) {
        digits.push_back(static_cast<std::int16_t>(digit));
      }
    }
    const std::vector<G1Affine> sums = bit_sums_by_buckets(points, digits, bits);
    ASSERT_EQ(sums.size(), 5u * bits);
    for (std::size_t s = 0; s < 5; ++s) {
      G1 expected;
      for (std::size_t i = 0; i < 4; ++i) expected += G1(points[i]) * Fr::from_int(digits[4 * s + i]);
      EXPECT_EQ(sum_of_bits(std::span(sums).subspan(s * bits, bits)), expected) << bits;
    }
  }
  EXPECT_TRUE(bit_sums_by_buckets({}, {}, 4).empty());
  EXPECT_DEATH(bit_sums_by_buckets(points, std::vector<std::int16_t>(5), 4), "check failed");
}

// All buckets of many sets in use, more than are weighed together.
TEST(Buckets, WeighedByTheirNumbers) {
  constexpr unsigned kBits = 9;
  constexpr std::size_t kBuckets = 1 << (kBits - 1);
  constexpr std::size_t kSets = 20;
  const std::span<const G1Affine> points = generators(kMaxGenerators);
  std::vector<G1Affine> buckets(kSets * kBuckets);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (i % 5 != 0) buckets[i] = points[(i * 7) % 1000];
  }
  std::vector<G1Affine> bits(kSets * kBits);
  weigh_buckets(buckets, kBits, bits);
  for (std::size_t s = 0; s < kSets; ++s) {
    G1 tail, expected;
    for (std::size_t j = kBuckets; j > 0; --j) {
      tail += buckets[s * kBuckets + j - 1];
      expected += tail;
    }
    EXPECT_EQ(sum_of_bits(std::span(bits).subspan(s * kBits, kBits)), expected);
  }
}

TEST(Msm, AgreesWithPyEcc) {
  std::ifstream file(std::string(VEIL_SOURCE_DIR) + "/src/curve/testdata/curve.txt");
  ASSERT_TRUE(file);
  int sums = 0;
  for (std::string word; file >> word;) {
    if (word != "msm") continue;
    std::size_t count = 0;
    file >> count;
    std::vector<G1Affine> points(count);
    std::vector<Fr> scalars(count);
    std::string k, x, y;
    for (std::size_t i = 0; i < count; ++i) {
      file >> k >> x >> y;
      scalars[i] = element_from_hex<Fr>(k);
      points[i] = point_from_hex(x, y);
    }
    file >> x >> y;
    EXPECT_EQ(msm(points, scalars), G1(point_from_hex(x, y))) << count;
    ++sums;
  }
  EXPECT_GE(sums, 5);
}

TEST(Msm, AllSizesAgreeWithSingleMultiplications) {
  std::mt19937_64 rng(6);
  const std::span<const G1Affine> points = generators(700);
  std::vector<Fr> scalars(points.size());
  for (Fr& scalar : scalars) scalar = random_fr(rng);
  for (const std::size_t size : {0u, 1u, 2u, 3u, 7u, 31u, 32u, 33u, 34u, 100u, 257u, 700u}) {
    const auto some_points = points.first(size);
    const auto some_scalars = std::span(scalars).first(size);
    EXPECT_EQ(msm(some_points, some_scalars), simple_sum(some_points, some_scalars)) << size;
  }
}

TEST(Msm, KnownLogarithms) {  // sum of a_i (b_i G) = (sum of a_i b_i) G, at a size where several window groups are used
  std::mt19937_64 rng(7);
  constexpr std::size_t kCount = 5000;
  std::vector<Fr> scalars(kCount);
  std::vector<G1> multiples(kCount);
  G1 running;
  Fr total;
  for (std::size_t i = 0; i < kCount; ++i) {
    running += G1Affine::generator();
    multiples[i] = running;
    scalars[i] = random_fr(rng);
    total += scalars[i] * Fr::from_u64(i + 1);
  }
  EXPECT_EQ(msm(G1::batch_to_affine(multiples), scalars), G1::generator() * total);
}

// Few points and few scalars, so that buckets meet equal and opposite points and identities all the time.
TEST(Msm, RepeatedOppositeAndIdentityPoints) {
  std::mt19937_64 rng(8);
  const G1Affine p = random_point(rng);
  const std::vector<G1Affine> some = {p, -p, G1Affine::identity(), (G1(p) + p).to_affine()};
  const std::vector<Fr> few = {Fr::zero(), Fr::one(), -Fr::one(), Fr::from_u64(2), random_fr(rng), kLambda};
  for (const std::size_t size : {1u, 5u, 40u, 300u}) {
    for (int round = 0; round < 5; ++round) {
      std::vector<G1Affine> points(size);
      std::vector<Fr> scalars(size);
      for (std::size_t i = 0; i < size; ++i) {
        points[i] = some[rng() % some.size()];
        scalars[i] = few[rng() % few.size()];
      }
      EXPECT_EQ(msm(points, scalars), simple_sum(points, scalars));
    }
  }
  const std::vector<G1Affine> same(200, p);
  EXPECT_EQ(msm(same, std::vector<Fr>(200, few[4])), G1(p) * (few[4] * Fr::from_u64(200)));
  EXPECT_TRUE(msm(std::vector<G1Affine>(9), std::vector<Fr>(9, few[4])).is_identity());
  EXPECT_TRUE(msm(same, std::vector<Fr>(200)).is_identity());
  EXPECT_DEATH(msm(same, few), "check failed");
}

TEST(FixedBase, AddsManyMultiples) {
  std::mt19937_64 rng(18);
  const FixedBase base(blinding_generator());
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{128}, std::size_t{131}}) {
    std::vector<Fr> scalars(count);
    std::vector<G1Affine> sums(count), expected(count);
    for (std::size_t i = 0; i < count; ++i) {
      scalars[i] = i % 4 == 0 ? Fr::from_int(static_cast<std::int64_t>(i % 7) - 3) : random_fr(rng);
      sums[i] = i % 3 == 0 ? G1Affine::identity() : i % 3 == 1 ? -blinding_generator() : random_point(rng);
      expected[i] = (G1(blinding_generator()) * scalars[i] + sums[i]).to_affine();
    }
    base.add_multiples(scalars, sums);
    EXPECT_EQ(sums, expected);
  }
}

TEST(FixedBase, AgreesWithMultiplication) {
  std::mt19937_64 rng(9);
  const FixedBase base(blinding_generator());
  for (const Fr& k : {Fr::zero(), Fr::one(), -Fr::one(), Fr::half(), -Fr::half(), Fr::from_u64(16), random_fr(rng),
                      random_fr(rng), random_fr(rng)}) {
    EXPECT_EQ(base * k, simple_multiple(blinding_generator(), k));
  }
  EXPECT_TRUE((FixedBase(G1Affine::identity()) * random_fr(rng)).is_identity());
}

G1 simple_commitment(std::span<const std::int64_t> row, std::size_t first_column) {
  std::vector<Fr> scalars;
  for (const std::int64_t entry : row) scalars.push_back(Fr::from_int(entry));
  return msm(generators(kMaxGenerators).subspan(first_column, row.size()), scalars);
}

class RowCommitterTest : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Columns, RowCommitterTest, testing::Values(1, 5, 64, 128, 129, 1025));

TEST_P(RowCommitterTest, AgreesWithMsmForEntriesOfAllSizes) {
  std::mt19937_64 rng(10);
  const RowCommitter committer(GetParam());
  EXPECT_EQ(committer.columns(), GetParam());
  for (unsigned bits = 1; bits <= 64; bits += 7) {
    std::vector<std::int64_t> row(GetParam());
    for (std::int64_t& entry : row) entry = static_cast<std::int64_t>(rng()) >> (64 - bits);
    row[rng() % row.size()] = 0;
    EXPECT_EQ(committer.commit(row), simple_commitment(row, 0)) << bits;
  }
  for (const std::int64_t extreme : {INT64_MIN, INT64_MAX, INT64_MIN + 1, std::int64_t{127}, std::int64_t{-128},
                                     std::int64_t{128}, std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}}) {
    const std::vector<std::int64_t> row(GetParam(), extreme);
    EXPECT_EQ(committer.commit(row), simple_commitment(row, 0)) << extreme;
  }
}

TEST(RowCommitter, ShortRowsAndOffsets) {
  const RowCommitter committer(200);
  const std::vector<std::int64_t> row = {3, 0, -5, 1000000};
  for (const std::size_t first : {0u, 17u, 196u})
    EXPECT_EQ(committer.commit(row, first), simple_commitment(row, first));
  EXPECT_TRUE(committer.commit({}, 200).is_identity());
  EXPECT_TRUE(committer.commit(std::vector<std::int64_t>(200)).is_identity());
  EXPECT_DEATH(committer.commit(row, 197), "check failed");
  EXPECT_DEATH(committer.commit({}, 201), "check failed");
  EXPECT_DEATH(RowCommitter(kMaxGenerators + 1), "check failed");
}

// Full scalars: random ones, zeros, small ones, and those around zero and p, over tables and without them.
TEST(RowCommitter, RowsOfScalars) {
  std::mt19937_64 rng(17);
  for (const std::size_t columns : {1u, 2u, 17u, 64u, 300u, 1024u, 1100u}) {
    const RowCommitter committer(columns);
    for (const std::size_t length : {columns, (columns + 1) / 2}) {
      constexpr std::size_t kRows = 5;
      std::vector<Fr> rows(kRows * length);
      for (std::size_t i = length; i < rows.size(); ++i) {  // the first row is zero
        rows[i] = i % 5 == 0 ? Fr::zero() : i % 7 == 0 ? -Fr::from_u64(i) : random_fr(rng);
      }
      rows[2 * length] = -Fr::one();
      std::vector<Fr> blinders(kRows);
      for (std::size_t i = 1; i < 4; ++i) blinders[i] = random_fr(rng);
      const std::vector<G1> sums = committer.commit_scalars(rows, length, blinders);
      const std::vector<G1> plain = commit_scalars(rows, length, blinders);
      ASSERT_EQ(sums.size(), kRows);
      EXPECT_TRUE(sums[0].is_identity());
      for (std::size_t i = 0; i < kRows; ++i) {
        const G1 expected = msm(generators(length), std::span(rows).subspan(i * length, length)) +
                            G1(blinding_generator()) * blinders[i];
        EXPECT_EQ(sums[i], expected) << columns << " " << length << " " << i;
        EXPECT_EQ(plain[i], expected) << columns << " " << length << " " << i;
      }
    }
  }
  const RowCommitter committer(4);
  EXPECT_TRUE(committer.commit_scalars({}, 4, {}).empty());
  EXPECT_DEATH(committer.commit_scalars(std::vector<Fr>(5), 5, std::vector<Fr>(1)), "check failed");
  EXPECT_DEATH(committer.commit_scalars(std::vector<Fr>(5), 4, std::vector<Fr>(1)), "check failed");
}

// One large entry among small ones and zeros must neither be lost nor change the others, whatever way of summing is
// chosen.
TEST(RowCommitter, SparseRowsWithALargeEntry) {
  std::mt19937_64 rng(13);
  for (const std::size_t columns : {100u, 300u, 2000u}) {
    const RowCommitter committer(columns);
    for (const std::size_t nonzero : {std::size_t{1}, std::size_t{10}, columns / 2, columns}) {
      std::vector<std::int64_t> row(columns);
      for (std::size_t k = 0; k < nonzero; ++k) row[rng() % columns] = static_cast<std::int64_t>(rng() % 255) - 127;
      row[rng() % columns] = static_cast<std::int64_t>(rng());
      EXPECT_EQ(committer.commit(row), simple_commitment(row, 0)) << columns << " " << nonzero;
    }
  }
}

TEST(RowCommitter, ManyRowsAtOnce) {
  std::mt19937_64 rng(11);
  const RowCommitter committer(100);
  for (const std::size_t rows : {1u, 3u, 200u}) {
    std::vector<std::int64_t> entries(rows * 90);
    for (std::int64_t& entry : entries) entry = static_cast<std::int64_t>(rng()) >> (rng() % 16 == 0 ? 40 : 58);
    for (std::size_t j = 0; j < 90; ++j) entries[j] = 0;
    const std::vector<G1Affine> sums = committer.commit_rows(entries, 90, 10);
    ASSERT_EQ(sums.size(), rows);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_EQ(sums[i], committer.commit(std::span(entries).subspan(i * 90, 90), 10).to_affine());
    }
  }
  const RowCommitter wide(1500);  // buckets, in several groups of rows
  std::vector<std::int64_t> entries(std::size_t{90} * 1500);
  for (std::int64_t& entry : entries) entry = static_cast<std::int64_t>(rng()) >> 56;
  const std::vector<G1Affine> sums = wide.commit_rows(entries, 1500);
  for (std::size_t i = 0; i < 90; i += 13) {
    EXPECT_EQ(G1(sums[i]), simple_commitment(std::span(entries).subspan(i * 1500, 1500), 0));
  }
  EXPECT_TRUE(committer.commit_rows({}, 5).empty());
  EXPECT_DEATH(committer.commit_rows(std::vector<std::int64_t>(7), 5), "check failed");
  EXPECT_DEATH(committer.commit_rows({}, 0), "check failed");
  EXPECT_DEATH(committer.commit_rows({}, 101), "check failed");
}

}  // namespace
}  // namespace veil
