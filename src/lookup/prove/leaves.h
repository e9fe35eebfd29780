// The leaves of the fraction tree, made block by block from the integers of a trace: a leaf is 64 bytes as two field
// elements and 8 as integers, so they are made twice rather than kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/trace.h"
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
  // Numerators and denominators of the leaves first .. first + p.size() - 1; equal sizes. Safe from several threads.
  void fill(std::size_t first, std::span<Fr> p, std::span<Fr> q) const;

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

  static Column make_column(BoxValues values);
  static void set_box(Segment& segment, std::span<const std::int64_t> lengths);
  static std::vector<Run> runs(const Segment& segment, std::size_t begin, std::size_t end);
  static void add_column(std::span<Fr> out, const Fr& factor, const Column& column, std::span<const Run> runs,
                         std::size_t begin);
  void fill_segment(const Segment& segment, std::size_t begin, std::span<Fr> p, std::span<Fr> q) const;

  FractionTree tree_;
  std::vector<Segment> segments_;
  std::vector<std::size_t> segment_of_lookup_;
  std::vector<Fr> gammas_;
  Fr alpha_;
};

}  // namespace veil
