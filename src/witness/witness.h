// Integers to the trace of a whole run. (Real rows to integers: quant/rows.h.)
#pragma once

#include "base/result.h"
#include "circuit/trace.h"
#include "ops/lowering.h"
#include "quant/rows.h"

namespace veil {

// Every tensor of one honest run, multiplicities included. Errors: inputs that do not fit, weights of another size
// (their ranges were checked with the key, once for all proofs), and a claim that is false of this input (which cannot
// be proven).
Result<Trace> fill_trace(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs);
// The same, but for a false claim too: its constraints are then broken. For tests of liars.
Result<Trace> fill_trace_of_any_claim(const Lowering& lowering, const Weights& weights, const IntegerRow& inputs);

}  // namespace veil
