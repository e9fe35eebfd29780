// Uniqueness, exhaustively at small widths: of all values that the committed tensors of a gadget could take, exactly
// one keeps its constraints (attacks 6). Every candidate is one element of the box, so one evaluation tries all.
#include "ops/gadgets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "circuit/range.h"
#include "circuit/tables.h"
#include "circuit/validate.h"

namespace veil {
namespace {

// Elements of the (one-dimensional, common) box at which every constraint holds.
std::vector<std::size_t> holding(const Circuit& circuit, const Trace& trace, std::size_t count) {
  std::vector<bool> holds(count, true);
  for (const Identity& identity : circuit.identities) {
    const auto values = evaluate_expression(circuit, trace, identity.domain, identity.expression);
    for (std::size_t i = 0; i < count; ++i) holds[i] = holds[i] && values[i] == 0;
  }
  for (const Lookup& lookup : circuit.lookups) {
    const auto columns = table_columns(circuit.tables[lookup.table]);
    std::vector<std::vector<Int128>> entries;
    for (const Expression& entry : lookup.entries) {
      entries.push_back(evaluate_expression(circuit, trace, lookup.domain, entry));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Int128 row = entries[0][i] - columns[0][0];
      bool found = row >= 0 && row < static_cast<Int128>(columns[0].size());
      for (std::size_t c = 1; found && c < columns.size(); ++c) {
        found = entries[c][i] == columns[c][static_cast<std::size_t>(row)];
      }
      holds[i] = holds[i] && found;
    }
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (holds[i]) out.push_back(i);
  }
  return out;
}

// A gadget under test on an input tensor of `count` equal elements.
struct Bench {
  QuantisedGraph graph;
  Lowering lowering;
  Lowerer lowerer;
  Domain box;
  TensorId input;
  Form form;

  Bench(std::int64_t count, const IntegerRange& range, const LimbWidths& widths = {})
      : lowerer(graph, lowering, widths), box{{count}, 1} {
    input = add_tensor(lowering.circuit, Tensor{"x", {count}, range.low, range.high, Owner::kInput, Meaning{}});
    form = {LinearTerm{1, whole_view(lowering.circuit, input)}};
  }
  TensorId find(const std::string& name) const {
    for (std::size_t id = 0; id < lowering.circuit.tensors.size(); ++id) {
      if (lowering.circuit.tensors[id].name == name) return static_cast<TensorId>(id);
    }
    ADD_FAILURE() << "no tensor " << name;
    return 0;
  }
  Trace trace(std::int64_t value) const {
    Trace out = empty_trace(lowering.circuit);
    out.values[input].assign(static_cast<std::size_t>(box.extent[0]), value);
    return out;
  }
  // The limbs of remainders follow from the other tensors: the decomposition is unique by the range proof's own test.
  void run_last_steps(Trace& out, std::size_t from) const {
    for (std::size_t i = from; i < lowering.steps.size(); ++i) lowering.steps[i](lowering.circuit, out);
  }
};

// All pairs (z, e) of signed bytes with their true signs; z unsigned where `least` is 0.
void set_pairs(const Bench& bench, Trace& trace, bool saturates, std::int64_t least = -128) {
  const std::size_t count = static_cast<std::size_t>(bench.box.extent[0]);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t z = static_cast<std::int64_t>(i % 256) + least;
    const std::int64_t e = static_cast<std::int64_t>(i / 256) - 128;
    trace.values[bench.find(least == 0 ? "r.0" : "r.top")].push_back(z);
    if (least != 0) trace.values[bench.find("r.sign")].push_back(z < 0 ? 1 : 0);
    if (!saturates) continue;
    trace.values[bench.find("r/excess.top")].push_back(e);
    trace.values[bench.find("r/excess.sign")].push_back(e < 0 ? 1 : 0);
  }
}

// rem's committed limbs for every candidate, cut from acc + half - 2^s (z + e); out of range where that is.
void set_remainders(const Bench& bench, Trace& trace, std::int64_t accumulator, unsigned shift, bool saturates,
                    std::int64_t least = -128) {
  const std::size_t count = static_cast<std::size_t>(bench.box.extent[0]);
  for (unsigned at = 8, limb = 1; at < shift; at += 8, ++limb) {
    std::vector<std::int64_t>& out = trace.values[bench.find("r/rem." + std::to_string(limb))];
    out.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t z = static_cast<std::int64_t>(i % 256) + least;
      const std::int64_t e = saturates ? static_cast<std::int64_t>(i / 256) - 128 : 0;
      const std::int64_t rem = accumulator + (std::int64_t{1} << (shift - 1)) - (z + e) * (std::int64_t{1} << shift);
      out.push_back((rem >> at) & ((std::int64_t{1} << std::min(8u, shift - at)) - 1));
    }
  }
}

TEST(Rescale, SaturationHasExactlyOneSolutionForEveryShift) {
  for (unsigned shift = 0; shift <= 20; ++shift) {
    SCOPED_TRACE(shift);
    const std::int64_t unit = std::int64_t{1} << shift;
    const IntegerRange range{-200 * unit, 201 * unit - 1};
    Bench bench(1 << 16, range);
    add_rescale(bench.lowerer,
                Rescale{"r", bench.box, linear_expression(bench.form), range, shift, 8, std::nullopt, false, true});
    const std::int64_t half = unit / 2;
    for (const std::int64_t accumulator :
         {range.low, range.high, std::int64_t{0}, std::int64_t{-1}, half, -half, half - 1, 127 * unit + half - 1,
          127 * unit + half, -128 * unit - half, -128 * unit - half - 1, 5 * unit + 3}) {
      Trace trace = bench.trace(accumulator);
      set_pairs(bench, trace, true);
      set_remainders(bench, trace, accumulator, shift, true);
      const auto found = holding(bench.lowering.circuit, trace, 1 << 16);
      ASSERT_EQ(found.size(), 1u) << accumulator;
      const std::int64_t rounded = round_shift(accumulator, shift);
      EXPECT_EQ(static_cast<std::int64_t>(found[0] % 256) - 128, saturate(rounded, signed_range(8))) << accumulator;
    }
  }
}

TEST(Rescale, AsAReluHasExactlyOneSolutionForEveryShift) {
  for (unsigned shift = 0; shift <= 17; ++shift) {
    SCOPED_TRACE(shift);
    const std::int64_t unit = std::int64_t{1} << shift;
    const IntegerRange range{-120 * unit, 376 * unit - 1};
    Bench bench(1 << 16, range);
    add_rescale(bench.lowerer,
                Rescale{"r", bench.box, linear_expression(bench.form), range, shift, 8, std::nullopt, true, true});
    const std::int64_t half = unit / 2;
    for (const std::int64_t accumulator : {range.low, range.high, std::int64_t{0}, std::int64_t{-1}, half, -half,
                                           -half - 1, 255 * unit + half - 1, 255 * unit + half, 5 * unit + 3}) {
      Trace trace = bench.trace(accumulator);
      set_pairs(bench, trace, true, 0);
      set_remainders(bench, trace, accumulator, shift, true, 0);
      const auto found = holding(bench.lowering.circuit, trace, 1 << 16);
      ASSERT_EQ(found.size(), 1u) << accumulator;
      const std::int64_t rounded = round_shift(accumulator, shift);
      EXPECT_EQ(static_cast<std::int64_t>(found[0] % 256), std::clamp<std::int64_t>(rounded, 0, 255)) << accumulator;
    }
  }
}

// One way of reading a quotient: l and t with what the table and the identity make of them.
struct OverflowCandidate {
  std::int64_t low, above;  // l, t
  bool within, is_high;
  std::int64_t value;

  // Of l in [0, 256) and t in [-128, 128), the bits and the value that belong to them.
  static OverflowCandidate of(std::size_t index, const IntegerRange& full) {
    const auto low = static_cast<std::int64_t>(index % 256), above = static_cast<std::int64_t>(index / 256) - 128;
    return {low, above, above == 0, above > 0, above == 0 ? full.low + low : above > 0 ? full.high : full.low};
  }
};

void set_candidates(const Bench& bench, Trace& trace, const std::vector<OverflowCandidate>& candidates,
                    std::int64_t accumulator, unsigned shift, std::int64_t min) {
  std::vector<std::vector<std::int64_t>> rem(5);
  for (const OverflowCandidate& candidate : candidates) {
    trace.values[bench.find("r.0")].push_back(candidate.low % 16);
    trace.values[bench.find("r.1")].push_back(candidate.low / 16);
    trace.values[bench.find("r.over")].push_back(candidate.above);
    trace.values[bench.find("r.within")].push_back(candidate.within ? 1 : 0);
    trace.values[bench.find("r.above")].push_back(candidate.is_high ? 1 : 0);
    trace.values[bench.find("r")].push_back(candidate.value);
    const std::int64_t quotient = min + candidate.low + 256 * candidate.above;
    const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
    const std::int64_t rest = accumulator + half - quotient * (std::int64_t{1} << shift);
    for (unsigned limb = 1; 4 * limb < shift; ++limb) {
      rem[limb].push_back((rest >> (4 * limb)) & ((std::int64_t{1} << std::min(4u, shift - 4 * limb)) - 1));
    }
  }
  for (unsigned limb = 1; 4 * limb < shift; ++limb) {
    trace.values[bench.find("r/rem." + std::to_string(limb))] = rem[limb];
  }
}

// All l, of two limbs, and t, then all bits and values beside the one pair that is left.
void expect_one_overflow(bool relu, unsigned shift) {
  const IntegerRange full = relu ? IntegerRange{0, 255} : signed_range(8);
  const std::int64_t unit = std::int64_t{1} << shift, half = unit / 2;
  const IntegerRange range{-5000 * unit, 5001 * unit - 1};
  Bench bench(1 << 16, range, LimbWidths{4, kLimbBits});
  add_rescale(bench.lowerer,
              Rescale{"r", bench.box, linear_expression(bench.form), range, shift, 8, std::nullopt, relu});
  const Circuit& circuit = bench.lowering.circuit;
  for (const std::int64_t at : {range.low, range.high, std::int64_t{0}, half - 1, -half, full.low * unit - half - 1,
                                full.low * unit - half, full.high * unit + half - 1, full.high * unit + half}) {
    const std::int64_t accumulator = std::clamp(at, range.low, range.high);
    const std::int64_t expected = saturate(round_shift(accumulator, shift), full);
    std::vector<OverflowCandidate> pairs;
    for (std::size_t i = 0; i < 1 << 16; ++i) pairs.push_back(OverflowCandidate::of(i, full));
    Trace trace = bench.trace(accumulator);
    set_candidates(bench, trace, pairs, accumulator, shift, full.low);
    const auto found = holding(circuit, trace, pairs.size());
    ASSERT_EQ(found.size(), 1u) << accumulator;
    const OverflowCandidate pair = pairs[found[0]];
    EXPECT_EQ(pair.value, expected) << accumulator;

    std::vector<OverflowCandidate> results;
    for (std::size_t i = 0; i < 1 << 16; ++i) {
      const std::int64_t value = static_cast<std::int64_t>(i / 4) - (1 << 13);
      results.push_back({pair.low, pair.above, i % 2 == 1, i / 2 % 2 == 1, value});
    }
    trace = bench.trace(accumulator);
    set_candidates(bench, trace, results, accumulator, shift, full.low);
    const auto right = holding(circuit, trace, results.size());
    ASSERT_EQ(right.size(), 1u) << accumulator;
    EXPECT_EQ(results[right[0]].value, expected) << accumulator;
  }
}

TEST(Rescale, OverflowHasExactlyOneSolutionForEveryShift) {
  for (const unsigned shift : {0u, 1u, 2u, 7u, 8u, 9u, 16u, 17u, 20u}) {
    SCOPED_TRACE(shift);
    expect_one_overflow(false, shift);
    expect_one_overflow(true, shift);
  }
}

// The lowering's own values hold, and the validator sees that they are a function.
TEST(Rescale, OverflowIsDetermined) {
  const IntegerRange range{-5000, 5000};
  Bench bench(10001, range, LimbWidths{4, kLimbBits});
  const Activation z =
      add_rescale(bench.lowerer, Rescale{"r", bench.box, linear_expression(bench.form), range, 3, 8, std::nullopt});
  bench.lowerer.add_filled_range("x/range", bench.box, linear_expression(bench.form), range);
  EXPECT_EQ(declared_range(bench.lowering.circuit, z.form).low, -128);
  EXPECT_EQ(declared_range(bench.lowering.circuit, z.form).high, -128 + 2 * 255);
  const Verdict verdict = validate_circuit(bench.lowering.circuit);
  EXPECT_TRUE(verdict.accepted()) << verdict.name();
  Trace trace = bench.trace(0);
  for (std::int64_t i = 0; i < 10001; ++i) trace.values[bench.input][static_cast<std::size_t>(i)] = i - 5000;
  bench.run_last_steps(trace, 0);
  for (std::int64_t i = 0; i < 10001; ++i) {
    const std::int64_t got = trace.values[bench.find("r")][static_cast<std::size_t>(i)];
    ASSERT_EQ(got, saturate(round_shift(i - 5000, 3), signed_range(8))) << i;
  }
  EXPECT_EQ(check_trace(bench.lowering.circuit, trace, false), std::nullopt);
}

TEST(Rescale, WithoutSaturationHasExactlyOneSolutionForBoundsThatAreNoPowersOfTwo) {
  for (unsigned shift = 0; shift <= 20; ++shift) {
    const std::int64_t unit = std::int64_t{1} << shift;
    for (const IntegerRange range : {IntegerRange{-100 * unit, 100 * unit}, IntegerRange{-3, 77 * unit + 1}}) {
      Bench bench(256, range);
      add_rescale(bench.lowerer, Rescale{"r", bench.box, linear_expression(bench.form), range, shift, 8, std::nullopt});
      for (std::int64_t step = 0; step < 50; ++step) {
        const std::int64_t accumulator = range.low + (range.high - range.low) * step / 49;
        Trace trace = bench.trace(accumulator);
        set_pairs(bench, trace, false);
        set_remainders(bench, trace, accumulator, shift, false);
        const auto found = holding(bench.lowering.circuit, trace, 256);
        ASSERT_EQ(found.size(), 1u) << accumulator << " >> " << shift;
        EXPECT_EQ(static_cast<std::int64_t>(found[0]) - 128, round_shift(accumulator, shift));
      }
    }
  }
}

// Every pair (top limb, sign) of a 16-bit value: one fits, and its sign is right.
TEST(Sign, HasExactlyOneSolution) {
  const IntegerRange range{-300, 301};
  Bench bench(512, range);
  add_sign(bench.lowerer, "s", bench.box, bench.form);
  for (std::int64_t value = range.low; value <= range.high; ++value) {
    Trace trace = bench.trace(value);
    for (std::int64_t i = 0; i < 512; ++i) {
      trace.values[bench.find("s.top")].push_back(i % 256 - 128);
      trace.values[bench.find("s.sign")].push_back(i / 256);
    }
    const auto found = holding(bench.lowering.circuit, trace, 512);
    ASSERT_EQ(found.size(), 1u) << value;
    EXPECT_EQ(found[0] / 256 == 1, value < 0);
  }
}

TEST(Sign, OfOneLimbHasExactlyOneSolution) {
  Bench bench(8, {-128, 127});
  add_sign(bench.lowerer, "s", bench.box, bench.form);
  for (std::int64_t value = -128; value <= 127; ++value) {
    Trace trace = bench.trace(value);
    for (std::int64_t i = 0; i < 8; ++i) trace.values[bench.find("s.sign")].push_back(i - 3);
    const auto found = holding(bench.lowering.circuit, trace, 8);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0] == 4, value < 0);
  }
}

TEST(PositivePart, HasExactlyOneSolution) {
  Bench bench(1024, {-128, 127});
  const View sign = add_sign(bench.lowerer, "s", bench.box, bench.form);
  add_positive_part(bench.lowerer, "y", bench.box, bench.form, sign);
  for (std::int64_t value = -128; value <= 127; ++value) {
    Trace trace = bench.trace(value);
    trace.values[bench.find("s.sign")].assign(1024, value < 0 ? 1 : 0);
    for (std::int64_t i = 0; i < 1024; ++i) trace.values[bench.find("y")].push_back(i - 512);
    const auto found = holding(bench.lowering.circuit, trace, 1024);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(static_cast<std::int64_t>(found[0]) - 512, std::max<std::int64_t>(value, 0));
  }
}

// Every (key, low) of a table with 64 keys and 3 low bits, and a few wrong bases and slopes for each.
TEST(Pieces, HaveExactlyOneSolution) {
  const PieceParameters p{1, 6, 3, -5, -10, 8};
  const auto columns = function_pieces(piece_list(p));
  Bench bench(64 * 8 * 5, {-256, 255});
  Activation activation;
  activation.form = bench.form;
  add_pieces(bench.lowerer, "f", bench.box, p, activation);
  for (std::int64_t value = -256; value <= 255; ++value) {
    Trace trace = bench.trace(value);
    for (std::size_t i = 0; i < 64 * 8 * 5; ++i) {
      const std::size_t row = i % 64;
      trace.values[bench.find("f.key")].push_back(columns[0][row]);
      trace.values[bench.find("f.0")].push_back(static_cast<std::int64_t>(i / 64 % 8));
      const std::size_t wrong = i / 512;
      trace.values[bench.find("f.base")].push_back(columns[1][row] + (wrong == 1 ? 1 : wrong == 2 ? -1 : 0));
      trace.values[bench.find("f.slope")].push_back(columns[2][row] + (wrong == 3 ? 1 : wrong == 4 ? -1 : 0));
    }
    const auto found = holding(bench.lowering.circuit, trace, 64 * 8 * 5);
    ASSERT_EQ(found.size(), 1u) << value;
    EXPECT_EQ(static_cast<std::int64_t>(found[0] % 64) * 8 - 256 + static_cast<std::int64_t>(found[0] / 64), value);
  }
}

TEST(SmallQuotient, HasExactlyOneSolution) {
  for (unsigned shift = 1; shift <= 8; ++shift) {
    Bench bench(256, {0, 4000});
    add_small_quotient(bench.lowerer, "c", bench.box, linear_expression(bench.form), shift, 0, 8);
    for (std::int64_t value = 0; value < (200 << shift) && value <= 4000; value += 7) {
      Trace trace = bench.trace(value);
      for (std::int64_t i = 0; i < 256; ++i) trace.values[bench.find("c")].push_back(i);
      const auto found = holding(bench.lowering.circuit, trace, 256);
      ASSERT_EQ(found.size(), 1u) << value << " >> " << shift;
      EXPECT_EQ(static_cast<std::int64_t>(found[0]), round_shift(value, shift));
    }
  }
}

// What each gadget commits is proven and determined in the eyes of the validator, and its own steps fill it.
TEST(Gadgets, AreAcceptedByTheValidatorAndFillThemselves) {
  for (const unsigned bits : {8u, 12u, 16u}) {
    for (const std::int64_t shift : {0, 1, 7, 8, 9, 15, 20}) {
      const IntegerRange range = signed_range(bits);
      const IntegerRange wide{range.low * 1000, range.high * 1000};
      Bench bench(9, range);
      for (const LimbStep& step : add_range_proof(bench.lowering.circuit, "x/range", bench.box,
                                                  linear_expression(bench.form), range.low, range.high)) {
        bench.lowerer.add_step([step](const Circuit& circuit, Trace& trace) { fill_limbs(circuit, trace, step); });
      }
      const Expression accumulator = linear_expression(scaled(bench.form, 1000));
      const Activation z = add_rescale(
          bench.lowerer, Rescale{"r", bench.box, accumulator, wide, shift, bits, std::nullopt, false, true});
      add_positive_part(bench.lowerer, "y", bench.box, z.form, *z.sign);
      const Verdict verdict = validate_circuit(bench.lowering.circuit);
      EXPECT_TRUE(verdict.accepted()) << verdict.name() << " " << verdict.detail();
      Trace trace = empty_trace(bench.lowering.circuit);
      trace.values[bench.input] = {range.low, range.high, 0, 1, -1, 2, -2, range.low / 3, range.high / 3};
      bench.run_last_steps(trace, 0);
      fill_multiplicities(bench.lowering.circuit, trace);
      EXPECT_EQ(check_trace(bench.lowering.circuit, trace).value_or(""), "");
    }
  }
}

}  // namespace
}  // namespace veil
