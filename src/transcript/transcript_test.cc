#include "transcript/transcript.h"

#include <gtest/gtest.h>

namespace veil {
namespace {

TEST(Transcript, EveryPartOfAnAbsorbChangesTheChallenge) {
  const auto coin = [](std::string_view label, std::string_view data, std::string_view ask) {
    Transcript transcript;
    transcript.absorb_bytes(label, as_bytes(data));
    return transcript.challenge(ask);
  };
  const Fr base = coin("a", "b", "c");
  EXPECT_EQ(base, coin("a", "b", "c"));
  EXPECT_FALSE(base == coin("ab", "", "c"));  // lengths are absorbed
  EXPECT_FALSE(base == coin("", "ab", "c"));
  EXPECT_FALSE(base == coin("a", "b", "d"));
  Transcript scalar;
  scalar.absorb_scalar("a", Fr::one());
  Transcript point;
  point.absorb_point("a", Fr::one().to_bytes());
  EXPECT_FALSE(scalar.challenge("c") == point.challenge("c"));  // kinds are absorbed
}

TEST(Transcript, ChallengesFormAChain) {
  Transcript a;
  Transcript b;
  const Fr first = a.challenge("x");
  EXPECT_EQ(first, b.challenge("x"));
  EXPECT_FALSE(a.challenge("x") == first);
  b.absorb_bytes("y", {});
  EXPECT_FALSE(a.challenge("x") == b.challenge("x"));
}

}  // namespace
}  // namespace veil
