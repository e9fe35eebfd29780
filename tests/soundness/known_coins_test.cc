// What each coin of the text protects: where it is known beforehand, the messages before it can be false together so
// that everything after it holds; under the hash the same lies change the coin.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/forged_case.h"

namespace veil::testing {
namespace {

// The slots that are sent between the coin before this one and this one.
std::vector<std::size_t> slots_before(const std::vector<std::string>& schedule, const std::string& coin) {
  std::vector<std::size_t> out;
  auto at = std::find(schedule.begin(), schedule.end(), "p pad/mask");
  for (std::size_t slot = 0; at != schedule.end() && *at != "c " + coin; ++at) {
    if ((*at)[0] == 'c') out.clear();
    if ((*at)[0] == 's') out.push_back(slot++);
  }
  return out;
}

using Lies = std::vector<std::pair<std::size_t, Fr>>;  // slot, difference

void tell(Forger& forger, const Lies& lies) {
  forger.answer = [&lies](std::size_t at, const Fr& value) {
    const auto lie = std::find_if(lies.begin(), lies.end(), [at](const auto& one) { return one.first == at; });
    return lie == lies.end() ? value : value + lie->second;
  };
}

std::vector<Fr> residues_of(const Case& with, ChallengeOracle* oracle, const Lies& lies) {
  Forger forger(with.honest, with.values, oracle);
  tell(forger, lies);
  forger.prove();
  return forger.residues();
}

// A combination of the columns that is zero, if there is one: elimination on at most a few of them.
std::vector<Fr> dependency(std::vector<std::vector<Fr>> columns) {
  std::vector<std::vector<Fr>> combination;  // what each column is made of
  for (std::size_t i = 0; i < columns.size(); ++i) {
    combination.emplace_back(columns.size());
    combination[i][i] = Fr::one();
    for (std::size_t j = 0; j < i; ++j) {
      const auto pivot = std::find_if(columns[j].begin(), columns[j].end(), [](const Fr& x) { return !x.is_zero(); });
      const auto row = static_cast<std::size_t>(pivot - columns[j].begin());
      const Fr factor = columns[i][row] * pivot->inverse();
      for (std::size_t k = 0; k < columns[i].size(); ++k) columns[i][k] -= factor * columns[j][k];
      for (std::size_t k = 0; k < columns.size(); ++k) combination[i][k] -= factor * combination[j][k];
    }
    if (std::all_of(columns[i].begin(), columns[i].end(), [](const Fr& x) { return x.is_zero(); })) {
      return combination[i];
    }
  }
  return {};
}

bool all_zero(const std::vector<Fr>& values) {
  return std::all_of(values.begin(), values.end(), [](const Fr& x) { return x.is_zero(); });
}

// Up to `most` of these slots that can lie together under the oracle's coins; none if no such set was found.
Lies find_lies(const Case& with, ChallengeOracle* oracle, const std::vector<std::size_t>& slots, std::size_t most) {
  std::mt19937_64 random(40);
  for (int attempt = 0; attempt < 40; ++attempt) {
    std::vector<std::size_t> some = slots;
    std::shuffle(some.begin(), some.end(), random);
    some.resize(std::min(some.size(), most));
    std::vector<std::vector<Fr>> effects;
    for (const std::size_t slot : some) effects.push_back(residues_of(with, oracle, {{slot, Fr::one()}}));
    const std::vector<Fr> factors = dependency(effects);
    Lies lies;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (!factors[i].is_zero()) lies.emplace_back(some[i], factors[i]);
    }
    // Two factors of one product are no linear matter.
    if (!lies.empty() && all_zero(residues_of(with, oracle, lies))) return lies;
    if (slots.size() <= most) return {};
  }
  return {};
}

// Whether lies were found that this coin alone stands against.
bool is_protected(const Case& with, const Forger& honest, const std::string& coin) {
  CoinsOfARun coins(honest.coins());  // which are those of the hash, as long as nothing is changed
  const Lies lies = find_lies(with, &coins, slots_before(honest.schedule(), coin), 3);
  if (lies.empty()) return false;
  Forger knowing(with.honest, with.values, &coins);
  tell(knowing, lies);
  EXPECT_EQ(knowing.verdict(), "") << coin;
  Forger adapting(with.honest, with.values, nullptr);
  tell(adapting, lies);
  EXPECT_EQ(adapting.verdict(), "open/rows") << coin;
  return true;
}

// mu is not among them: its four messages stand in a product, so no lies of theirs add up.
TEST(KnownCoin, RoundsAndCombinersProtectWhatWasSentBeforeThem) {
  const Case with(5);
  Forger honest(with.honest, with.values, nullptr);
  ASSERT_EQ(honest.verdict(), "");
  for (const char* const coin : {"lookup/1/0", "lookup/5/0", "lookup/5/4", "lookup/9/8", "einsum/0", "column/sigma",
                                 "column/0", "column/1", "column/4", "column/sigma2"}) {
    ASSERT_EQ(honest.coins().count(coin), 1u) << coin;
    EXPECT_TRUE(is_protected(with, honest, coin)) << coin;
  }
}

}  // namespace
}  // namespace veil::testing
