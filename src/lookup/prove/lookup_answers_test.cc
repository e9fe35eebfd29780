// The prover of lookups against one that is written out: full tables, one value at a time.
#include "lookup/prove/lookup_answers.h"

#include <gtest/gtest.h>

#include <random>

#include "checker/checker.h"
#include "parallel/parallel.h"

namespace veil {
namespace {

// All leaves and all layers, padding included, and rounds by their definition.
class PlainLookupAnswers {
 public:
  PlainLookupAnswers(const Circuit& circuit, const Trace& trace) : circuit_(circuit), trace_(trace) {}

  Fr answer(const RootQuestion& question) {
    if (!question.inverse) make_tree(question.gamma, question.alpha);
    return question.inverse ? q_[0][0].inverse() : q_[0][0];
  }
  Fr answer(const LayerRoundQuestion& question) const {
    std::array<Fr, 3> at;  // t(0), t(1), t(2)
    const std::size_t rows = std::size_t{1} << question.layer;
    for (std::size_t x = 0; x < 3; ++x) {
      std::vector<Fr> bound(question.bound.begin(), question.bound.end());
      bound.push_back(Fr::from_u64(x));
      const std::vector<Fr> rest = eq_table(question.point.subspan(bound.size()));
      const std::vector<Fr> first = eq_table(bound);
      for (std::size_t i = 0; i < rest.size(); ++i) {
        const std::array<Fr, 4> e = bound_rows(question.layer, first, i, rows / first.size());
        at[x] += rest[i] * (e[0] * e[3] + e[2] * (e[1] + question.lambda * e[3]));
      }
    }
    const Fr square = (at[2] - at[1].doubled() + at[0]) * Fr::half();
    return question.degree == 2 ? square : at[1] - at[0] - square;
  }
  Fr answer(const LayerEndQuestion& question) const {
    return bound_rows(question.layer, eq_table(question.bound), 0, 1)[question.which];
  }
  Fr answer(const LeafQuestion&) const { return Fr::zero(); }

 private:
  // p0, p1, q0, q1 of the rows i, i + step, ..., weighted.
  std::array<Fr, 4> bound_rows(unsigned layer, const std::vector<Fr>& weights, std::size_t i, std::size_t step) const {
    std::array<Fr, 4> out;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const std::size_t pair = 2 * (i + k * step);
      out[0] += weights[k] * p_[layer + 1][pair];
      out[1] += weights[k] * p_[layer + 1][pair + 1];
      out[2] += weights[k] * q_[layer + 1][pair];
      out[3] += weights[k] * q_[layer + 1][pair + 1];
    }
    return out;
  }

  void make_tree(const Fr& gamma, const Fr& alpha) {
    const FractionTree tree = fraction_tree(circuit_);
    p_.resize(tree.depth + 1);
    q_.resize(tree.depth + 1);
    p_.back().assign(std::size_t{1} << tree.depth, Fr::zero());
    q_.back().assign(std::size_t{1} << tree.depth, Fr::one());
    for (const LeafSegment& segment : tree.segments) add_segment(segment, gamma, alpha);
    for (unsigned k = tree.depth; k-- > 0;) {
      for (std::size_t i = 0; i < std::size_t{1} << k; ++i) {
        const std::size_t a = 2 * i, b = 2 * i + 1;
        p_[k].push_back(p_[k + 1][a] * q_[k + 1][b] + p_[k + 1][b] * q_[k + 1][a]);
        q_[k].push_back(q_[k + 1][a] * q_[k + 1][b]);
      }
    }
  }

  void add_segment(const LeafSegment& segment, const Fr& gamma, const Fr& alpha) {
    const bool is_table = segment.kind == LeafSegment::Kind::kTable;
    std::vector<std::size_t> extent;
    std::vector<std::vector<Int128>> columns;
    TableId table = static_cast<TableId>(segment.index);
    if (is_table) {
      extent.push_back(table_rows(circuit_.tables[table]));
      for (const auto& column : table_columns(circuit_.tables[table]))
        columns.emplace_back(column.begin(), column.end());
    } else {
      const Lookup& lookup = circuit_.lookups[segment.index];
      table = lookup.table;
      for (std::size_t k = 0; k < lookup.domain.box_rank; ++k) {
        extent.push_back(static_cast<std::size_t>(lookup.domain.extent[k]));
      }
      for (const Expression& entry : lookup.entries) {
        const BoxValues values = evaluate_box(circuit_, trace_, lookup.domain, entry);
        columns.emplace_back();
        for (std::size_t i = 0; i < values.size(); ++i) columns.back().push_back(values[i]);
      }
    }
    for (std::size_t i = 0; i < columns[0].size(); ++i) {
      std::size_t place = 0, rest = i, shift = 0;
      for (std::size_t axis = extent.size(); axis-- > 0;) {
        place += (rest % extent[axis]) << shift;
        rest /= extent[axis];
        shift += log2_ceil(extent[axis]);
      }
      Fr key = Fr::from_u64(std::uint64_t{table} + 1), power = gamma;
      for (const auto& column : columns) {
        key += power * Fr::from_int128(column[i]);
        power *= gamma;
      }
      q_.back()[segment.first + place] = alpha - key;
      p_.back()[segment.first + place] =
          is_table ? -Fr::from_int(trace_.values[circuit_.tables[table].multiplicity][i]) : Fr::one();
    }
  }

  const Circuit& circuit_;
  const Trace& trace_;
  std::vector<std::vector<Fr>> p_, q_;
};

// Both are asked everything, and must agree.
struct BothAnswers {
  LookupAnswers& answers;
  PlainLookupAnswers& plain;
  std::size_t asked = 0;
  std::size_t different = 0;

  template <class Question>
  Fr next(const Question& question) {
    const Fr answer = answers.answer(question);
    ++asked;
    if (!std::is_same_v<Question, LeafQuestion> && answer != plain.answer(question)) ++different;
    return answer;
  }
};

class LookupAnswersTest : public testing::Test {
 protected:
  // Values of a box in a table, some of them too large for it where `range` is.
  void add_lookup(TableId table, const std::vector<std::int64_t>& shape, std::int64_t range, std::size_t entries = 1) {
    Lookup lookup;
    lookup.name = "values";
    lookup.domain = {shape, static_cast<std::uint32_t>(shape.size())};
    lookup.table = table;
    for (std::size_t e = 0; e < entries; ++e) {
      const TensorId values = add_tensor(
          circuit_, {"values" + std::to_string(circuit_.tensors.size()), shape, 0, 255, Owner::kWitness, {}});
      lookup.entries.push_back(linear_expression({{1, whole_view(circuit_, values)}}));
      values_.push_back({values, range});
    }
    circuit_.lookups.push_back(std::move(lookup));
  }

  void expect_equal_answers() {
    Trace trace = empty_trace(circuit_);
    for (const auto& [tensor, range] : values_) {
      std::int64_t size = 1;
      for (const std::int64_t length : circuit_.tensors[tensor].shape) size *= length;
      for (std::int64_t i = 0; i < size; ++i) {
        const auto value = static_cast<std::int64_t>(rng_() >> 1) % range;
        trace.values[tensor].push_back(rng_() % 4 == 0 && range > 256 ? -value : value);
      }
    }
    for (const Table& table : circuit_.tables) {
      for (std::size_t i = 0; i < table_rows(table); ++i) {
        trace.values[table.multiplicity].push_back(static_cast<std::int64_t>(rng_() % 1000));
      }
    }
    for (const std::size_t remade_leaves : {LookupAnswers::kRemadeLeaves, std::size_t{0}}) {
      expect_equal_answers(trace, remade_leaves);
    }
  }

  void expect_equal_answers(const Trace& trace, std::size_t remade_leaves) {
    LookupAnswers answers(circuit_, trace, remade_leaves);
    PlainLookupAnswers plain(circuit_, trace);
    BothAnswers both{answers, plain};
    Transcript transcript;
    Native<BothAnswers> checker(transcript, both);
    const PublicValues none(circuit_.tensors.size());
    Claims<Native<BothAnswers>> claims(checker, circuit_, none);
    LookupArgument<Native<BothAnswers>>(checker, circuit_, claims).reduce();
    EXPECT_EQ(both.different, 0u) << "of " << both.asked;
  }

  std::mt19937_64 rng_{5};
  Circuit circuit_;
  std::vector<std::pair<TensorId, std::int64_t>> values_;
};

TEST_F(LookupAnswersTest, SmallTrees) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {1});
  expect_equal_answers();
  for (const std::int64_t size : {1, 1, 1, 3, 7, 20, 130}) {
    add_lookup(table, {size}, 2);
    expect_equal_answers();
  }
}

TEST_F(LookupAnswersTest, WholeBlocksOfOneLookup) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {2048}, 256);
  expect_equal_answers();
  add_lookup(table, {1024}, 256);
  add_lookup(table, {512}, 256);
  expect_equal_answers();
}

TEST_F(LookupAnswersTest, FillerOfManyBlocks) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {4});
  add_lookup(table, {4096}, 16);
  expect_equal_answers();
}

TEST_F(LookupAnswersTest, BoxesWithPadding) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {3, 20, 20}, 256);
  add_lookup(table, {5, 128}, 256);
  add_lookup(table, {1500}, 256);
  add_lookup(table, {1}, 256);
  expect_equal_answers();
}

// Runs of even and of odd lengths, in blocks beside whole ones and filler.
TEST_F(LookupAnswersTest, PaddingInEveryBlock) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {4, 28, 28}, 256);
  add_lookup(table, {6, 28, 28}, 256);
  expect_equal_answers();
  add_lookup(table, {5, 30, 7}, 256);
  add_lookup(table, {2048}, 256);
  add_lookup(table, {10, 12, 14}, INT64_MAX);
  expect_equal_answers();
}

// A lying trace: any integers, and entries whose sums leave 64 bits.
TEST_F(LookupAnswersTest, ValuesOfAnySize) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {2048}, INT64_MAX / 2);
  add_lookup(table, {512}, INT64_MAX);
  expect_equal_answers();
}

TEST_F(LookupAnswersTest, SeveralColumns) {
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {1024}, 256, 2);
  add_lookup(table, {1024}, std::int64_t{1} << 60, 3);
  add_lookup(table, {600}, 256, 2);
  expect_equal_answers();
  add_lookup(table, {1024}, 256, 5);
  expect_equal_answers();
}

TEST_F(LookupAnswersTest, ThreadsChangeNothing) {
  const std::size_t threads = num_threads();
  set_num_threads(3);
  const TableId table = add_table(circuit_, TableKind::kUnsigned, {8});
  add_lookup(table, {16384}, 256);
  add_lookup(table, {50, 60}, 256);
  expect_equal_answers();
  set_num_threads(threads);
}

}  // namespace
}  // namespace veil
