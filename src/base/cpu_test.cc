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

TEST(Cpu, WhatIsMissingDecidesWhatIsDetected) {
  EXPECT_TRUE(missing_for(CpuLevel::kPortable).empty());
  for (const CpuLevel level : {CpuLevel::kAdx, CpuLevel::kIfma}) {
    EXPECT_EQ(missing_for(level).empty(), level <= detect_cpu_level()) << cpu_level_name(level);
  }
}

}  // namespace
}  // namespace veil
