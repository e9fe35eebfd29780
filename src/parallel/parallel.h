// Work shared between the threads of the process, by oneTBB; one after the other where Veil is built without it
// (VEIL_THREADS). What is computed never depends on how many there are: work is cut into ranges, results are exact, and
// a range knows nothing of its thread.
#pragma once

#if VEIL_THREADS
#include <tbb/parallel_for.h>
#endif

#include <algorithm>
#include <cstddef>
#include <vector>

namespace veil {

// At most so many threads from now on, at least one. Before the first call: as many as the machine has.
void set_num_threads(std::size_t count);
std::size_t num_threads();

// How many ranges to cut `count` items into, none smaller than `grain` but the only one. More than there are threads,
// as they are not equally fast.
inline std::size_t num_ranges(std::size_t count, std::size_t grain) {
  constexpr std::size_t kRangesAThread = 4;
  const std::size_t threads = num_threads();
  if (threads == 1 || count < 2 * grain) return 1;
  return std::min(count / grain, kRangesAThread * threads);
}

// Where a range begins; all but the first at multiples of `step`.
inline std::size_t range_begin(std::size_t range, std::size_t ranges, std::size_t count, std::size_t step) {
  return range == ranges ? count : range * count / ranges / step * step;
}

// work(range) for every range, on any thread.
template <class Work>
void for_each_range(std::size_t ranges, const Work& work) {
#if VEIL_THREADS
  tbb::parallel_for(std::size_t{0}, ranges, work);
#else
  for (std::size_t range = 0; range < ranges; ++range) work(range);
#endif
}

// work(begin, end) for ranges that make up 0 .. count - 1, beginning at multiples of `step`.
template <class Work>
void for_ranges_of(std::size_t count, std::size_t grain, std::size_t step, const Work& work) {
  const std::size_t ranges = num_ranges(count, grain);
  if (ranges == 1) {
    if (count != 0) work(std::size_t{0}, count);
    return;
  }
  for_each_range(ranges, [&](std::size_t range) {
    work(range_begin(range, ranges, count, step), range_begin(range + 1, ranges, count, step));
  });
}

// The steps of kernels over arrays: eight elements.
inline constexpr std::size_t kArrayStep = 8;

// For arrays: ranges begin at whole steps of kernels, unless they are smaller than one.
template <class Work>
void for_ranges(std::size_t count, std::size_t grain, const Work& work) {
  for_ranges_of(count, grain, grain < kArrayStep ? 1 : kArrayStep, work);
}

// The sum of work(begin, end) over ranges that begin at multiples of `step`; Value needs += and a default that is zero.
template <class Value, class Work>
Value sum_ranges_of(std::size_t count, std::size_t grain, std::size_t step, const Work& work) {
  const std::size_t ranges = num_ranges(count, grain);
  if (ranges == 1) return work(std::size_t{0}, count);
  std::vector<Value> parts(ranges);
  for_each_range(ranges, [&](std::size_t range) {
    parts[range] = work(range_begin(range, ranges, count, step), range_begin(range + 1, ranges, count, step));
  });
  Value out{};
  for (const Value& part : parts) out += part;
  return out;
}
template <class Value, class Work>
Value sum_ranges(std::size_t count, std::size_t grain, const Work& work) {
  return sum_ranges_of<Value>(count, grain, kArrayStep, work);
}

}  // namespace veil
