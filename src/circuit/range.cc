#include "circuit/range.h"

#include <algorithm>

#include "base/check.h"

namespace veil {

namespace {

unsigned bit_length(std::uint64_t value) {
  unsigned bits = 0;
  for (; value != 0; value >>= 1) ++bits;
  return bits;
}

// value in [0, 2^bits): the upper limbs are committed and looked up, the lowest is the entry value - sum 2^(wj) l_j.
LimbStep add_limbs(Circuit& circuit, const std::string& name, const Domain& domain, const Expression& value,
                   unsigned bits, unsigned limb_bits) {
  LimbStep step{domain, value, {}, {}, {}, 0, std::min(limb_bits, bits)};
  Expression lowest = value;
  const Domain box = domain.box_only();
  for (unsigned shift = limb_bits; shift < bits; shift += limb_bits) {
    const unsigned width = std::min(limb_bits, bits - shift);
    const std::string limb_name = name + "." + std::to_string(shift / limb_bits);
    const TensorId limb = add_tensor(
        circuit, Tensor{limb_name, box.extent, 0, (std::int64_t{1} << width) - 1, Owner::kWitness, std::nullopt});
    const View view = whole_view(circuit, limb);
    const TableId table = add_table(circuit, TableKind::kUnsigned, {width});
    circuit.lookups.push_back(Lookup{limb_name, box, table, {linear_expression({LinearTerm{1, view}})}});
    lowest = std::move(lowest) + linear_expression({LinearTerm{-(std::int64_t{1} << shift), view}});
    step.limbs.push_back(limb);
    step.shifts.push_back(shift);
    step.widths.push_back(width);
  }
  const TableId table = add_table(circuit, TableKind::kUnsigned, {step.lowest_width});
  step.lowest = circuit.lookups.size();
  circuit.lookups.push_back(Lookup{name + ".0", domain, table, {std::move(lowest)}});
  return step;
}

unsigned bits_of(const Tensor& tensor) { return bit_length(static_cast<std::uint64_t>(tensor.high - tensor.low)); }

unsigned registration_limb_bits(const Circuit& model) {
  std::int64_t wide = 0;
  for (const Tensor& tensor : model.tensors) wide += bits_of(tensor) > kLimbBits ? shape_size(tensor.shape) : 0;
  return wide >= kManyWeights ? kWideLimbBits : kLimbBits;
}

Expression constant(std::int64_t value) { return linear_expression({LinearTerm{value, one_view()}}); }

}  // namespace

std::vector<LimbStep> add_range_proof(Circuit& circuit, const std::string& name, const Domain& domain,
                                      const Expression& value, std::int64_t low, std::int64_t high,
                                      unsigned limb_bits) {
  VEIL_CHECK(low <= high && low >= -kMaxRangeBound && high <= kMaxRangeBound);
  const auto span = static_cast<std::uint64_t>(high - low);
  const bool whole = (span & (span + 1)) == 0 && span != 0;  // high - low + 1 is a power of two
  const unsigned bits = std::max(1u, bit_length(span));
  std::vector<LimbStep> steps;
  steps.push_back(add_limbs(circuit, name, domain, low == 0 ? value : value - constant(low), bits, limb_bits));
  if (!whole) steps.push_back(add_limbs(circuit, name + ".below", domain, constant(high) - value, bits, limb_bits));
  return steps;
}

void fill_limbs(const Circuit& circuit, Trace& trace, const LimbStep& step) {
  const BoxValues values = evaluate_box(circuit, trace, step.domain, step.value);
  for (std::size_t limb = 0; limb < step.limbs.size(); ++limb) {
    std::vector<std::int64_t>& out = trace.values[step.limbs[limb]];
    out.resize(values.size());
    const std::int64_t mask = (std::int64_t{1} << step.widths[limb]) - 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      out[i] = static_cast<std::int64_t>(values[i] >> step.shifts[limb]) & mask;
    }
  }
}

Registration registration_circuit(const Circuit& inference) {
  Registration out;
  std::vector<TensorId> model;
  for (const Tensor& tensor : inference.tensors) {
    if (tensor.owner == Owner::kModel) model.push_back(add_tensor(out.circuit, tensor));
  }
  const unsigned limb_bits = registration_limb_bits(out.circuit);
  for (const TensorId id : model) {
    const Tensor tensor = out.circuit.tensors[id];
    const Domain domain{tensor.shape, static_cast<std::uint32_t>(tensor.shape.size())};
    const Expression value = linear_expression({LinearTerm{1, whole_view(out.circuit, id)}});
    auto steps =
        add_range_proof(out.circuit, tensor.name + "/range", domain, value, tensor.low, tensor.high, limb_bits);
    out.steps.insert(out.steps.end(), steps.begin(), steps.end());
  }
  return out;
}

}  // namespace veil
