#include "base/cpu.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

TEST(Cpu, ForcedLevelIsTakenWhenTheMachineCanRunIt) {
  EXPECT_EQ(choose_cpu_level("portable", CpuLevel::kIfma), CpuLevel::kPortable);
  EXPECT_EQ(choose_cpu_level("adx", CpuLevel::kIfma), CpuLevel::kAdx);
  EXPECT_EQ(choose_cpu_level("ifma", CpuLevel::kIfma), CpuLevel::kIfma);
}

TEST(Cpu, OtherwiseDetectionDecides) {
  EXPECT_EQ(choose_cpu_level("ifma", CpuLevel::kAdx), CpuLevel::kAdx);
  EXPECT_EQ(choose_cpu_level("adx", CpuLevel::kPortable), CpuLevel::kPortable);
  EXPECT_EQ(choose_cpu_level("", CpuLevel::kAdx), CpuLevel::kAdx);
  EXPECT_EQ(choose_cpu_level("avx9", CpuLevel::kAdx), CpuLevel::kAdx);
  EXPECT_LE(kCpuLevel, detect_cpu_level());
  EXPECT_EQ(kUseAdx, kCpuLevel >= CpuLevel::kAdx);
}

}  // namespace
}  // namespace veil
