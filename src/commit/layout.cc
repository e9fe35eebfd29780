#include "commit/layout.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "field/arrays.h"
#include "poly/eq.h"

namespace veil {

namespace {

unsigned total_bits(const std::vector<unsigned>& bits) { return std::accumulate(bits.begin(), bits.end(), 0u); }

std::vector<unsigned> axis_bits(const Shape& shape) {
  std::vector<unsigned> bits;
  for (const std::int64_t length : shape) bits.push_back(log2_ceil(static_cast<std::size_t>(length)));
  return bits;
}

}  // namespace

bool layout_fits(const Circuit& circuit, unsigned log_columns) {
  std::size_t cells = 0;
  for (const Tensor& tensor : circuit.tensors) {
    unsigned bits = total_bits(axis_bits(tensor.shape));
    if (bits > 40) return false;
    cells += std::size_t{1} << std::max(bits, log_columns);
    if (cells > kMaxMatrixCells) return false;
  }
  return true;
}

RowLayout::RowLayout(const Circuit& circuit, unsigned log_columns) : log_columns_(log_columns) {
  places_.resize(circuit.tensors.size());
  for (const Tensor& tensor : circuit.tensors) {
    shapes_.push_back(tensor.shape);
    owners_.push_back(tensor.owner);
  }
  std::size_t row = 0;
  for (const Owner owner : {Owner::kModel, Owner::kInput, Owner::kWitness}) {
    const std::size_t first = row;
    std::vector<TensorId> small;
    for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
      if (circuit.tensors[id].owner != owner) continue;
      if (total_bits(axis_bits(shapes_[id])) < log_columns) {
        small.push_back(id);
      } else {
        place_whole_rows(id, row);
      }
    }
    place_small(std::move(small), row);
    rows_[static_cast<std::size_t>(owner)] = RowRange{first, row - first};
  }
  total_rows_ = row;
}

void RowLayout::place_whole_rows(TensorId tensor, std::size_t& row) {
  const Shape& shape = shapes_[tensor];
  Place place;
  place.row = row;
  place.bits = axis_bits(shape);
  unsigned left = log_columns_;
  std::size_t cut = shape.size();
  while (left > 0 && cut > 0 && place.bits[cut - 1] <= left) left -= place.bits[--cut];
  if (!shape.empty()) {
    if (left > 0 || cut == shape.size()) {
      place.cut = cut - 1;
      place.low_bits = left;
    } else {
      place.cut = cut;
      place.low_bits = place.bits[cut];
    }
  }
  places_[tensor] = place;
  row += row_count(tensor);
}

void RowLayout::place_small(std::vector<TensorId> tensors, std::size_t& row) {
  std::stable_sort(tensors.begin(), tensors.end(), [this](TensorId a, TensorId b) {
    return total_bits(axis_bits(shapes_[a])) > total_bits(axis_bits(shapes_[b]));
  });
  std::size_t column = columns();  // full: the first small tensor opens a row
  for (const TensorId tensor : tensors) {
    Place place;
    place.bits = axis_bits(shapes_[tensor]);
    const std::size_t width = std::size_t{1} << total_bits(place.bits);
    if (column + width > columns()) {
      ++row;
      column = 0;
    }
    place.row = row - 1;
    place.offset = column;
    place.low_bits = place.bits.empty() ? 0 : place.bits[0];
    column += width;
    places_[tensor] = place;
  }
}

std::size_t RowLayout::chunks(TensorId tensor) const {
  const Place& place = *places_[tensor];
  if (shapes_[tensor].empty()) return 1;
  const auto length = static_cast<std::size_t>(shapes_[tensor][place.cut]);
  return (length + (std::size_t{1} << place.low_bits) - 1) >> place.low_bits;
}

// The lengths whose product is the tensor's number of rows: the axes before the cut, then the chunks of the cut axis.
std::vector<std::size_t> RowLayout::row_lengths(TensorId tensor) const {
  std::vector<std::size_t> lengths;
  for (std::size_t d = 0; d < places_[tensor]->cut; ++d)
    lengths.push_back(static_cast<std::size_t>(shapes_[tensor][d]));
  lengths.push_back(chunks(tensor));
  return lengths;
}

std::size_t RowLayout::row_count(TensorId tensor) const {
  std::size_t count = 1;
  for (const std::size_t length : row_lengths(tensor)) count *= length;
  return count;
}

RowLayout::Cost RowLayout::cost(TensorId tensor, bool plain) const {
  return {row_count(tensor), plain ? 2 : chunks(tensor)};
}

std::optional<std::size_t> RowLayout::cut_axis(TensorId tensor) const {
  if (shapes_[tensor].empty()) return std::nullopt;
  return places_[tensor]->cut;
}

RowLayout::Cell RowLayout::cell(TensorId tensor, std::span<const std::int64_t> index) const {
  const Place& place = *places_[tensor];
  if (index.empty()) return {place.row, place.offset};
  const auto at = [&](std::size_t d) { return static_cast<std::size_t>(index[d]); };
  std::size_t row = 0;
  for (std::size_t d = 0; d < place.cut; ++d) row = row * static_cast<std::size_t>(shapes_[tensor][d]) + at(d);
  row = row * chunks(tensor) + (at(place.cut) >> place.low_bits);
  std::size_t column = at(place.cut) & ((std::size_t{1} << place.low_bits) - 1);
  for (std::size_t d = place.cut + 1; d < index.size(); ++d) column = column << place.bits[d] | at(d);
  return {place.row + row, place.offset + column};
}

// Entries that differ in the last axis only lie side by side: that axis is either within the column part, or it is cut
// and goes on in the next row.
void RowLayout::store(TensorId tensor, const IntegerView& values, RowMatrixBuilder& out) const {
  const Shape& shape = shapes_[tensor];
  std::vector<std::int64_t> index(shape.size(), 0);
  const std::size_t run = shape.empty() ? 1 : static_cast<std::size_t>(shape.back());
  for (std::size_t at = 0; at < values.size(); at += run) {
    const Cell place = cell(tensor, index);
    out.store(place.row, place.column, values.part(at, run));
    for (std::size_t d = shape.size() - std::min<std::size_t>(shape.size(), 1); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

RowMatrix RowLayout::matrix(const Trace& trace, Owner owner) const {
  const RowRange& rows = rows_[static_cast<std::size_t>(owner)];
  std::vector<IntegerWidth> widths(rows.count, IntegerWidth::k8);
  const auto for_each_tensor = [&](const auto& visit) {
    for (TensorId id = 0; id < places_.size(); ++id) {
      if (!places_[id] || owners_[id] != owner) continue;
      const IntegerView values = trace.tensor(id);
      VEIL_CHECK(static_cast<std::int64_t>(values.size()) == shape_size(shapes_[id]));
      visit(id, values);
    }
  };
  for_each_tensor([&](TensorId id, const IntegerView& values) {
    const IntegerWidth width = values.narrowest_width();
    for (std::size_t i = 0; i < row_count(id); ++i) {
      IntegerWidth& row = widths[places_[id]->row - rows.first + i];
      row = std::max(row, width);
    }
  });
  RowMatrixBuilder out(columns(), rows.first, widths);
  for_each_tensor([&](TensorId id, const IntegerView& values) { store(id, values, out); });
  return std::move(out).finish();
}

RowMatrix RowLayout::matrix(const Trace& trace) const {
  RowMatrix out = matrix(trace, Owner::kModel);
  out.append(matrix(trace, Owner::kInput));
  out.append(matrix(trace, Owner::kWitness));
  return out;
}

namespace {

// Product of vectors, first slowest: out[i * size(b) + j] = a[i] b[j]. `a` begins as {1}.
std::vector<Fr> outer(const std::vector<Fr>& a, const std::vector<Fr>& b) {
  if (a.size() == 1 && a[0] == Fr::one()) return b;
  std::vector<Fr> out;
  out.reserve(a.size() * b.size());
  for (const Fr& x : a) {
    for (const Fr& y : b) out.push_back(x * y);
  }
  return out;
}

// How the weights of the cut axis split: for each part, weights by chunk (first chunk, values) and weights within one.
struct CutPart {
  std::size_t first_chunk;
  std::vector<Fr> up;
  std::vector<Fr> down;
  std::string key;
};

std::vector<CutPart> split_cut(const Weight& weight, std::size_t length, unsigned low_bits, std::size_t chunk_count) {
  if (chunk_count == 1) return {{0, {Fr::one()}, weight.values, weight.key}};
  if (low_bits == 0) return {{0, weight.values, {Fr::one()}, "."}};
  const std::size_t width = std::size_t{1} << low_bits;
  std::vector<CutPart> parts;
  if (weight.is_eq) {  // truncated eq: whole chunks x full eq, last chunk x truncated eq
    const std::span<const Fr> point(weight.point);
    const std::vector<Fr> high = eq_table(point.first(point.size() - low_bits), chunk_count);
    const std::vector<Fr> low = eq_table(point.last(low_bits), width);
    const std::size_t whole = length >> low_bits;
    const std::size_t rest = length & (width - 1);
    const auto middle = high.begin() + static_cast<std::ptrdiff_t>(whole);
    parts.push_back({0, std::vector<Fr>(high.begin(), middle), low, weight.key + "/low"});
    if (rest != 0) {
      const auto end = low.begin() + static_cast<std::ptrdiff_t>(rest);
      parts.push_back({whole, {high[whole]}, std::vector<Fr>(low.begin(), end), weight.key + "/rest"});
    }
    return parts;
  }
  for (std::size_t chunk = 0; chunk < chunk_count; ++chunk) {  // dense weights: one part a chunk
    const std::size_t begin = chunk * width;
    const std::size_t end = std::min(length, begin + width);
    const std::vector<Fr> down(weight.values.begin() + static_cast<std::ptrdiff_t>(begin),
                               weight.values.begin() + static_cast<std::ptrdiff_t>(end));
    parts.push_back({chunk, {Fr::one()}, down, weight.key + "/" + std::to_string(chunk)});
  }
  return parts;
}

}  // namespace

void WeightPart::add_columns(std::span<Fr> columns, const Fr& factor) const {
  std::vector<Fr> inner{Fr::one()};
  for (const SharedVector& axis : low) {
    std::vector<Fr> padded = axis;
    padded.resize(std::size_t{1} << log2_ceil(axis.size()));
    inner = outer(inner, padded);
  }
  const std::span<Fr> mine = columns.subspan(first_column, high.size() * inner.size());
  if (inner.size() == 1) return axpy(mine, factor * inner[0], high);
  for (std::size_t i = 0; i < high.size(); ++i) {
    axpy(mine.subspan(i * inner.size(), inner.size()), factor * high[i], inner);
  }
}

const std::vector<Fr>& ColumnPoint::table(std::size_t first, std::size_t count) {
  const auto [position, added] = tables_.try_emplace({first, count});
  if (added) position->second = eq_table(point_.subspan(first, count));
  return position->second;
}

// The columns of a part lie in a block of a power of two, aligned to its size: the bits of a column are those of the
// block, of `high` and of each axis of `low`.
Fr ColumnPoint::weigh(const WeightPart& part) {
  std::size_t at = point_.size();
  Fr product = Fr::one();
  const auto weigh_axis = [&](const std::vector<Fr>& weights) {
    const std::size_t bits = log2_ceil(weights.size());
    VEIL_CHECK(bits <= at);
    at -= bits;
    product *= inner_product(weights, std::span(table(at, bits)).first(weights.size()));
  };
  for (std::size_t axis = part.low.size(); axis-- > 0;) weigh_axis(part.low[axis]);
  weigh_axis(part.high);
  const std::size_t bits = point_.size() - at;
  VEIL_CHECK(part.first_column % (std::size_t{1} << bits) == 0);
  return product * table(0, at)[part.first_column >> bits];
}

std::vector<WeightPart> RowLayout::parts(TensorId tensor, std::span<const Weight> weights) const {
  const Place& place = *places_[tensor];
  const Shape& shape = shapes_[tensor];
  VEIL_CHECK(weights.size() == shape.size());
  if (shape.empty()) return {WeightPart{{{place.row, Fr::one()}}, place.offset, {Fr::one()}, {}, "scalar"}};
  std::vector<Fr> lead{Fr::one()};
  for (std::size_t d = 0; d < place.cut; ++d) lead = outer(lead, weights[d].values);
  std::vector<SharedVector> tail;
  std::string tail_key;
  for (std::size_t d = place.cut + 1; d < shape.size(); ++d) {
    tail.push_back(weights[d].values);
    tail_key += "|" + weights[d].key;
  }
  const std::size_t chunk_count = chunks(tensor);
  std::vector<WeightPart> out;
  const auto length = static_cast<std::size_t>(shape[place.cut]);
  for (CutPart& part : split_cut(weights[place.cut], length, place.low_bits, chunk_count)) {
    WeightPart claim_part;
    claim_part.first_column = place.offset;
    claim_part.high = std::move(part.down);
    claim_part.low = tail;
    claim_part.column_key = std::to_string(place.offset) + "|" + part.key + tail_key;
    for (std::size_t i = 0; i < lead.size(); ++i) {
      for (std::size_t k = 0; k < part.up.size(); ++k) {
        const std::size_t row = place.row + i * chunk_count + part.first_chunk + k;
        claim_part.rows.emplace_back(row, lead[i] * part.up[k]);
      }
    }
    out.push_back(std::move(claim_part));
  }
  return out;
}

}  // namespace veil
