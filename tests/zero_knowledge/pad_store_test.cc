// Pads and blinders (attacks 9): fork, kill, snapshot, two processes, frozen generator.
#include "prove/pad_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/random.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "prove/prover.h"
#include "support/mlp_circuit.h"
#include "support/places.h"

namespace veil::testing {
namespace {

void entropy(std::span<std::uint8_t> out) { fill_random(out); }
void frozen(std::span<std::uint8_t> out) { std::fill(out.begin(), out.end(), std::uint8_t{7}); }

MlpOptions tiny() {
  MlpOptions options;
  options.widths = {2, 2, 1};
  return options;
}

struct Ready {
  TestCircuit network;
  std::optional<Prover> prover;
  std::vector<std::vector<std::int64_t>> values;

  Ready() : network(make_mlp(tiny())) {
    std::mt19937_64 random(1);
    values = network.random_values(random, 3000);
    auto key = set_up_model(network.circuit, network.weights_of(values), {});
    EXPECT_TRUE(key.ok()) << (key.ok() ? "" : key.error().message);
    auto opened = Prover::open(std::move(key).value());
    EXPECT_TRUE(opened.ok());
    prover.emplace(std::move(opened).value());
  }

  Trace trace(std::int64_t first_input) const {
    auto given = values;
    given.back()[0] = first_input;
    return network.run(given);
  }
};

// The scalars of the argument; what comes before it (ids, public values) may well be equal in two proofs.
std::vector<Fr> scalars_of(const Prover& prover, const Bytes& proof) {
  std::vector<Fr> out;
  for (std::size_t at = proof.size() - prover.circuit().proof_size_bytes(); at + 32 <= proof.size(); at += 32) {
    const auto value = Fr::from_bytes(std::span<const std::uint8_t>(proof).subspan(at, 32));
    if (value) out.push_back(*value);
  }
  return out;
}

// Openings of two proofs that share pads and coins would be equal; unrelated pads give nothing.
bool share_pads(const Prover& prover, const Bytes& a, const Bytes& b) {
  const Places at(prover.circuit());
  const std::size_t begin = a.size() - prover.circuit().proof_size_bytes();
  const auto opened = [&](const Bytes& proof, std::size_t i) {
    return *Fr::from_bytes(std::span<const std::uint8_t>(proof).subspan(begin + 32 * at.opened_pad(i), 32));
  };
  // A third proof would be needed to know the pads; with two, equal openings or equal slots show the reuse.
  for (std::size_t i = 0; i < at.shape.num_opened; ++i) {
    if (opened(a, i) == opened(b, i)) return true;
  }
  const std::vector<Fr> in_a = scalars_of(prover, a);
  const std::vector<Fr> in_b = scalars_of(prover, b);
  std::set<std::array<std::uint8_t, 32>> seen;
  for (const Fr& value : in_a) seen.insert(value.to_bytes());
  for (const Fr& value : in_b) {
    if (seen.count(value.to_bytes()) != 0) return true;
  }
  return false;
}

TEST(PadStore, GivesEachPairOnce) {
  PadStore store(8, 4);
  store.fill(20, entropy);
  EXPECT_EQ(store.available(), 20u);
  std::atomic<int> claimed{0};
  std::set<std::array<std::uint8_t, 32>> first;
  std::mutex mutex;
  const auto work = [&] {
    while (auto pair = store.claim()) {
      ++claimed;
      const std::lock_guard<std::mutex> lock(mutex);
      EXPECT_TRUE(first.insert(pair->a.pads()[0].to_bytes()).second);
    }
  };
  std::thread one(work);
  std::thread two(work);
  one.join();
  two.join();
  EXPECT_EQ(claimed, 20);
  EXPECT_FALSE(store.claim());
  store.fill(3, entropy);
  EXPECT_EQ(store.available(), 3u);
}

// A warm process refills its store while other threads prove: no pair is given twice, none is lost.
TEST(PadStore, MayBeFilledWhileItIsEmptied) {
  PadStore store(8, 4);
  std::set<std::array<std::uint8_t, 32>> seen;
  std::mutex mutex;
  std::atomic<bool> filled{false};
  const auto work = [&] {
    while (!filled || store.available() > 0) {
      const auto pair = store.claim();
      if (!pair) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      EXPECT_TRUE(seen.insert(pair->a.pads()[0].to_bytes()).second);
    }
  };
  std::thread one(work);
  std::thread two(work);
  for (std::size_t round = 0; round < 40; ++round) store.fill(5, entropy);
  filled = true;
  one.join();
  two.join();
  EXPECT_GE(seen.size(), 5u);
  EXPECT_FALSE(store.claim());
}

TEST(PadStore, IsFilledToSoManyByAllTogether) {
  PadStore store(8, 4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { store.fill(8, entropy); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.available(), 8u);
}

// With a generator that always says the same, more than two proofs from one pair would be a system of equations for it.
TEST(PadStore, AFrozenGeneratorGivesDifferentPairs) {
  const Bytes secret{1, 2, 3};
  std::set<std::array<std::uint8_t, 32>> seen;
  for (const ByteView mixed : {ByteView(), ByteView(secret)}) {
    PadStore store(2, 2);
    store.fill(4, frozen, mixed);
    while (const auto pair = store.claim()) {
      EXPECT_TRUE(seen.insert(pair->a.pads()[0].to_bytes()).second);
      EXPECT_TRUE(seen.insert(pair->b.pads()[0].to_bytes()).second);
    }
  }
  EXPECT_EQ(seen.size(), 16u);
}

TEST(PadStore, CombinationsOpenTheirCommitments) {
  PadStore store(8, 4);
  store.fill(1, entropy);
  const auto pair = store.claim();
  const Pads pads = Pads::combine(pair->a, pair->b, Fr::from_u64(12345));
  ASSERT_EQ(pads.rows(), 3u);  // 8 slots and the error
  for (const bool masks : {false, true}) {
    const std::span<const Fr> values = masks ? pads.masks() : pads.pads();
    ASSERT_EQ(values.size(), 9u);
    for (std::size_t i = 0; i < 3; ++i) {
      const std::span<const Fr> one = values.subspan(4 * i, i == 2 ? 1 : 4);
      const Fr& blinder = (masks ? pads.masks_blinders() : pads.pads_blinders())[i];
      const G1 expected = msm(generators(one.size()), one) + G1(blinding_generator()) * blinder;
      EXPECT_TRUE(expected == G1((masks ? pads.masks_commitments() : pads.pads_commitments())[i]));
    }
  }
  const G1 row = msm(generators(4), pads.mask_row()) + G1(blinding_generator()) * pads.mask_row_blinder();
  EXPECT_TRUE(row == G1(pads.mask_row_commitment()));
}

// A forked child sees zeros where the parent's pads are, and its store is empty.
TEST(PadStore, IsWipedInAForkedChild) {
  PadStore store(8, 4);
  store.fill(2, entropy);
  const auto claimed = store.claim();
  ASSERT_TRUE(claimed);
  const pid_t child = fork();
  if (child == 0) {
    const bool safe = store.available() == 0 && !store.claim() && !claimed->a.intact() && !claimed->b.intact();
    _exit(safe ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(claimed->a.intact());
  EXPECT_EQ(store.available(), 1u);
}

// A killed process leaves nothing behind: pairs live in memory only, so a fresh store shares nothing with the old one.
TEST(PadStore, NothingSurvivesTheProcess) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    PadStore store(2, 2);
    store.fill(1, entropy);
    const auto bytes = store.claim()->a.pads()[0].to_bytes();
    if (write(pipe_ends[1], bytes.data(), bytes.size()) != 32) _exit(1);
    raise(SIGKILL);
  }
  std::array<std::uint8_t, 32> theirs{};
  ASSERT_EQ(read(pipe_ends[0], theirs.data(), theirs.size()), 32);
  waitpid(child, nullptr, 0);
  PadStore store(2, 2);
  store.fill(1, entropy);
  EXPECT_NE(store.claim()->a.pads()[0].to_bytes(), theirs);
}

// A snapshot of a machine restored twice: the same pair, the same frozen generator, two inputs. The combination's h
// depends on statement and row commitments, so the two sets of pads are unrelated.
TEST(Prover, AClonedMachineWithOnePairUsesTwoSetsOfPads) {
  Ready ready;
  ready.prover->set_entropy(frozen);
  std::vector<Bytes> proofs;
  for (const std::int64_t input : {100, 200}) {
    PadStore store(ready.prover->circuit().num_slots(), ready.prover->circuit().layout().columns());
    store.fill(1, frozen);  // the same pair both times
    const auto output = ready.prover->prove(ready.trace(input), as_bytes("context"), &store);
    ASSERT_TRUE(output.ok());
    proofs.push_back(output->proof);
  }
  EXPECT_FALSE(share_pads(*ready.prover, proofs[0], proofs[1]));
}

TEST(Prover, AFrozenGeneratorStillGivesEachStatementItsOwnPads) {
  Ready ready;
  ready.prover->set_entropy(frozen);
  const auto prove = [&](std::int64_t input, std::string_view context) {
    auto output = ready.prover->prove(ready.trace(input), as_bytes(context));
    EXPECT_TRUE(output.ok());
    return output->proof;
  };
  const Bytes base = prove(100, "context");
  EXPECT_FALSE(share_pads(*ready.prover, base, prove(101, "context")));
  EXPECT_FALSE(share_pads(*ready.prover, base, prove(100, "contexu")));
  EXPECT_EQ(base, prove(100, "context"));  // the very same statement and witness: the very same bytes, nothing new told
}

TEST(Prover, TwoProcessesWithOneKeyShareNothing) {
  Ready ready;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Bytes proof = ready.prover->prove(ready.trace(100), as_bytes("context"))->proof;
    std::size_t sent = 0;
    while (sent < proof.size()) {
      const ssize_t part = write(pipe_ends[1], proof.data() + sent, proof.size() - sent);
      if (part <= 0) _exit(1);
      sent += static_cast<std::size_t>(part);
    }
    _exit(0);
  }
  close(pipe_ends[1]);
  Bytes theirs;
  std::array<std::uint8_t, 4096> buffer{};
  for (ssize_t part = 0; (part = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
    theirs.insert(theirs.end(), buffer.begin(), buffer.begin() + part);
  }
  waitpid(child, nullptr, 0);
  const Bytes mine = ready.prover->prove(ready.trace(100), as_bytes("context"))->proof;
  ASSERT_EQ(mine.size(), theirs.size());
  EXPECT_FALSE(share_pads(*ready.prover, mine, theirs));
}

}  // namespace
}  // namespace veil::testing
