// veil verify: the whole check of a proof, and what it says.
#include <fmt/core.h>

#include <optional>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/files.h"
#include "cli/statement_text.h"
#include "prove/stopwatch.h"
#include "verify/proof.h"

namespace veil::cli {

namespace {

Result<std::optional<Digest>> pinned_id(const std::optional<std::string>& text) {
  if (!text) return std::optional<Digest>{};
  const auto bytes = from_hex(*text);
  Digest id{};
  if (!bytes || bytes->size() != id.size())
    return Error{"--model-id takes 64 hex digits, as `veil inspect` prints it."};
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return std::optional<Digest>{id};
}

Json timing_json(const Timing& load, const Timing& check) {
  return Json{{"cpu_ms", check.cpu_ms}, {"wall_ms", check.wall_ms}, {"load_ms", load.wall_ms}};
}

Outcome rejected(const Verdict& verdict, const Timing& load, const Timing& check) {
  Outcome out;
  out.exit_code = ExitCode::kRejected;
  out.json =
      Json{{"accepted", false}, {"reason", verdict.name()}, {"detail", verdict.detail()}, {"statement", nullptr}};
  out.json.update(timing_json(load, check));
  out.text = fmt::format("REJECTED: {}{}\n", verdict.name(),
                         verdict.detail().empty() ? "" : " (" + printable(verdict.detail()) + ")");
  return out;
}

}  // namespace

Result<Outcome> run_verify(const VerifyArguments& arguments) {
  Stopwatch watch;
  VEIL_TRY(expected_id, pinned_id(arguments.model_id));
  VEIL_TRY(file, load_verifier_file(arguments.verifier));
  VEIL_TRY(proof, load_proof(arguments.proof));
  const VerifiedModel::Checked checked = VerifiedModel::check(std::move(file.model), expected_id);
  const Timing load = watch.lap();
  if (!checked.verdict.accepted()) return rejected(checked.verdict, load, {});

  Expected expected;
  expected.context = as_bytes(arguments.context);
  const Verification verification = verify(*checked.model, expected, proof);
  const Timing check = watch.lap();
  if (!verification.verdict.accepted()) return rejected(verification.verdict, load, check);

  Outcome out;
  const VerifiedModel& model = *checked.model;
  out.json = Json{{"accepted", true},
                  {"reason", nullptr},
                  {"statement", statement_json(model, verification.public_values, arguments.context)}};
  out.json.update(timing_json(load, check));
  out.json["proof_bytes"] = proof.size();
  out.text = fmt::format("ACCEPTED\n{}  checked    in {:.1f} ms ({}), and the key in {:.1f} ms\n",
                         statement_text(model, verification.public_values, arguments.context), check.wall_ms,
                         size_text(proof.size()), load.wall_ms);
  return out;
}

}  // namespace veil::cli
