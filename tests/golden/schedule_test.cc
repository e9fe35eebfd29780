// The transcript's schedule as a golden file, and what its order must be (attacks 2, 3).
//
// VEIL_UPDATE_GOLDEN=1 rewrites the file; a change of it is a change of the protocol.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "argument/argue.h"
#include "checker/tagged.h"
#include "support/proving.h"

namespace veil::testing {
namespace {

TestCircuit small_network() {
  MlpOptions options;
  options.widths = {2, 2, 1};
  return make_mlp(options);
}

std::vector<std::string> schedule_of(const Setting& setting) {
  Transcript transcript;
  transcript.keep_schedule();
  EXPECT_TRUE(verify_argument(setting.statement(), setting.prove(), transcript).accepted());
  return transcript.schedule();
}

TEST(Schedule, IsTheGoldenOneAndTheSameForEveryWitness) {
  std::mt19937_64 random(1);
  const TestCircuit network = small_network();
  const auto circuit = prepare(network.circuit, 5);
  const std::string path = std::string(VEIL_SOURCE_DIR) + "/tests/golden/schedule.txt";
  for (const std::int64_t magnitude : {0, 100, 1 << 15}) {
    const Setting setting = make_setting(circuit, network.run(network.random_values(random, magnitude)));
    const std::vector<std::string> schedule = schedule_of(setting);
    if (std::getenv("VEIL_UPDATE_GOLDEN") != nullptr) {
      std::ofstream out(path);
      for (const std::string& line : schedule) out << line << "\n";
    }
    std::ifstream in(path);
    std::vector<std::string> golden;
    for (std::string line; std::getline(in, line);) golden.push_back(line);
    EXPECT_EQ(schedule, golden);
  }
}

std::size_t position(const std::vector<std::string>& schedule, const std::string& line) {
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    if (schedule[i] == line) return i;
  }
  ADD_FAILURE() << line << " is not in the schedule";
  return 0;
}

std::size_t last_with(const std::vector<std::string>& schedule, const std::string& prefix) {
  std::size_t last = 0;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    if (schedule[i].rfind(prefix, 0) == 0) last = i;
  }
  return last;
}

// statement; all rows; P, S, mask -> gamma, alpha -> rounds and leaf claims -> identity points, beta -> main rounds and
// ends -> column coefficients -> column rounds, z -> sigma2 -> rho -> cross, error, delta -> r -> opened pads -> theta
// -> rows -> blinder -> chi -> columns -> what is left
TEST(Schedule, DrawsEachCombinerAfterWhatItCombines) {
  std::mt19937_64 random(2);
  const TestCircuit network = small_network();
  const auto schedule =
      schedule_of(make_setting(prepare(network.circuit, 5), network.run(network.random_values(random, 100))));
  const auto at = [&](const std::string& line) { return position(schedule, line); };
  const auto before = [](std::size_t a, std::size_t b) { EXPECT_LT(a, b); };
  before(at("b version"), at("b circuit"));
  before(at("b context"), at("p row/0"));
  before(last_with(schedule, "p row/"), at("p pad/P/0"));
  before(at("p pad/mask"), at("c lookup/gamma"));
  before(at("c lookup/alpha"), at("s lookup/root/q"));
  before(last_with(schedule, "s lookup/"), at("c einsum/point/0"));
  before(last_with(schedule, "s leaf/"), at("c einsum/point/0"));
  before(last_with(schedule, "c einsum/point/"), at("c einsum/beta"));
  before(at("c einsum/beta"), at("s einsum/0/c0"));
  before(last_with(schedule, "s claim/"), at("c column/sigma"));
  before(last_with(schedule, "s column/z/"), at("c column/sigma2"));
  before(at("c column/sigma2"), at("c fold/rho"));
  before(at("c fold/rho"), at("s fold/cross"));
  before(at("s fold/cross"), at("s fold/error"));
  before(at("s fold/delta"), at("c fold/r"));
  before(at("c fold/r"), at("s open/pad"));
  before(last_with(schedule, "s open/pad"), at("c open/theta"));
  before(at("c open/theta"), at("s open/rows/0/low"));
  before(at("s open/rows/0/high"), at("c open/rows/0"));
  before(last_with(schedule, "c open/rows/"), at("s open/blinder"));
  before(at("s open/blinder"), at("c open/chi"));
  before(at("c open/chi"), at("p open/columns/0/low"));
  before(at("p open/columns/0/high"), at("c open/columns/0"));
  before(last_with(schedule, "c open/columns/"), at("s open/row"));
  before(last_with(schedule, "s open/"), at("c open/combine"));
  EXPECT_EQ(schedule.back(), "c open/combine");
  std::set<std::string> coins;
  for (const std::string& line : schedule) {
    if (line[0] != 'c') continue;
    EXPECT_TRUE(coins.insert(line).second) << line << " is drawn twice";
  }
}

// Every message depends on nothing later than itself, and each check is settled by the coins drawn after its messages.
TEST(Schedule, EveryCheckWaitsForItsMessages) {
  const TestCircuit network = small_network();
  const auto circuit = prepare(network.circuit, 5);
  Transcript transcript;
  Tagged checker(transcript);
  PublicValues zeros(network.circuit.tensors.size());
  zeros[network.output] = {0};
  const auto opening = argue(checker, circuit->circuit(), circuit->layout(), zeros);
  for (const auto& [name, round] : checker.checks()) EXPECT_LE(round, checker.rounds()) << name;
  EXPECT_LT(opening.value.last_round, checker.rounds());  // sigma2 is drawn after every z
}

// Attacks 2: a coin occurs once among the coordinates of one identity.
TEST(Schedule, AxesOfAnIdentityHaveTheirOwnCoordinates) {
  const Domain square{{4, 4, 8}, 3};
  NamedPoint point{"I", {}};
  for (std::uint64_t i = 1; i <= 7; ++i) point.coordinates.push_back(Fr::from_u64(i));
  EqWeights eq(point);
  std::set<std::array<std::uint8_t, 32>> used;
  for (const Weight& weight : box_weights(square, eq)) {
    for (const Fr& coin : weight.point) EXPECT_TRUE(used.insert(coin.to_bytes()).second);
  }
  EXPECT_EQ(used.size(), 7u);
}

}  // namespace
}  // namespace veil::testing
