#include "service/self_check.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

TEST(SelfTest, EverythingIsRightOnThisMachine) {
  const std::vector<SelfTest> tests = run_self_tests();
  EXPECT_EQ(tests.size(), 5U);
  for (const SelfTest& test : tests) EXPECT_EQ(test.failure, "") << test.name;
}

}  // namespace
}  // namespace veil
