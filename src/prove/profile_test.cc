#include "prove/profile.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

// Uses the processor for a while that both clocks see.
void work() {
  volatile unsigned sink = 0;
  for (unsigned i = 0; i < 300000; ++i) sink = sink + i;
}

TEST(Profile, PhasesKeepTheirOrderAndAddUp) {
  Profile profile;
  for (const char* name : {"first", "second", "second", "first", "third"}) {
    profile.enter(name);
    work();
  }
  profile.stop();
  ASSERT_EQ(profile.phases().size(), 3u);
  Timing sum;
  for (const PhaseTime& phase : profile.phases()) {
    EXPECT_GT(phase.time.cpu_ms, 0.0) << phase.name;
    sum += phase.time;
  }
  EXPECT_EQ(profile.phases()[0].name, "first");
  EXPECT_EQ(profile.phases()[2].name, "third");
  EXPECT_DOUBLE_EQ(sum.cpu_ms, profile.total().cpu_ms);
}

TEST(Profile, TimeOutsideOfPhasesIsNobodys) {
  Profile profile;
  work();
  EXPECT_TRUE(profile.phases().empty());
  profile.enter("only");
  profile.stop();
  const double before = profile.total().cpu_ms;
  work();
  profile.stop();
  EXPECT_EQ(profile.total().cpu_ms, before);
}

TEST(Profile, NobodyAsked) { enter_phase(nullptr, "anything"); }

}  // namespace
}  // namespace veil
