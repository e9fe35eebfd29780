#include "lookup/prove/leaves.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "circuit/tables.h"
#include "field/arrays.h"
#include "parallel/parallel.h"
#include "poly/eq.h"

namespace veil {

Leaves::Leaves(const Circuit& circuit, const Trace& trace)
    : tree_(fraction_tree(circuit)), segments_(tree_.segments.size()), segment_of_lookup_(circuit.lookups.size()) {
  for_each_range(segments_.size(), [&](std::size_t i) {
    const LeafSegment& at = tree_.segments[i];
    segments_[i] = at.kind == LeafSegment::Kind::kTable ? table_segment(circuit, trace, at.index)
                                                        : lookup_segment(circuit, trace, at.index);
    segments_[i].first = at.first;
    segments_[i].size = std::size_t{1} << at.bits;
    if (!segments_[i].is_table) segment_of_lookup_[at.index] = i;
  });
}

Leaves::Segment Leaves::table_segment(const Circuit& circuit, const Trace& trace, std::size_t index) {
  Segment segment{};
  segment.is_table = true;
  segment.tag = index + 1;
  const Table& table = circuit.tables[index];
  for (std::vector<std::int64_t>& column : table_columns(table)) segment.columns.push_back({std::move(column), {}});
  segment.numerators.integers = trace.values[table.multiplicity];
  const auto rows = static_cast<std::int64_t>(table_rows(table));
  set_box(segment, {&rows, 1});
  return segment;
}

Leaves::Segment Leaves::lookup_segment(const Circuit& circuit, const Trace& trace, std::size_t index) {
  Segment segment{};
  const Lookup& lookup = circuit.lookups[index];
  segment.tag = std::uint64_t{lookup.table} + 1;
  if (const auto* keys = trace.keys_of(index)) segment.columns.push_back({*keys, {}});
  for (std::size_t entry = segment.columns.size(); entry < lookup.entries.size(); ++entry) {
    segment.columns.push_back(make_column(evaluate_box(circuit, trace, lookup.domain, lookup.entries[entry])));
  }
  segment.box_rank = lookup.domain.box_rank;
  set_box(segment, std::span(lookup.domain.extent).first(lookup.domain.box_rank));
  return segment;
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

// Kernels take integers of at most so many columns, one of them for numerators.
bool Leaves::has_small_columns(const Segment& segment) {
  if (segment.columns.size() + 1 > IntegerColumns::kMaxWidth || !segment.numerators.elements.empty()) return false;
  return std::all_of(segment.columns.begin(), segment.columns.end(),
                     [](const Column& column) { return column.elements.empty(); });
}

Fr Leaves::denominator(const Segment& segment, std::size_t index) const {
  Fr out = alpha_ - Fr::from_u64(segment.tag);
  for (std::size_t e = 0; e < segment.columns.size(); ++e) {
    const Column& column = segment.columns[e];
    out -= gammas_[e + 1] * (column.elements.empty() ? Fr::from_int(column.integers[index]) : column.elements[index]);
  }
  return out;
}

void Leaves::Target::set(std::size_t leaf, const Fr& p, const Fr& q) const {
  const bool is_even = leaf % 2 == 0;
  const Fr value = scale * q;
  (is_even ? even : odd)[leaf / 2] = is_sum ? value + p : value;
  (is_even ? even_numerators : odd_numerators)[leaf / 2] = is_sum && is_even ? -p : p;
}

void Leaves::Target::set_filler(std::size_t leaf) const {
  const bool is_even = leaf % 2 == 0;
  (is_even ? even : odd)[leaf / 2] = scale;
  (is_even ? even_numerators : odd_numerators)[leaf / 2] = Fr::zero();
}

// Leaf by leaf: the numbers of a lying trace that leave 64 bits, and single leaves. `first`: of the part in the rows.
void Leaves::fill_part_singly(const Part& part, std::size_t first, const Target& target) const {
  for (std::size_t i = part.begin; i < part.end; ++i) target.set_filler(first + i - part.begin);
  for (const Run& run : part.runs) {
    for (std::size_t i = 0; i < run.length; ++i) {
      const Segment& segment = part.segment;
      const Fr p = segment.is_table ? -Fr::from_int(segment.numerators.integers[run.index + i]) : Fr::one();
      target.set(first + run.position - part.begin + i, p, denominator(segment, run.index + i));
    }
  }
}

// Where a part is one run they lie in a row already.
const std::int64_t* Leaves::integers_of(const Part& part, const Column& column, std::int64_t* spread) {
  if (part.is_one_run()) return &column.integers[part.runs[0].index];
  std::fill_n(spread, part.end - part.begin, 0);
  for (const Run& run : part.runs) {
    std::copy_n(&column.integers[run.index], run.length, spread + (run.position - part.begin));
  }
  return spread;
}

void Leaves::gather(const Part& part, PartIntegers& integers) const {
  const Segment& segment = part.segment;
  std::int64_t* spread = integers.spread.data();
  integers.keys.width = segment.columns.size();
  for (std::size_t e = 0; e < segment.columns.size(); ++e, spread += 2 * kMaxRows) {
    integers.keys.data[e] = integers_of(part, segment.columns[e], spread);
    integers.keys.factors[e] = -gammas_[e + 1];
  }
  if (segment.is_table) integers.numerators = integers_of(part, segment.numerators, spread);
}

void Leaves::combine(const Part& part, const PartIntegers& integers, const Target& target) const {
  const std::size_t count = (part.end - part.begin) / 2;
  const bool is_table = part.segment.is_table;
  const std::array<std::span<Fr>, 2> values = {std::span(target.even, count), std::span(target.odd, count)};
  const std::array<std::span<Fr>, 2> numerators = {std::span(target.even_numerators, count),
                                                   std::span(target.odd_numerators, count)};
  IntegerColumns sum = integers.keys;
  for (Fr& factor : std::span(sum.factors).first(sum.width)) factor *= target.scale;
  Fr base = target.scale * (alpha_ - Fr::from_u64(part.segment.tag));
  if (target.is_sum && !is_table) base += Fr::one();
  if (target.is_sum && is_table) {
    sum.data[sum.width] = integers.numerators;
    sum.factors[sum.width++] = -Fr::one();
  }
  for (const std::size_t parity : {std::size_t{0}, std::size_t{1}}) {
    const Fr sign = target.is_sum && parity == 0 ? -Fr::one() : Fr::one();
    combine_alternate(values[parity], base, sum, parity);
    if (is_table) {
      combine_alternate(numerators[parity], Fr::zero(), {1, {integers.numerators}, {-sign}}, parity);
    } else {
      std::fill(numerators[parity].begin(), numerators[parity].end(), sign);
    }
  }
}

// Filler between the runs.
void Leaves::fill_padding(const Part& part, const Target& target) {
  std::size_t position = part.begin;
  for (const Run& run : part.runs) {
    for (; position < run.position; ++position) target.set_filler(position - part.begin);
    position += run.length;
  }
  for (; position < part.end; ++position) target.set_filler(position - part.begin);
}

void Leaves::fill_part(const Part& part, const Target& target) const {
  PartIntegers integers;
  gather(part, integers);
  combine(part, integers, target);
  fill_padding(part, target);
}

Leaves::Part Leaves::part(const Segment& segment, std::size_t begin, std::size_t end) {
  const std::size_t from = std::max(begin, segment.first) - segment.first;
  const std::size_t to = std::min(end, segment.first + segment.size) - segment.first;
  return {segment, from, to, runs(segment, from, to)};
}

// The first segment that does not end before the leaf: they are in ascending order.
std::vector<Leaves::Segment>::const_iterator Leaves::segment_at(std::size_t leaf) const {
  return std::partition_point(segments_.begin(), segments_.end(),
                              [&](const Segment& s) { return s.first + s.size <= leaf; });
}

// Segments of two leaves or more begin at a row.
void Leaves::fill_mixed(std::size_t first, std::size_t count, const Target& target) const {
  const std::size_t begin = 2 * first;
  const std::size_t end = begin + 2 * count;
  std::size_t filled = begin;
  for (auto segment = segment_at(begin); segment != segments_.end() && segment->first < end; ++segment) {
    const Part inside = part(*segment, begin, end);
    filled = segment->first + inside.begin;
    const Target at = target.from((filled - begin) / 2);
    if (segment->size > 1 && !inside.runs.empty() && has_small_columns(*segment)) {
      fill_part(inside, at);
    } else {
      fill_part_singly(inside, filled % 2, at);
    }
    filled = segment->first + inside.end;
  }
  for (std::size_t leaf = filled - begin; leaf < 2 * count; ++leaf) target.set_filler(leaf);
}

std::optional<Leaves::AffineRows> Leaves::affine(std::size_t first, std::size_t count, const Fr& scale,
                                                 bool is_sum) const {
  const std::size_t begin = 2 * first;
  const auto segment = segment_at(begin);
  if (segment == segments_.end()) return AffineRows{scale, {}, Fr::zero()};
  if (segment->is_table || segment->first + segment->size < begin + 2 * count || !has_small_columns(*segment)) {
    return std::nullopt;
  }
  const Part inside = part(*segment, begin, begin + 2 * count);
  if (!inside.is_one_run()) return std::nullopt;
  AffineRows out{scale * (alpha_ - Fr::from_u64(segment->tag)), {}, Fr::one()};
  if (is_sum) out.base += Fr::one();
  out.columns.width = segment->columns.size();
  for (std::size_t e = 0; e < out.columns.width; ++e) {
    out.columns.data[e] = &segment->columns[e].integers[inside.runs[0].index];
    out.columns.factors[e] = -(scale * gammas_[e + 1]);
  }
  return out;
}

std::optional<Leaves::AffineRows> Leaves::affine_rows(std::size_t first, const Fr& lambda) const {
  return affine(first, kMaxRows, lambda, true);
}

std::optional<Leaves::AffineRows> Leaves::affine_denominators(std::size_t first) const {
  return affine(first, kMaxRows, Fr::one(), false);
}

bool Leaves::padded(std::size_t first, const Fr& scale, bool is_sum, PaddedRows& out) const {
  const std::size_t begin = 2 * first;
  const std::size_t end = begin + 2 * kMaxRows;
  const auto segment = segment_at(begin);
  out.values.fill(0);
  out.inside.fill(0);
  if (segment == segments_.end()) return true;
  if (segment->is_table || segment->columns.size() != 1) return false;
  if (segment->first + segment->size < end || !has_small_columns(*segment)) return false;
  out.base = scale * (alpha_ - Fr::from_u64(segment->tag));
  if (is_sum) out.base += Fr::one();
  out.factor = -(scale * gammas_[1]);
  const Part inside = part(*segment, begin, end);
  for (const Run& run : inside.runs) {
    std::copy_n(&segment->columns[0].integers[run.index], run.length, &out.values[run.position - inside.begin]);
    std::fill_n(&out.inside[run.position - inside.begin], run.length, 1);
  }
  return true;
}

bool Leaves::padded_rows(std::size_t first, const Fr& lambda, PaddedRows& out) const {
  return padded(first, lambda, true, out);
}

bool Leaves::padded_denominators(std::size_t first, PaddedRows& out) const {
  return padded(first, Fr::one(), false, out);
}

std::optional<Fr> Leaves::fill(std::size_t first, std::size_t count, const Target& target) const {
  VEIL_CHECK(count <= kMaxRows);
  const std::optional<AffineRows> rows = affine(first, count, target.scale, target.is_sum);
  if (!rows) {
    fill_mixed(first, count, target);
    return std::nullopt;
  }
  combine_alternate({target.even, count}, rows->base, rows->columns, 0);
  combine_alternate({target.odd, count}, rows->base, rows->columns, 1);
  return rows->numerator;
}

std::optional<Fr> Leaves::rows(std::size_t first, std::size_t count, const MutableFractions& out) const {
  return fill(first, count, {out.q0, out.q1, out.p0, out.p1, Fr::one(), false});
}

std::optional<Fr> Leaves::weighted_rows(std::size_t first, std::size_t count, const Fr& lambda,
                                        const MutableFractions& out) const {
  return fill(first, count, {out.p0, out.q1, out.p1, out.q0, lambda, true});
}

Fr Leaves::weighted_entry(std::size_t lookup, std::size_t entry, const AxisWeights& box) const {
  const Segment& segment = segments_[segment_of_lookup_[lookup]];
  const Column& column = segment.columns[entry];
  const std::span<const Weight> weights = std::span(box).first(segment.box_rank);
  return column.elements.empty() ? weighted_sum(column.integers, weights) : weighted_sum(column.elements, weights);
}

}  // namespace veil
