#include "lookup/prove/leaves.h"

#include <algorithm>
#include <bit>

#include "circuit/tables.h"
#include "field/arrays.h"
#include "poly/eq.h"

namespace veil {

Leaves::Leaves(const Circuit& circuit, const Trace& trace)
    : tree_(fraction_tree(circuit)), segment_of_lookup_(circuit.lookups.size()) {
  for (const LeafSegment& at : tree_.segments) {
    Segment segment{};
    segment.first = at.first;
    segment.size = std::size_t{1} << at.bits;
    segment.is_table = at.kind == LeafSegment::Kind::kTable;
    if (segment.is_table) {
      segment.tag = at.index + 1;
      const Table& table = circuit.tables[at.index];
      for (std::vector<std::int64_t>& column : table_columns(table)) segment.columns.push_back({std::move(column), {}});
      segment.numerators.integers = trace.values[table.multiplicity];
      const auto rows = static_cast<std::int64_t>(table_rows(table));
      set_box(segment, {&rows, 1});
    } else {
      const Lookup& lookup = circuit.lookups[at.index];
      segment.tag = std::uint64_t{lookup.table} + 1;
      for (const Expression& entry : lookup.entries) {
        segment.columns.push_back(make_column(evaluate_box(circuit, trace, lookup.domain, entry)));
      }
      segment.box_rank = lookup.domain.box_rank;
      set_box(segment, std::span(lookup.domain.extent).first(lookup.domain.box_rank));
      segment_of_lookup_[at.index] = segments_.size();
    }
    segments_.push_back(std::move(segment));
  }
}

Leaves::Column Leaves::make_column(BoxValues values) {
  Column column{std::move(values.narrow), {}};
  column.elements.reserve(values.wide.size());
  for (const Int128 value : values.wide) column.elements.push_back(Fr::from_int128(value));
  return column;
}

// An axis is padded to a power of two in the segment; where it is one, it and the axis before it make one longer run.
void Leaves::set_box(Segment& segment, std::span<const std::int64_t> lengths) {
  segment.run = 1;
  std::size_t axis = lengths.size();
  while (axis > 0 && std::has_single_bit(segment.run)) segment.run *= static_cast<std::size_t>(lengths[--axis]);
  for (const std::int64_t length : lengths.first(axis)) segment.outer.push_back(static_cast<std::size_t>(length));
}

void Leaves::set_coins(const Fr& gamma, const Fr& alpha) {
  std::size_t width = 0;
  for (const Segment& segment : segments_) width = std::max(width, segment.columns.size());
  gammas_ = powers(gamma, width + 1);
  alpha_ = alpha;
}

// What of the box lies at the positions begin .. end - 1 of the segment.
std::vector<Leaves::Run> Leaves::runs(const Segment& segment, std::size_t begin, std::size_t end) {
  std::vector<Run> out;
  const unsigned bits = log2_ceil(segment.run);
  for (std::size_t outer = begin >> bits; outer << bits < end; ++outer) {
    std::size_t index = 0;
    std::size_t stride = 1;
    std::size_t rest = outer;
    for (std::size_t axis = segment.outer.size(); axis-- > 0;) {
      const std::size_t length = segment.outer[axis];
      const unsigned axis_bits = log2_ceil(length);
      const std::size_t coordinate = rest & ((std::size_t{1} << axis_bits) - 1);
      if (coordinate >= length) stride = 0;  // padding
      index += coordinate * stride;
      stride *= length;
      rest >>= axis_bits;
    }
    if (stride == 0 || rest != 0) continue;
    const std::size_t from = std::max(begin, outer << bits);
    const std::size_t to = std::min(end, (outer << bits) + segment.run);
    if (from < to) out.push_back({from, index * segment.run + from - (outer << bits), to - from});
  }
  return out;
}

// out += factor * column, the rest of `out` unchanged; position `begin` of the segment is out[0].
void Leaves::add_column(std::span<Fr> out, const Fr& factor, const Column& column, std::span<const Run> runs,
                        std::size_t begin) {
  if (!column.elements.empty()) {
    for (const Run& run : runs) {
      axpy(out.subspan(run.position - begin, run.length), factor,
           std::span(column.elements).subspan(run.index, run.length));
    }
    return;
  }
  if (runs.size() == 1) {
    axpy(out.subspan(runs[0].position - begin, runs[0].length), factor,
         std::span(column.integers).subspan(runs[0].index, runs[0].length));
    return;
  }
  std::vector<std::int64_t> spread(out.size());
  for (const Run& run : runs) {
    std::copy_n(&column.integers[run.index], run.length, &spread[run.position - begin]);
  }
  axpy(out, factor, spread);
}

void Leaves::fill_segment(const Segment& segment, std::size_t begin, std::span<Fr> p, std::span<Fr> q) const {
  const std::vector<Run> inside = runs(segment, begin, begin + p.size());
  if (inside.empty()) return;
  const Fr base = alpha_ - Fr::from_u64(segment.tag);
  for (const Run& run : inside) {
    std::fill_n(&q[run.position - begin], run.length, base);
    if (!segment.is_table) std::fill_n(&p[run.position - begin], run.length, Fr::one());
  }
  if (segment.is_table) add_column(p, -Fr::one(), segment.numerators, inside, begin);
  for (std::size_t e = 0; e < segment.columns.size(); ++e) {
    add_column(q, -gammas_[e + 1], segment.columns[e], inside, begin);
  }
}

void Leaves::fill(std::size_t first, std::span<Fr> p, std::span<Fr> q) const {
  std::fill(p.begin(), p.end(), Fr::zero());
  std::fill(q.begin(), q.end(), Fr::one());
  const std::size_t last = first + p.size();
  // Segments are in ascending order.
  auto segment = std::partition_point(segments_.begin(), segments_.end(),
                                      [&](const Segment& s) { return s.first + s.size <= first; });
  for (; segment != segments_.end() && segment->first < last; ++segment) {
    const std::size_t from = std::max(first, segment->first);
    const std::size_t count = std::min(last, segment->first + segment->size) - from;
    fill_segment(*segment, from - segment->first, p.subspan(from - first, count), q.subspan(from - first, count));
  }
}

Fr Leaves::weighted_entry(std::size_t lookup, std::size_t entry, const AxisWeights& box) const {
  const Segment& segment = segments_[segment_of_lookup_[lookup]];
  const Column& column = segment.columns[entry];
  const std::span<const Weight> weights = std::span(box).first(segment.box_rank);
  return column.elements.empty() ? weighted_sum(column.integers, weights) : weighted_sum(column.elements, weights);
}

}  // namespace veil
