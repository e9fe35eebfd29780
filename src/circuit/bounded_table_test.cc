// Tables with a declared output range: every function against long double, and row by row against the second text in
// Python.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "circuit/function_table.h"

namespace veil {
namespace {

using LongDouble = long double;

// What f is where the table asks for it: x on the lattice of `unit`, moved to where f has a value.
LongDouble moved(SmoothFunction function, LongDouble x, LongDouble unit, LongDouble alpha) {
  const bool is_whole = alpha == std::floor(alpha);
  switch (function) {
    case SmoothFunction::kLog:
    case SmoothFunction::kReciprocalSqrt:
      return std::max(x, unit);
    case SmoothFunction::kSqrt:
      return std::max(x, 0.0L);
    case SmoothFunction::kReciprocal:
      return x == 0 ? unit : x;
    case SmoothFunction::kAsin:
    case SmoothFunction::kAcos:
      return std::clamp(x, -1.0L, 1.0L);
    case SmoothFunction::kAcosh:
      return std::max(x, 1.0L);
    case SmoothFunction::kAtanh: {
      const LongDouble most = 1 - std::min(unit, 0.5L);
      return std::clamp(x, -most, most);
    }
    case SmoothFunction::kPower:
      if (is_whole) return x == 0 && alpha < 0 ? unit : x;
      return std::max(x, alpha < 0 ? unit : 0.0L);
    default:
      return x;
  }
}

LongDouble elu(LongDouble x, LongDouble alpha) { return x > 0 ? x : alpha * std::expm1(x); }
LongDouble sigmoid(LongDouble x) { return 1 / (1 + std::exp(-x)); }
LongDouble softplus(LongDouble x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::fabs(x))); }

LongDouble exact(SmoothFunction function, LongDouble x, LongDouble alpha, LongDouble gamma) {
  const LongDouble pi = std::acos(-1.0L);
  switch (function) {
    case SmoothFunction::kSigmoid:
      return sigmoid(x);
    case SmoothFunction::kTanh:
      return std::tanh(x);
    case SmoothFunction::kDecay:
      return -std::expm1(-x);
    case SmoothFunction::kExp:
      return std::exp(x);
    case SmoothFunction::kLog:
      return std::log(x);
    case SmoothFunction::kSqrt:
      return std::sqrt(x);
    case SmoothFunction::kReciprocal:
      return 1 / x;
    case SmoothFunction::kReciprocalSqrt:
      return 1 / std::sqrt(x);
    case SmoothFunction::kErf:
      return std::erf(x);
    case SmoothFunction::kGelu:
      return x / 2 * std::erfc(-x / std::sqrt(2.0L));
    case SmoothFunction::kGeluTanh:
      return x * sigmoid(2 * std::sqrt(2 / pi) * (x + 0.044715L * x * x * x));
    case SmoothFunction::kSwish:
      return x * sigmoid(alpha * x);
    case SmoothFunction::kSoftplus:
      return softplus(x);
    case SmoothFunction::kSoftsign:
      return x / (1 + std::fabs(x));
    case SmoothFunction::kMish:
      return x * std::tanh(softplus(x));
    case SmoothFunction::kElu:
      return elu(x, alpha);
    case SmoothFunction::kCelu:
      return x > 0 ? x : alpha * std::expm1(x / alpha);
    case SmoothFunction::kSelu:
      return gamma * elu(x, alpha);
    case SmoothFunction::kHardSwish:
      return x * std::clamp(x / 6 + 0.5L, 0.0L, 1.0L);
    case SmoothFunction::kSin:
      return std::sin(x);
    case SmoothFunction::kCos:
      return std::cos(x);
    case SmoothFunction::kTan:
      return std::tan(x);
    case SmoothFunction::kAsin:
      return std::asin(x);
    case SmoothFunction::kAcos:
      return std::acos(x);
    case SmoothFunction::kAtan:
      return std::atan(x);
    case SmoothFunction::kSinh:
      return std::sinh(x);
    case SmoothFunction::kCosh:
      return std::cosh(x);
    case SmoothFunction::kAsinh:
      return std::asinh(x);
    case SmoothFunction::kAcosh:
      return std::acosh(x);
    case SmoothFunction::kAtanh:
      return std::atanh(x);
    case SmoothFunction::kPower:
      return std::pow(x, alpha);
  }
  return 0;
}

bool is_increasing(SmoothFunction function) {
  switch (function) {
    case SmoothFunction::kSigmoid:
    case SmoothFunction::kTanh:
    case SmoothFunction::kExp:
    case SmoothFunction::kLog:
    case SmoothFunction::kSqrt:
    case SmoothFunction::kErf:
    case SmoothFunction::kSoftplus:
    case SmoothFunction::kSoftsign:
    case SmoothFunction::kCelu:
    case SmoothFunction::kAsin:
    case SmoothFunction::kAtan:
    case SmoothFunction::kSinh:
    case SmoothFunction::kAsinh:
    case SmoothFunction::kAcosh:
    case SmoothFunction::kAtanh:
      return true;
    default:
      return false;
  }
}

constexpr std::int64_t kLastFunction = 31;

class RandomTables {
 public:
  explicit RandomTables(std::uint64_t seed) : random_(seed) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  // A domain of about the width where functions live, or any; the output's unit so that some values saturate.
  PieceParameters next(std::int64_t function, std::int64_t key_bits, std::int64_t low_bits) {
    PieceParameters p{function, key_bits, low_bits};
    const bool any = between(0, 7) == 0;
    const std::int64_t reach = key_bits + low_bits - 1;
    p.input_scale_log2 = any ? between(-40, 24) : between(-3, 6) - reach;
    p.output_bits = any ? between(4, 16) : between(8, 16);
    p.output_scale_log2 = any ? between(-32, 32) : between(-3, 5) - (p.output_bits - 1);
    p.slope_shift = low_bits == 0 ? 0 : any ? between(1, 16) : 8;
    add_parameters(p);
    return p;
  }

 private:
  void add_parameters(PieceParameters& p) {
    const std::int64_t one = std::int64_t{1} << kParameterFraction;
    switch (static_cast<SmoothFunction>(p.function)) {
      case SmoothFunction::kSwish:
      case SmoothFunction::kElu:
        p.alpha = between(-2 * one, 2 * one);
        break;
      case SmoothFunction::kCelu:
        p.alpha = between(1, 3 * one);
        break;
      case SmoothFunction::kSelu:
        p.alpha = 7186508120;  // 1.6732632
        p.gamma = 4512744117;  // 1.0507010
        break;
      case SmoothFunction::kPower:
        p.alpha =
            std::vector<std::int64_t>{between(-4, 5) * one, between(-7, 7) * (one / 2), between(-3 * one, 3 * one),
                                      2 * one, between(-9, 9) * (one / 4)}[static_cast<std::size_t>(between(0, 4))];
        break;
      default:
        break;
    }
  }

  std::mt19937_64 random_;
};

std::vector<std::int64_t> functions() {
  std::vector<std::int64_t> out;
  for (std::int64_t function = 1; function <= kLastFunction; ++function) {
    if (function != static_cast<std::int64_t>(SmoothFunction::kDecay)) out.push_back(function);
  }
  return out;
}

struct Reference {
  PieceParameters p;
  LongDouble alpha = std::ldexp(static_cast<LongDouble>(p.alpha), -kParameterFraction);
  LongDouble gamma = std::ldexp(static_cast<LongDouble>(p.gamma), -kParameterFraction);

  // f in output units, saturated
  LongDouble operator()(std::int64_t z) const {
    const auto function = static_cast<SmoothFunction>(p.function);
    const LongDouble unit = std::ldexp(1.0L, static_cast<int>(p.input_scale_log2));
    const LongDouble x = moved(function, static_cast<LongDouble>(z) * unit, unit, alpha);
    const LongDouble f = std::ldexp(exact(function, x, alpha, gamma), static_cast<int>(-p.output_scale_log2));
    const LongDouble end = std::ldexp(1.0L, static_cast<int>(p.output_bits - 1));
    return std::clamp(f, -end, end - 1);
  }
};

std::string text(const PieceParameters& p) {
  std::string out;
  for (const std::int64_t value : piece_list(p)) out += std::to_string(value) + " ";
  return out;
}

TEST(BoundedTables, OneRowAValueIsCorrectlyRounded) {
  RandomTables tables(1);
  for (const std::int64_t function : functions()) {
    for (int round = 0; round < 12; ++round) {
      const PieceParameters p = tables.next(function, tables.between(8, 12), 0);
      ASSERT_TRUE(function_pieces_known(piece_list(p))) << text(p);
      const Columns columns = function_pieces(piece_list(p));
      const Reference reference{p};
      for (std::size_t row = 0; row < columns[0].size(); ++row) {
        const LongDouble wanted = reference(columns[0][row]);
        ASSERT_LE(std::fabs(static_cast<LongDouble>(columns[1][row]) - wanted), 0.5001L)
            << text(p) << ": " << columns[0][row] << " -> " << columns[1][row];
        ASSERT_EQ(columns[2][row], 0);
      }
    }
  }
}

// Between two ends of a piece f is a chord away from y; where f bends little, y is right within the roundings.
TEST(BoundedTables, PiecesAreNearWhereTheFunctionIsNearlyStraight) {
  RandomTables tables(2);
  for (const std::int64_t function : functions()) {
    for (int round = 0; round < 12; ++round) {
      const PieceParameters p = tables.next(function, tables.between(7, 10), tables.between(1, 6));
      const Columns columns = function_pieces(piece_list(p));
      const Reference reference{p};
      for (std::size_t row = 0; row < columns[0].size(); ++row) {
        const std::int64_t size = std::int64_t{1} << p.low_bits;
        const std::int64_t z = columns[0][row] * size;
        const LongDouble start = reference(z);
        const LongDouble end = reference(z + size);
        const LongDouble bend = std::fabs(reference(z + size / 2) - (start + end) / 2);
        const LongDouble next_bend = std::fabs(reference(z + 3 * size / 2) - (end + reference(z + 2 * size)) / 2);
        if (bend > 0.5L || next_bend > 0.5L || std::fabs(start - end) > 120) continue;
        for (const std::int64_t low : {std::int64_t{0}, size / 2, size - 1}) {
          const LongDouble chord = start + (end - start) * static_cast<LongDouble>(low) / static_cast<LongDouble>(size);
          const LongDouble slope_unit = std::ldexp(1.0L, static_cast<int>(p.low_bits - p.slope_shift));
          ASSERT_LE(std::fabs(static_cast<LongDouble>(piece_value(p, columns, z + low)) - chord), 2.5L + slope_unit)
              << text(p) << ": " << z + low;
        }
      }
    }
  }
}

TEST(BoundedTables, KeepTheirRangeAndTheirDirection) {
  RandomTables tables(3);
  for (const std::int64_t function : functions()) {
    for (int round = 0; round < 12; ++round) {
      const PieceParameters p = tables.next(function, tables.between(6, 10), tables.between(2, 6));
      const Columns columns = function_pieces(piece_list(p));
      const PieceExtremes extremes = piece_extremes(p, columns);
      EXPECT_GE(extremes.least_correction, -128);
      EXPECT_LE(extremes.largest_correction, extremes.least_correction < 0 ? 127 : 255);
      EXPECT_GE(extremes.least, -(std::int64_t{1} << (p.output_bits - 1)));
      EXPECT_LT(extremes.largest, std::int64_t{1} << (p.output_bits - 1));
      const std::int64_t end = std::int64_t{1} << (p.key_bits + p.low_bits - 1);
      const auto kind = static_cast<SmoothFunction>(function);
      std::int64_t before = piece_value(p, columns, -end);
      for (std::int64_t z = -end; z < end; ++z) {
        const std::int64_t y = piece_value(p, columns, z);
        ASSERT_TRUE(extremes.least <= y && y <= extremes.largest) << text(p);
        if (is_increasing(kind)) {
          ASSERT_GE(y, before) << text(p) << ": " << z;
        }
        if (kind == SmoothFunction::kAcos) {
          ASSERT_LE(y, before) << text(p) << ": " << z;
        }
        before = y;
      }
      if (is_increasing(kind)) {
        EXPECT_GE(extremes.least_correction, 0);
      }
      if (kind == SmoothFunction::kAcos) {
        EXPECT_LE(extremes.largest_correction, 0);
      }
    }
  }
}

TEST(BoundedTables, ValuesOutsideTheDomain) {
  const std::int64_t one = std::int64_t{1} << kParameterFraction;
  const auto at = [](const PieceParameters& p, std::int64_t z) {
    return piece_value(p, function_pieces(piece_list(p)), z);
  };
  const auto value = [&](SmoothFunction function, std::int64_t z, std::int64_t alpha = 0) {
    return at({static_cast<std::int64_t>(function), 8, 0, -4, -4, 0, 10, alpha}, z);
  };
  EXPECT_EQ(value(SmoothFunction::kLog, 0), -44);  // ln(1/16) = -2.7726 = -44.4 / 16
  EXPECT_EQ(value(SmoothFunction::kLog, -128), -44);
  EXPECT_EQ(value(SmoothFunction::kSqrt, -1), 0);
  EXPECT_EQ(value(SmoothFunction::kReciprocal, 0), 256);
  EXPECT_EQ(value(SmoothFunction::kReciprocal, -1), -256);
  EXPECT_EQ(value(SmoothFunction::kReciprocalSqrt, -5), 64);
  EXPECT_EQ(value(SmoothFunction::kAsin, 100), 25);  // pi/2
  EXPECT_EQ(value(SmoothFunction::kAcos, -100), 50);
  EXPECT_EQ(value(SmoothFunction::kAcosh, 3), 0);
  EXPECT_EQ(value(SmoothFunction::kAtanh, 16), value(SmoothFunction::kAtanh, 15));
  EXPECT_EQ(value(SmoothFunction::kAtanh, -100), -value(SmoothFunction::kAtanh, 15));
  EXPECT_EQ(value(SmoothFunction::kPower, 0, -one), 256);
  EXPECT_EQ(value(SmoothFunction::kPower, 0, 0), 16);
  EXPECT_EQ(value(SmoothFunction::kPower, -16, 3 * one), -16);
  EXPECT_EQ(value(SmoothFunction::kPower, -16, one / 2), 0);
  EXPECT_EQ(value(SmoothFunction::kPower, -16, -one / 2), 64);
}

TEST(BoundedTables, RefuseEveryParameterOutOfBounds) {
  const PieceParameters good{12, 9, 7, -11, -14, 8, 16, std::int64_t{1} << 32};
  const std::vector<std::int64_t> list = piece_list(good);
  ASSERT_EQ(list.size(), 9u);
  EXPECT_TRUE(function_pieces_known(list));
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const std::int64_t bad : {INT64_MIN, std::int64_t{-41}, std::int64_t{33}, std::int64_t{1} << 40, INT64_MAX}) {
      if (i == 7 && std::abs(bad) < 100) continue;  // alpha may be that small
      std::vector<std::int64_t> changed = list;
      changed[i] = bad;
      EXPECT_FALSE(function_pieces_known(changed)) << i << " " << bad;
    }
  }
  const auto refused = [](std::vector<std::int64_t> parameters) { EXPECT_FALSE(function_pieces_known(parameters)); };
  refused({4, 9, 7, -11, -14, 8});             // without an output range only the three
  refused({3, 9, 7, -11, -14, 8, 16, 0, 0});   // and the third only without
  refused({4, 9, 7, -11, -14, 8, 16, 1, 0});   // exp has no alpha
  refused({12, 9, 7, -11, -14, 8, 16, 1, 1});  // swish has no gamma
  refused({17, 9, 7, -11, -14, 8, 16, 0, 0});  // celu divides by alpha
  refused({0, 9, 7, -11, -14, 8, 16, 0, 0});
  refused({32, 9, 7, -11, -14, 8, 16, 0, 0});
  refused({4, 9, 0, -11, -14, 8, 16, 0, 0});  // a slope without low bits
  refused({4, 9, 7, -11, -14, 0, 16, 0, 0});
  refused({4, 10, 7, -11, -14, 8, 16, 0, 0});  // 17 bits
  refused({4, 4, 3, -11, -14, 8, 16, 0, 0});   // 7 bits
  refused({4, 9, 7, -11, -14, 8, 16, 0, 0, 0});
}

// Pinned: the same integers on every platform and in every release.
TEST(BoundedTables, GoldenChecksum) {
  std::uint64_t checksum = 1469598103934665603u;
  for (const std::int64_t function : functions()) {
    PieceParameters p{function, 9, 4, -10, -9, 8, 13};
    if (function == 12 || (function >= 16 && function <= 18) || function == 31) p.alpha = std::int64_t{3} << 30;
    if (function == 18) p.gamma = std::int64_t{5} << 30;
    for (const auto& column : function_pieces(piece_list(p))) {
      for (const std::int64_t value : column) {
        checksum = (checksum ^ static_cast<std::uint64_t>(value)) * 1099511628211u;
      }
    }
  }
  EXPECT_EQ(checksum, 3872707462704971805u);
}

// One line a table, for tests/models/integer_reference.py.
std::string json(const PieceParameters& p) {
  const auto list = [](const std::vector<std::int64_t>& values) {
    std::string out;
    for (const std::int64_t value : values) out += (out.empty() ? "[" : ",") + std::to_string(value);
    return out + "]";
  };
  std::string columns;
  for (const auto& column : function_pieces(piece_list(p))) columns += (columns.empty() ? "[" : ",") + list(column);
  return "{\"parameters\":" + list(piece_list(p)) + ",\"columns\":" + columns + "]}\n";
}

TEST(BoundedTables, AgreeWithThePythonReference) {
  if (std::system("python3 -c '' > /dev/null 2>&1") != 0) GTEST_SKIP() << "no python3";
  const char* rounds = std::getenv("VEIL_TABLE_ROUNDS");  // for a longer run
  const char* seed = std::getenv("VEIL_TABLE_SEED");
  RandomTables tables(seed != nullptr ? std::strtoull(seed, nullptr, 10) : 4);
  const auto file = std::filesystem::path(testing::TempDir()) / ("veil_tables_" + std::to_string(getpid()) + ".jsonl");
  std::ofstream out(file);
  for (int round = 0; round < (rounds != nullptr ? std::atoi(rounds) : 3); ++round) {
    for (const std::int64_t function : functions()) {
      out << json(tables.next(function, tables.between(4, 8), tables.between(4, 8)));
      out << json(tables.next(function, 8, 0));
    }
  }
  out << json({1, 6, 4, -6, -8, 6}) << json({2, 7, 2, -6, -12, 8}) << json({3, 6, 0, -4, -8, 0});
  out.close();
  const std::string script = std::string(VEIL_SOURCE_DIR) + "/tests/models/integer_reference.py";
  EXPECT_EQ(std::system(("python3 " + script + " --tables " + file.string()).c_str()), 0);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace veil
