// The leaves of the fraction tree, made block by block from the integers of a trace: a leaf is 64 bytes as two field
// elements and 8 as integers, so they are made several times rather than kept.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/trace.h"
#include "field/arrays.h"
#include "lookup/check/lookup.h"

namespace veil {

class Leaves {
 public:
  // Looks at the trace now; does not keep it.
  Leaves(const Circuit& circuit, const Trace& trace);

  std::size_t size() const { return std::size_t{1} << tree_.depth; }
  unsigned depth() const { return tree_.depth; }
  // Leaves from here on are filler, 0/1.
  std::size_t used() const { return segments_.empty() ? 0 : segments_.back().first + segments_.back().size; }
  const Fr& alpha() const { return alpha_; }

  void set_coins(const Fr& gamma, const Fr& alpha);

  // Leaves 2i and 2i + 1 are row i. Rows are made at most kMaxRows at a time, safely from several threads.
  static constexpr std::size_t kMaxRows = 256;
  // p0, p1, q0, q1 of `count` rows. Where all numerators are one number, it is returned and p0, p1 are not written.
  std::optional<Fr> rows(std::size_t first, std::size_t count, const MutableFractions& out) const;
  // r0, -p0, p1, r1 with r = p + lambda q, since  lambda (p0 q1 + q0 p1 + lambda q0 q1) = r0 r1 - p0 p1.  Likewise.
  std::optional<Fr> weighted_rows(std::size_t first, std::size_t count, const Fr& lambda,
                                  const MutableFractions& out) const;

  // kMaxRows rows that have one numerator, and r = base + columns.
  struct AffineRows {
    Fr base;
    IntegerColumns columns;
    Fr numerator;
  };
  // None where rows are of another kind.
  std::optional<AffineRows> affine_rows(std::size_t first, const Fr& lambda) const;
  // The same of q, in place of r.
  std::optional<AffineRows> affine_denominators(std::size_t first) const;

  // kMaxRows rows of one lookup with one entry, where its box has padding, or of filler: leaf by leaf p = inside, 0 or
  // 1, and
  //   r = lambda + inside (base - lambda) + factor value,  q = 1 + inside (base - 1) + factor value.
  struct PaddedRows {
    Fr base;
    Fr factor;
    std::array<std::int64_t, 2 * kMaxRows> values;  // 0 outside
    std::array<std::int64_t, 2 * kMaxRows> inside;
  };
  // False where rows are of another kind.
  bool padded_rows(std::size_t first, const Fr& lambda, PaddedRows& out) const;
  bool padded_denominators(std::size_t first, PaddedRows& out) const;

  // sum_x weight(x) entry(x) over the box of a lookup.
  Fr weighted_entry(std::size_t lookup, std::size_t entry, const AxisWeights& box) const;

 private:
  // Integers of one expression over a box; as field elements where a lying trace makes one leave 64 bits.
  struct Column {
    std::vector<std::int64_t> integers;
    std::vector<Fr> elements;
  };
  // A segment of the tree with its data: fractions p / (alpha - tag - sum_e gamma^(e+1) columns[e]).
  struct Segment {
    std::size_t first;
    std::size_t size;
    std::uint64_t tag;  // of its table
    bool is_table;
    std::size_t box_rank;  // of a lookup
    // The box as outer axes and a run: positions of a run follow each other in the segment as they do in a column.
    std::vector<std::size_t> outer;
    std::size_t run;
    std::vector<Column> columns;
    Column numerators;  // of a table: the multiplicities, which enter negated; of a lookup: none, they are 1
  };
  struct Run {
    std::size_t position;  // in the segment
    std::size_t index;     // in the columns
    std::size_t length;
  };
  // What is made of a fraction p / q: value = scale q, to which p may be added; and p, of even leaves negated then.
  struct Target {
    Fr* even;
    Fr* odd;
    Fr* even_numerators;
    Fr* odd_numerators;
    Fr scale;
    bool is_sum;

    Target from(std::size_t row) const {
      return {even + row, odd + row, even_numerators + row, odd_numerators + row, scale, is_sum};
    }
    void set(std::size_t leaf, const Fr& p, const Fr& q) const;
    void set_filler(std::size_t leaf) const;
  };
  // The positions begin .. end - 1 of a segment, to be made rows.
  struct Part {
    const Segment& segment;
    std::size_t begin;
    std::size_t end;
    std::vector<Run> runs;  // what of the box lies there; the rest is padding

    bool is_one_run() const { return runs.size() == 1 && runs[0].length == end - begin; }
  };
  // Integers of a part, one for each position; room for those that are not so in their columns.
  struct PartIntegers {
    IntegerColumns keys;  // with the factors of a denominator
    const std::int64_t* numerators = nullptr;
    std::array<std::int64_t, IntegerColumns::kMaxWidth * 2 * kMaxRows> spread;
  };

  static Segment table_segment(const Circuit& circuit, const Trace& trace, std::size_t index);
  static Segment lookup_segment(const Circuit& circuit, const Trace& trace, std::size_t index);
  static Column make_column(BoxValues values);
  static void set_box(Segment& segment, std::span<const std::int64_t> lengths);
  static std::vector<Run> runs(const Segment& segment, std::size_t begin, std::size_t end);
  static bool has_small_columns(const Segment& segment);
  static Part part(const Segment& segment, std::size_t begin, std::size_t end);
  std::vector<Segment>::const_iterator segment_at(std::size_t leaf) const;
  std::optional<AffineRows> affine(std::size_t first, std::size_t count, const Fr& scale, bool is_sum) const;
  bool padded(std::size_t first, const Fr& scale, bool is_sum, PaddedRows& out) const;
  std::optional<Fr> fill(std::size_t first, std::size_t count, const Target& target) const;
  void fill_mixed(std::size_t first, std::size_t count, const Target& target) const;
  void fill_part(const Part& part, const Target& target) const;
  void fill_part_singly(const Part& part, std::size_t first, const Target& target) const;
  static const std::int64_t* integers_of(const Part& part, const Column& column, std::int64_t* spread);
  void gather(const Part& part, PartIntegers& integers) const;
  void combine(const Part& part, const PartIntegers& integers, const Target& target) const;
  Fr denominator(const Segment& segment, std::size_t index) const;
  static void fill_padding(const Part& part, const Target& target);

  FractionTree tree_;
  std::vector<Segment> segments_;
  std::vector<std::size_t> segment_of_lookup_;
  std::vector<Fr> gammas_;
  Fr alpha_;
};

}  // namespace veil
