// A view of a tensor along one axis of a constraint at a time: what the evaluation of forms is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/integer_array.h"
#include "circuit/trace.h"

namespace veil {

// coefficient * view as data, a first entry and one stride for each axis of the constraint.
struct ViewCursor {
  std::int64_t coefficient = 1;
  IntegerView data;  // empty: the constant 1
  std::int64_t base = 0;
  std::vector<std::int64_t> strides;
  bool bounded = true;  // never outside its tensor
  const View* view = nullptr;
  const Shape* shape = nullptr;
};

ViewCursor make_cursor(const Circuit& circuit, const Trace& trace, const Domain& domain, const LinearTerm& term);

// Entries first + stride j of `data` for begin <= j < end; elsewhere the view reads zero. No data: ones.
struct ViewRun {
  IntegerView data;
  std::int64_t first = 0;
  std::int64_t stride = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// The run along `axis` (of `length` entries; no axis: one entry) at an index of the other axes; `flat`: the cursor's
// entry where axis = 0.
ViewRun run_along(const ViewCursor& cursor, const std::vector<std::int64_t>& index, const std::optional<AxisId>& axis,
                  std::int64_t length, std::int64_t flat);

// A list of integers, or one that stands for all of them (stride 0).
template <class Sum>
struct Row {
  const Sum* entries = nullptr;
  std::int64_t stride = 1;  // 0 or 1
};

// out[j * out_stride] += factor * row[j] * run[j]; with out_stride 0 the sum over j. Sums must fit `Sum`,
// or `Sum` is unsigned and they are taken modulo its size.
template <class Sum>
void add_run(const ViewRun& run, Sum factor, const Row<Sum>& row, Sum* out, std::int64_t out_stride) {
  const Sum scale = row.stride == 0 ? factor * row.entries[0] : factor;
  if (scale == 0) return;
  const auto add_each = [&](auto entry) {
    if (out_stride == 0) {
      Sum sum = 0;
      for (std::int64_t j = run.begin; j < run.end; ++j) sum += entry(j);
      *out += scale * sum;
    } else if (out_stride == 1) {  // a loop that compilers make vectors of
      for (std::int64_t j = run.begin; j < run.end; ++j) out[j] += scale * entry(j);
    } else {
      for (std::int64_t j = run.begin; j < run.end; ++j) out[j * out_stride] += scale * entry(j);
    }
  };
  const auto add_times_row = [&](auto entry) {
    if (row.stride == 0) return add_each(entry);
    add_each([entry, entries = row.entries](std::int64_t j) { return entries[j] * entry(j); });
  };
  if (run.data.empty()) return add_times_row([](std::int64_t) { return Sum{1}; });
  run.data.visit([&](const auto* entries) {
    const auto* start = entries + run.first;
    if (run.stride == 1) return add_times_row([start](std::int64_t j) { return static_cast<Sum>(start[j]); });
    add_times_row([start, stride = run.stride](std::int64_t j) { return static_cast<Sum>(start[j * stride]); });
  });
}

}  // namespace veil
