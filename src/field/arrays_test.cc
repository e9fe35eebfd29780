// One battery that every kernel table must pass: each is compared with the sums written out, which use single
// operations.
#include "field/arrays.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <utility>

#include "field/kernels/field_kernels.h"
#include "field/test_support.h"

namespace veil {
namespace {

// Random values, with the extremes of both types at the front.
std::vector<Fr> random_frs(std::size_t count, std::mt19937_64& rng) {
  std::vector<Fr> out(count);
  for (Fr& value : out) value = random_fr(rng);
  for (std::size_t i = 0; i < count; i += 7) out[i] = i % 2 == 0 ? -Fr::one() : Fr::zero();
  return out;
}

std::vector<std::int64_t> random_ints(std::size_t count, std::mt19937_64& rng) {
  constexpr std::array<std::int64_t, 6> kExtremes = {INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MIN + 1};
  std::vector<std::int64_t> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = i < kExtremes.size() ? kExtremes[i] : static_cast<std::int64_t>(rng()) >> (rng() % 64);
  }
  return out;
}

constexpr std::array<std::size_t, 12> kSizes = {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 1000};

class ArraysTest : public testing::TestWithParam<CpuLevel> {
 protected:
  void SetUp() override {
    if (GetParam() > detect_cpu_level()) GTEST_SKIP() << "this machine cannot run " << cpu_level_name(GetParam());
  }
  const FieldKernels& kernels() const { return field_kernels(GetParam()); }
  std::mt19937_64 rng_{11};
};

INSTANTIATE_TEST_SUITE_P(Levels, ArraysTest, testing::Values(CpuLevel::kPortable, CpuLevel::kAdx, CpuLevel::kIfma),
                         [](const auto& level) { return std::string(cpu_level_name(level.param)); });

TEST_P(ArraysTest, BatchInverse) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> values = random_frs(size, rng_);
    std::vector<Fr> inverses = values;
    kernels().batch_inverse_fr(inverses.data(), size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(inverses[i], values[i].inverse());
    std::vector<Fq> others(size), other_inverses;
    for (std::size_t i = 0; i < size; ++i) others[i] = i % 5 == 4 ? Fq::zero() : Fq::from_limbs(values[i].to_limbs());
    other_inverses = others;
    kernels().batch_inverse_fq(other_inverses.data(), size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(other_inverses[i], others[i].inverse());
  }
}

TEST_P(ArraysTest, SquareRootCandidates) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{31},
                                 std::size_t{32}, std::size_t{33}, std::size_t{75}}) {
    std::vector<Fq> values(size);
    for (Fq& value : values) value = Fq::from_limbs({rng_(), rng_(), rng_(), rng_()});
    if (size > 2) values[1] = Fq::zero();
    if (size > 2) values[2] = -Fq::one();  // no square
    std::vector<Fq> roots = values;
    kernels().square_root_candidates(roots.data(), size);
    for (std::size_t i = 0; i < size; ++i) {
      const bool is_root = roots[i].square() == values[i];
      EXPECT_EQ(is_root, values[i].is_square());
      EXPECT_TRUE(is_root || roots[i].square() == -values[i]);  // as (q-1)/2 powers are 1 or -1
    }
  }
}

TEST_P(ArraysTest, InnerProduct) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> a = random_frs(size, rng_), b = random_frs(size, rng_);
    Fr expected;
    for (std::size_t i = 0; i < size; ++i) expected += a[i] * b[i];
    EXPECT_EQ(kernels().inner_product(a.data(), b.data(), size), expected);
  }
}

TEST_P(ArraysTest, InnerProductOfLargestValuesDoesNotWrap) {
  constexpr std::size_t kCount = 3000;
  std::vector<Fr> largest(kCount);
  Limbs raw = Fr::kModulus;
  --raw[0];  // the largest stored limbs
  for (Fr& value : largest) value = Fr::from_raw(raw);
  const Fr count = Fr::from_u64(kCount);
  EXPECT_EQ(kernels().inner_product(largest.data(), largest.data(), kCount), count * largest[0].square());
  const std::vector<std::int64_t> lowest(kCount, INT64_MIN), highest(kCount, INT64_MAX);
  EXPECT_EQ(kernels().inner_product_int(largest.data(), lowest.data(), kCount),
            count * largest[0] * Fr::from_int(INT64_MIN));
  EXPECT_EQ(kernels().inner_product_int(largest.data(), highest.data(), kCount),
            count * largest[0] * Fr::from_int(INT64_MAX));
}

TEST_P(ArraysTest, InnerProductWithIntegers) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> weights = random_frs(size, rng_);
    const std::vector<std::int64_t> values = random_ints(size, rng_);
    Fr expected;
    for (std::size_t i = 0; i < size; ++i) expected += weights[i] * Fr::from_int(values[i]);
    EXPECT_EQ(kernels().inner_product_int(weights.data(), values.data(), size), expected);
  }
}

TEST_P(ArraysTest, Fold) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> table = random_frs(2 * size, rng_);
    const Fr r = random_fr(rng_);
    std::vector<Fr> folded(size), in_place = table;
    kernels().fold(folded.data(), table.data(), table.data() + size, r, size);
    kernels().fold(in_place.data(), in_place.data(), in_place.data() + size, r, size);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(folded[i], table[i] * (Fr::one() - r) + table[i + size] * r);
      EXPECT_EQ(in_place[i], folded[i]);
      EXPECT_EQ(in_place[i + size], table[i + size]);
    }
  }
}

TEST_P(ArraysTest, Axpy) {
  for (const std::size_t size : kSizes) {
    for (const Fr& a : {random_fr(rng_), Fr::zero(), Fr::one(), -Fr::one()}) {
      const std::vector<Fr> x = random_frs(size, rng_), y = random_frs(size, rng_);
      const std::vector<std::int64_t> ints = random_ints(size, rng_);
      std::vector<Fr> sum = y, int_sum = y, self_sum = x;
      kernels().axpy(sum.data(), a, x.data(), size);
      kernels().axpy(self_sum.data(), a, self_sum.data(), size);
      kernels().axpy_int(int_sum.data(), a, ints.data(), size);
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_EQ(sum[i], y[i] + a * x[i]);
        EXPECT_EQ(self_sum[i], x[i] + a * x[i]);
        EXPECT_EQ(int_sum[i], y[i] + a * Fr::from_int(ints[i]));
      }
    }
  }
}

TEST_P(ArraysTest, CombineAlternate) {
  for (const std::size_t size : kSizes) {
    for (std::size_t width = 0; width <= IntegerColumns::kMaxWidth; ++width) {
      std::vector<std::vector<std::int64_t>> data;
      IntegerColumns columns;
      columns.width = width;
      for (std::size_t k = 0; k < width; ++k) {
        data.push_back(random_ints(2 * size, rng_));
        for (std::size_t i = 32; i < 2 * size; ++i) data[k][i] >>= i < 256 ? 13 : 0;  // around the limit of one digit
        columns.data[k] = data[k].data();
        columns.factors[k] = k % 2 == 0 ? random_fr(rng_) : -Fr::one();
      }
      const Fr base = random_fr(rng_);
      for (const std::size_t parity : {std::size_t{0}, std::size_t{1}}) {
        std::vector<Fr> out(size);
        kernels().combine_alternate(out.data(), base, columns, parity, size);
        for (std::size_t i = 0; i < size; ++i) {
          Fr expected = base;
          for (std::size_t k = 0; k < width; ++k)
            expected += columns.factors[k] * Fr::from_int(data[k][2 * i + parity]);
          ASSERT_EQ(out[i], expected);
        }
      }
    }
  }
}

// The largest limbs and integers: sums before a reduction must not wrap.
TEST_P(ArraysTest, CombineAlternateOfLargestValuesDoesNotWrap) {
  Limbs raw = Fr::kModulus;
  --raw[0];
  const Fr largest = Fr::from_raw(raw);
  constexpr std::int64_t kDigit = std::int64_t{1} << 51;
  for (const std::int64_t value : {INT64_MAX, INT64_MIN, kDigit - 1, kDigit, -kDigit, -kDigit - 1}) {
    const std::vector<std::int64_t> data(64, value);
    IntegerColumns columns{4, {data.data(), data.data(), data.data(), data.data()}, {}};
    columns.factors.fill(largest);
    std::vector<Fr> out(32);
    kernels().combine_alternate(out.data(), largest, columns, 1, 32);
    EXPECT_EQ(out, std::vector<Fr>(32, largest + Fr::from_u64(4) * largest * Fr::from_int(value)));
  }
}

TEST_P(ArraysTest, Scale) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> x = random_frs(size, rng_);
    const Fr a = random_fr(rng_);
    std::vector<Fr> out(size);
    kernels().scale(out.data(), a, x.data(), size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(out[i], a * x[i]);
  }
}

TEST_P(ArraysTest, Split) {
  for (const std::size_t size : kSizes) {
    const std::vector<Fr> table = random_frs(size, rng_);
    const Fr r = random_fr(rng_);
    std::vector<Fr> low = table, high(size);
    kernels().split(low.data(), high.data(), r, size);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(high[i], r * table[i]);
      EXPECT_EQ(low[i], table[i] - r * table[i]);
    }
  }
}

template <class T, class Kernel>
void expect_weighted_rows(Kernel kernel, std::mt19937_64& rng) {
  for (const std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{300}, std::size_t{2049}}) {
    for (const std::size_t columns :
         {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{24}, std::size_t{41}, std::size_t{150}}) {
      const std::size_t stride = columns + rng() % 3;
      std::vector<T> data(rows * stride + columns);
      for (T& entry : data) entry = static_cast<T>(rng());
      for (std::size_t i = 0; i < data.size(); i += 5)
        data[i] = i % 2 == 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
      const std::vector<Fr> weights = random_frs(rows, rng), before = random_frs(columns, rng);
      std::vector<Fr> out = before;
      kernel(out.data(), weights.data(), data.data(), rows, static_cast<std::ptrdiff_t>(stride), columns);
      for (std::size_t j = 0; j < columns; ++j) {
        Fr expected = before[j];
        for (std::size_t i = 0; i < rows; ++i) expected += weights[i] * Fr::from_int(data[i * stride + j]);
        ASSERT_EQ(out[j], expected) << rows << " x " << columns;
      }
    }
  }
}

TEST_P(ArraysTest, AddWeightedRows) {
  expect_weighted_rows<std::int8_t>(kernels().add_weighted_rows_8, rng_);
  expect_weighted_rows<std::int16_t>(kernels().add_weighted_rows_16, rng_);
}

// The largest stored limbs and the largest entries in every row: late carries must not be lost.
TEST_P(ArraysTest, WeightedRowsOfLargestValuesDoNotWrap) {
  constexpr std::size_t kRows = 4097, kColumns = 24;
  Limbs raw = Fr::kModulus;
  --raw[0];
  const std::vector<Fr> weights(kRows, Fr::from_raw(raw));
  std::vector<Fr> out(kColumns);
  const std::vector<std::int8_t> bytes(kRows * kColumns, 127);
  kernels().add_weighted_rows_8(out.data(), weights.data(), bytes.data(), kRows, kColumns, kColumns);
  EXPECT_EQ(out, std::vector<Fr>(kColumns, weights[0] * Fr::from_u64(127 * kRows)));
  const std::vector<std::int16_t> shorts(kRows * kColumns, 32767);
  std::fill(out.begin(), out.end(), Fr::zero());
  kernels().add_weighted_rows_16(out.data(), weights.data(), shorts.data(), kRows, kColumns, kColumns);
  EXPECT_EQ(out, std::vector<Fr>(kColumns, weights[0] * Fr::from_u64(32767 * kRows)));
}

// Four arrays of fractions.
struct FractionArrays {
  std::array<std::vector<Fr>, 4> arrays;

  explicit FractionArrays(std::size_t size) { arrays.fill(std::vector<Fr>(size)); }
  FractionArrays(std::size_t size, std::mt19937_64& rng) {
    for (std::vector<Fr>& array : arrays) array = random_frs(size, rng);
  }
  FractionArrays(std::size_t size, const Fr& value) { arrays.fill(std::vector<Fr>(size, value)); }
  Fractions rows() const { return {arrays[0].data(), arrays[1].data(), arrays[2].data(), arrays[3].data()}; }
  MutableFractions rows() { return {arrays[0].data(), arrays[1].data(), arrays[2].data(), arrays[3].data()}; }
};

TEST_P(ArraysTest, AddFractions) {
  for (const std::size_t size : kSizes) {
    const FractionArrays rows(2 * size, rng_);
    FractionArrays out(size);
    kernels().add_fractions(out.rows(), rows.rows(), size);
    const auto& [p0, p1, q0, q1] = rows.arrays;
    for (std::size_t i = 0; i < 2 * size; ++i) {
      EXPECT_EQ(out.arrays[i % 2][i / 2], p0[i] * q1[i] + p1[i] * q0[i]);
      EXPECT_EQ(out.arrays[2 + i % 2][i / 2], q0[i] * q1[i]);
    }
  }
}

// A round polynomial from its values: a(X) b(X) c(X) at X = 0, 1, 2, 3 by definition of the tables.
Fr at(const std::vector<Fr>& table, std::size_t i, const Fr& x) {
  return table[i] + x * (table[i + table.size() / 2] - table[i]);
}

TEST_P(ArraysTest, ProductRound) {
  for (const std::size_t half : kSizes) {
    const std::vector<Fr> left = random_frs(2 * half, rng_), right = random_frs(2 * half, rng_);
    const ProductRound round = kernels().product_round(left.data(), right.data(), half, half);
    std::array<Fr, 3> values;
    for (std::size_t i = 0; i < half; ++i) {
      for (std::size_t x = 0; x < 3; ++x) values[x] += at(left, i, Fr::from_u64(x)) * at(right, i, Fr::from_u64(x));
    }
    EXPECT_EQ(round.constant, values[0]);
    EXPECT_EQ(round.square.doubled(), values[2] - values[1].doubled() + values[0]);
  }
}

TEST_P(ArraysTest, WeightedRound) {
  for (const std::size_t half : kSizes) {
    const std::vector<Fr> eq = random_frs(half, rng_), left = random_frs(2 * half, rng_),
                          right = random_frs(2 * half, rng_);
    const WeightedRound round = kernels().weighted_round(eq.data(), left.data(), right.data(), half, half);
    std::array<Fr, 3> values;
    for (std::size_t i = 0; i < half; ++i) {
      for (std::size_t x = 0; x < 3; ++x) {
        values[x] += eq[i] * at(left, i, Fr::from_u64(x)) * at(right, i, Fr::from_u64(x));
      }
    }
    EXPECT_EQ(round.lower, values[0]);
    EXPECT_EQ(round.upper, values[1]);
    EXPECT_EQ(round.steps.doubled(), values[2] - values[1].doubled() + values[0]);
  }
}

TEST_P(ArraysTest, AddUnitFractions) {
  for (const std::size_t size : kSizes) {
    const FractionArrays rows(2 * size, rng_);
    FractionArrays out(size);
    Fractions units = rows.rows();
    units.p0 = units.p1 = nullptr;
    kernels().add_fractions(out.rows(), units, size);
    const auto& [p0, p1, q0, q1] = rows.arrays;
    for (std::size_t i = 0; i < 2 * size; ++i) {
      EXPECT_EQ(out.arrays[i % 2][i / 2], q0[i] + q1[i]);
      EXPECT_EQ(out.arrays[2 + i % 2][i / 2], q0[i] * q1[i]);
    }
  }
}

// sum_i eq[i] (p0 q1 + p1 q0)(X, i), the two halves of the rows.
void expect_fraction_round(const ProductRound& round, const std::vector<Fr>& eq, const FractionArrays& rows) {
  std::array<Fr, 3> values;
  for (std::size_t i = 0; i < eq.size(); ++i) {
    for (std::size_t x = 0; x < 3; ++x) {
      const Fr point = Fr::from_u64(x);
      const auto& [p0, p1, q0, q1] = rows.arrays;
      values[x] += eq[i] * (at(p0, i, point) * at(q1, i, point) + at(p1, i, point) * at(q0, i, point));
    }
  }
  EXPECT_EQ(round.constant, values[0]);
  EXPECT_EQ(round.square.doubled(), values[2] - values[1].doubled() + values[0]);
}

TEST_P(ArraysTest, FractionRound) {
  for (const std::size_t half : kSizes) {
    const std::vector<Fr> eq = random_frs(half, rng_);
    const FractionArrays rows(2 * half, rng_);
    expect_fraction_round(kernels().fraction_round(eq.data(), rows.rows(), rows.rows().from(half), half), eq, rows);
  }
}

template <class Rows>
Rows without_second_product(Rows rows) {
  rows.p1 = rows.q0 = nullptr;
  return rows;
}

TEST_P(ArraysTest, FractionRoundOfOneProduct) {
  for (const std::size_t half : kSizes) {
    const std::vector<Fr> eq = random_frs(half, rng_);
    FractionArrays rows(2 * half, rng_);
    const Fractions single = without_second_product(std::as_const(rows).rows());
    const ProductRound round = kernels().fraction_round(eq.data(), single, single.from(half), half);
    rows.arrays[1].assign(2 * half, Fr::zero());
    expect_fraction_round(round, eq, rows);
  }
}

// All rows are bound in place, in two products or in one.
void expect_fold_fraction_round(const FieldKernels& kernels, bool single, std::size_t half, std::mt19937_64& rng) {
  const std::vector<Fr> eq = random_frs(half, rng);
  const Fr r = random_fr(rng);
  FractionArrays before(4 * half, rng);
  FractionArrays folded(2 * half), in_place = before;
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < 2 * half; ++i) folded.arrays[k][i] = at(before.arrays[k], i, r);
  }
  const MutableFractions rows = in_place.rows();  // all four, though without a second product two are not written
  const Fractions read = single ? without_second_product(Fractions(rows)) : Fractions(rows);
  const FractionPairs pairs{{read, read.from(half)}, {read.from(2 * half), read.from(3 * half)}};
  const ProductRound round = kernels.fold_fraction_round(eq.data(), rows, rows.from(half), pairs, r, half);
  for (const std::size_t unwritten : {std::size_t{1}, std::size_t{2}}) {
    if (single) folded.arrays[unwritten] = before.arrays[unwritten];
  }
  for (std::size_t k = 0; k < 4; ++k) {
    in_place.arrays[k].resize(2 * half);
    folded.arrays[k].resize(2 * half);
  }
  EXPECT_EQ(in_place.arrays, folded.arrays);
  if (single) folded.arrays[1] = std::vector<Fr>(2 * half);
  expect_fraction_round(round, eq, folded);
}

TEST_P(ArraysTest, FoldFractionRound) {
  for (const std::size_t half : kSizes) {
    expect_fold_fraction_round(kernels(), false, half, rng_);
    expect_fold_fraction_round(kernels(), true, half, rng_);
  }
}

// The largest stored limbs everywhere, in long arrays: sums that are reduced late must not wrap.
TEST_P(ArraysTest, RoundsOfLargestValuesDoNotWrap) {
  constexpr std::size_t kHalf = 5000;
  Limbs raw = Fr::kModulus;
  --raw[0];
  const Fr largest = Fr::from_raw(raw);
  std::vector<Fr> high(2 * kHalf, largest), steps(2 * kHalf);  // differences of `steps`: the largest value
  std::fill(steps.begin() + kHalf, steps.end(), largest);
  const Fr count = Fr::from_u64(kHalf);
  const ProductRound product = kernels().product_round(high.data(), high.data(), kHalf, kHalf);
  EXPECT_EQ(product.constant, count * largest.square());
  EXPECT_EQ(kernels().product_round(steps.data(), steps.data(), kHalf, kHalf).square, count * largest.square());
  const WeightedRound weighted = kernels().weighted_round(high.data(), steps.data(), steps.data(), kHalf, kHalf);
  EXPECT_EQ(weighted.lower, Fr::zero());
  EXPECT_EQ(weighted.upper, count * largest.square() * largest);
  EXPECT_EQ(weighted.steps, count * largest.square() * largest);
  const FractionArrays zeros(kHalf), highest(kHalf, largest);
  FractionArrays low(kHalf), above(kHalf);
  const FractionPairs pairs{{zeros.rows(), highest.rows()}, {zeros.rows(), highest.rows()}};
  for (const ProductRound& round :
       {kernels().fraction_round(high.data(), zeros.rows(), highest.rows(), kHalf),
        kernels().fold_fraction_round(high.data(), low.rows(), above.rows(), pairs, largest, kHalf)}) {
    EXPECT_EQ(round.square, count * largest.square().doubled() * largest);
    EXPECT_EQ(round.constant, Fr::zero());
  }
}

TEST_P(ArraysTest, Powers) {
  for (const std::size_t size : kSizes) {
    const Fr x = random_fr(rng_);
    std::vector<Fr> out(size);
    kernels().powers(out.data(), x, size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(out[i], x.pow(i));
  }
}

TEST(Arrays, PublicFunctionsUseTheChosenKernels) {
  std::mt19937_64 rng(12);
  std::vector<Fr> a = random_frs(10, rng);
  const std::vector<Fr> b = random_frs(10, rng);
  const std::vector<std::int64_t> ints = random_ints(10, rng);
  Fr field_sum, int_sum;
  for (std::size_t i = 0; i < 10; ++i) {
    field_sum += a[i] * b[i];
    int_sum += a[i] * Fr::from_int(ints[i]);
  }
  EXPECT_EQ(inner_product(a, b), field_sum);
  EXPECT_EQ(inner_product(a, ints), int_sum);
  const Fr first = a[0];
  std::vector<Fr> by_entry = a;
  fold(a, first);
  fold(by_entry, by_entry[0]);  // the factor is an entry of the table that fold overwrites
  EXPECT_EQ(a, by_entry);
  std::vector<Fr> y = b, z = b;
  axpy(y, b[3], b);
  axpy(z, z[3], z);
  EXPECT_EQ(y, z);
  axpy(z, Fr::one(), ints);
  EXPECT_EQ(z[5], y[5] + Fr::from_int(ints[5]));
  EXPECT_EQ(powers(Fr::from_u64(2), 3), (std::vector<Fr>{Fr::one(), Fr::from_u64(2), Fr::from_u64(4)}));
  std::vector<Fq> one = {Fq::from_u64(2)};
  batch_inverse(one);
  EXPECT_EQ(one[0], Fq::half());
}

TEST(Arrays, SizesMustAgree) {
  std::vector<Fr> three(3), two(2);
  const std::vector<std::int64_t> ints(2);
  EXPECT_DEATH(inner_product(three, two), "check failed");
  EXPECT_DEATH(inner_product(three, ints), "check failed");
  EXPECT_DEATH(fold(three, Fr::one()), "check failed");
  EXPECT_DEATH(axpy(three, Fr::one(), two), "check failed");
  EXPECT_DEATH(axpy(three, Fr::one(), ints), "check failed");
}

}  // namespace
}  // namespace veil
