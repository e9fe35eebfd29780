// The commands, one file each: arguments in, outcome or sentence out. arguments.cc reads the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.h"
#include "onnx/pad_trees.h"
#include "quant/quantise.h"

namespace veil::cli {

struct SetupArguments {
  std::string model, calibrate, out, claim;
  std::string visibility = "hidden";     // or "public"
  std::string profile;                   // empty: none
  std::string bits = "auto";             // or "8", "12", "16"
  double tolerance = kDefaultTolerance;  // of a revealed output
  std::optional<std::string> output, labels;
  std::vector<std::string> dims, classes;
  TreePadding padding;         // of the ensemble's size
  std::int64_t batch = 1;      // rows that one proof is about
  bool without_model = false;  // the model file is no part of prover.veil
  bool explain = false;        // who learns what
};
Result<Outcome> run_setup(const SetupArguments& arguments);

struct ProveArguments {
  std::string prover, input, context, out, profile;
  std::optional<std::uint64_t> row;
  std::optional<std::string> labels;
  bool explain = false;
};
Result<Outcome> run_prove(const ProveArguments& arguments);

struct VerifyArguments {
  std::string verifier, context;
  std::vector<std::string> proofs;
  std::optional<std::string> model_id;
  bool explain = false;
};
Result<Outcome> run_verify(const VerifyArguments& arguments);

struct EvaluateArguments {
  std::string prover, data, model;  // model: empty where prover.veil has it
  std::string report, calibrate;    // empty: none
  std::string outputs;              // a CSV file; empty: none
  std::optional<std::string> labels;
};
Result<Outcome> run_evaluate(const EvaluateArguments& arguments);

struct AuditArguments {
  std::string verifier, model;
  TreePadding padding;  // as at setup
};
Result<Outcome> run_audit(const AuditArguments& arguments);

struct InspectArguments {
  std::string file;
};
Result<Outcome> run_inspect(const InspectArguments& arguments);

struct DoctorArguments {
  bool self_test = false;  // of this process's kernels, and nothing else
};
Result<Outcome> run_doctor(const DoctorArguments& arguments);

}  // namespace veil::cli
