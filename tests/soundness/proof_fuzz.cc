// A valid proof with arbitrary changes: any change at all must be rejected, without a crash.
// The input is a list of (position, byte to xor); what is left over replaces the end of the proof.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "support/proving.h"

namespace {

struct Fixture {
  veil::testing::Setting setting;
  veil::Bytes proof;

  Fixture() {
    veil::testing::MlpOptions options;
    options.widths = {2, 1};
    const veil::testing::TestCircuit network = veil::testing::make_mlp(options);
    std::mt19937_64 random(1);
    setting = veil::testing::make_setting(veil::testing::prepare(network.circuit, 4),
                                          network.run(network.random_values(random, 3000)));
    proof = setting.prove();
    if (!veil::verify_argument(setting.statement(), proof).accepted()) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  veil::Bytes proof = fixture.proof;
  for (; size >= 3; data += 3, size -= 3) {
    const std::size_t at = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % proof.size();
    proof[at] ^= data[2];
  }
  if (size == 2) proof.resize(proof.size() - data[0]);
  if (size == 1) proof.push_back(data[0]);
  const bool accepted = veil::verify_argument(fixture.setting.statement(), proof).accepted();
  if (accepted != (proof == fixture.proof)) std::abort();
  return 0;
}
