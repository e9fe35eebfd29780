#include "parallel/parallel.h"

#include <gtest/gtest.h>

#include <numeric>

namespace veil {
namespace {

TEST(Parallel, RangesCoverEveryItemOnceWhateverTheThreads) {
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    set_num_threads(threads);
#if VEIL_THREADS
    EXPECT_EQ(num_threads(), threads);
#else
    EXPECT_EQ(num_threads(), 1u);
#endif
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{1001}}) {
      for (const std::size_t grain : {std::size_t{1}, std::size_t{8}, std::size_t{100}, std::size_t{5000}}) {
        std::vector<int> seen(count);
        for_ranges(count, grain, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) ++seen[i];
        });
        EXPECT_EQ(seen, std::vector<int>(count, 1)) << count << " " << grain;
        const auto sum = sum_ranges<std::size_t>(count, grain, [&](std::size_t begin, std::size_t end) {
          std::size_t part = 0;
          for (std::size_t i = begin; i < end; ++i) part += i;
          return part;
        });
        EXPECT_EQ(sum, count * (count - (count == 0 ? 0 : 1)) / 2);
      }
    }
  }
}

#if VEIL_THREADS
TEST(Parallel, SmallWorkStaysInOnePiece) {
  set_num_threads(4);
  EXPECT_EQ(num_ranges(100, 51), 1u);
  EXPECT_EQ(num_ranges(100, 50), 2u);
  EXPECT_EQ(num_ranges(1 << 20, 1), 16u);
}
#endif

}  // namespace
}  // namespace veil
