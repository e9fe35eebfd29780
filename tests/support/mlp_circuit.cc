#include "support/mlp_circuit.h"

#include <algorithm>

namespace veil::testing {

namespace {

constexpr std::int64_t kMax = (1 << 15) - 1;
constexpr std::int64_t kMin = -(1 << 15);
constexpr unsigned kBiasShift = 8;
constexpr unsigned kExcessBytes = 4;

std::int64_t power(unsigned exponent) { return std::int64_t{1} << exponent; }

Form constant(std::int64_t value) { return {LinearTerm{value, one_view()}}; }

Form joined(Form a, const Form& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A signed value given only by its limbs, the top one signed: low to high.
struct SignedLimbs {
  std::vector<TensorId> limbs;
  TensorId sign = 0;
  Form form;
};

SignedLimbs add_signed(Circuit& circuit, const std::string& name, std::int64_t size, unsigned bytes) {
  SignedLimbs out;
  const Domain box{{size}, 1};
  for (unsigned j = 0; j < bytes; ++j) {
    const bool top = j + 1 == bytes;
    const std::string limb_name = name + "." + std::to_string(j);
    const TensorId limb =
        add_tensor(circuit, Tensor{limb_name, {size}, top ? -128 : 0, top ? 127 : 255, Owner::kWitness, std::nullopt});
    const View view = whole_view(circuit, limb);
    out.limbs.push_back(limb);
    out.form.push_back(LinearTerm{power(8 * j), view});
    std::vector<Expression> entries{linear_expression({LinearTerm{1, view}})};
    if (top) {
      out.sign = add_tensor(circuit, Tensor{name + ".sign", {size}, 0, 1, Owner::kWitness, std::nullopt});
      entries.push_back(linear_expression({LinearTerm{1, whole_view(circuit, out.sign)}}));
    }
    const TableId table = add_table(circuit, top ? TableKind::kSigned : TableKind::kUnsigned, {8});
    circuit.lookups.push_back(Lookup{limb_name, box, table, std::move(entries)});
  }
  return out;
}

void set_signed(Trace& trace, const SignedLimbs& limbs, const std::vector<std::int64_t>& values) {
  for (std::size_t j = 0; j < limbs.limbs.size(); ++j) {
    const bool top = j + 1 == limbs.limbs.size();
    trace.values[limbs.limbs[j]].clear();
    for (const std::int64_t value : values) {
      trace.values[limbs.limbs[j]].push_back(top ? value >> (8 * j) : value >> (8 * j) & 255);
    }
  }
  trace.values[limbs.sign].clear();
  for (const std::int64_t value : values) trace.values[limbs.sign].push_back(value < 0 ? 1 : 0);
}

class Builder {
 public:
  explicit Builder(const MlpOptions& options) : options_(options) {}

  TestCircuit build() {
    declare_model();
    Form current = add_input();
    for (std::size_t layer = 0; layer + 1 < options_.widths.size(); ++layer) current = add_layer(layer, current);
    add_output(current);
    return std::move(out_);
  }

 private:
  Circuit& circuit() { return out_.circuit; }

  TensorId tensor(const std::string& name, Shape shape, std::int64_t low, std::int64_t high, Owner owner) {
    return add_tensor(circuit(), Tensor{name, std::move(shape), low, high, owner, std::nullopt});
  }

  void range(const std::string& name, const Domain& domain, const Expression& value, std::int64_t low,
             std::int64_t high) {
    for (const LimbStep& step : add_range_proof(circuit(), name, domain, value, low, high)) {
      out_.steps.push_back([step](const Circuit& c, Trace& trace) { fill_limbs(c, trace, step); });
    }
  }

  void declare_model() {
    for (std::size_t layer = 0; layer + 1 < options_.widths.size(); ++layer) {
      const std::string suffix = std::to_string(layer + 1);
      const std::int64_t rows = options_.widths[layer + 1];
      out_.given.push_back(tensor("W" + suffix, {rows, options_.widths[layer]}, kMin, kMax, Owner::kModel));
      out_.given.push_back(tensor("b" + suffix, {rows}, kMin, kMax, Owner::kModel));
    }
  }

  Form add_input() {
    const TensorId x = tensor("x", {options_.widths[0]}, kMin, kMax, Owner::kInput);
    circuit().tensors[x].meaning = Meaning{"x", "", {}, {0}};
    out_.given.push_back(x);
    const Form form{LinearTerm{1, whole_view(circuit(), x)}};
    range("x/range", Domain{{options_.widths[0]}, 1}, linear_expression(form), kMin, kMax);
    return form;
  }

  // acc + 2^(s-1) = 2^s (z + e) + rem, e (z - max + (max - min) [e < 0]) = 0, y = (1 - [z < 0]) z
  Form add_layer(std::size_t layer, Form input) {
    const std::string name = "l" + std::to_string(layer + 1);
    const std::int64_t size = options_.widths[layer + 1];
    const Domain domain{{size, options_.widths[layer]}, 1};
    const Domain box = domain.box_only();
    for (LinearTerm& term : input) term.view.index[0].terms[0].axis = 1;
    Expression acc;
    acc.linear.push_back(LinearTerm{power(kBiasShift), view_by_axes(out_.given[2 * layer + 1], {0})});
    acc.products.push_back(ProductTerm{1, {LinearTerm{1, view_by_axes(out_.given[2 * layer], {0, 1})}}, input});

    const SignedLimbs z = add_signed(circuit(), name + ".z", size, 2);
    const SignedLimbs e = add_signed(circuit(), name + ".e", size, kExcessBytes);
    const unsigned shift = options_.shift;
    out_.steps.push_back([=](const Circuit& c, Trace& trace) {
      std::vector<std::int64_t> value;
      std::vector<std::int64_t> excess;
      for (const Int128 raw : evaluate_expression(c, trace, domain, acc)) {
        const auto q = static_cast<std::int64_t>((raw + power(shift - 1)) >> shift);
        value.push_back(std::clamp(q, kMin, kMax));
        excess.push_back(q - value.back());
      }
      set_signed(trace, z, value);
      set_signed(trace, e, excess);
    });
    Form clamp = joined(z.form, constant(-kMax));
    clamp.push_back(LinearTerm{kMax - kMin, whole_view(circuit(), e.sign)});
    circuit().identities.push_back(Identity{name + ".clamp", box, Expression{{}, {ProductTerm{1, e.form, clamp}}}});
    const Expression rem = acc + linear_expression(constant(power(shift - 1))) -
                           scaled(linear_expression(joined(z.form, e.form)), power(shift));
    range(name + ".rem", domain, rem, 0, power(shift) - 1);
    return layer + 2 < options_.widths.size() ? add_relu(name, size, z) : z.form;
  }

  Form add_relu(const std::string& name, std::int64_t size, const SignedLimbs& z) {
    const TensorId y = tensor(name + ".y", {size}, kMin, kMax, Owner::kWitness);
    const View sign = whole_view(circuit(), z.sign);
    Form keep = constant(1);
    keep.push_back(LinearTerm{-1, sign});
    circuit().identities.push_back(
        Identity{name + ".relu", Domain{{size}, 1},
                 Expression{{LinearTerm{1, whole_view(circuit(), y)}}, {ProductTerm{-1, keep, z.form}}}});
    const Expression product{{}, {ProductTerm{1, keep, z.form}}};
    out_.steps.push_back([=](const Circuit& c, Trace& trace) {
      trace.values[y].clear();
      for (const Int128 value : evaluate_expression(c, trace, Domain{{size}, 1}, product)) {
        trace.values[y].push_back(static_cast<std::int64_t>(value));
      }
    });
    return {LinearTerm{1, whole_view(circuit(), y)}};
  }

  void add_output(const Form& value) {
    const std::int64_t size = options_.widths.back();
    const Domain box{{size}, 1};
    if (!options_.reveal) {
      circuit().claim = "output >= " + std::to_string(options_.threshold);
      range("claim", box, linear_expression(joined(value, constant(-options_.threshold))), 0, 65535);
      return;
    }
    const TensorId output = tensor("output", {size}, kMin, kMax, Owner::kPublic);
    circuit().tensors[output].meaning = Meaning{"output", "", {}, {0}};
    out_.output = output;
    circuit().identities.push_back(
        Identity{"output", box, linear_expression(joined({LinearTerm{-1, whole_view(circuit(), output)}}, value))});
    out_.steps.push_back([=](const Circuit& c, Trace& trace) {
      trace.values[output].clear();
      for (const Int128 one : evaluate_expression(c, trace, box, linear_expression(value))) {
        trace.values[output].push_back(static_cast<std::int64_t>(one));
      }
    });
  }

  const MlpOptions& options_;
  TestCircuit out_;
};

}  // namespace

TestCircuit make_mlp(const MlpOptions& options) { return Builder(options).build(); }

Trace TestCircuit::run(const std::vector<std::vector<std::int64_t>>& values) const {
  Trace trace = empty_trace(circuit);
  for (std::size_t i = 0; i < given.size(); ++i) trace.values[given[i]] = values[i];
  for (const auto& step : steps) step(circuit, trace);
  fill_multiplicities(circuit, trace);
  return trace;
}

std::vector<std::vector<std::int64_t>> TestCircuit::weights_of(
    const std::vector<std::vector<std::int64_t>>& values) const {
  std::vector<std::vector<std::int64_t>> out(circuit.tensors.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (circuit.tensors[given[i]].owner == Owner::kModel) out[given[i]] = values[i];
  }
  return out;
}

std::vector<std::vector<std::int64_t>> TestCircuit::random_values(std::mt19937_64& random,
                                                                  std::int64_t magnitude) const {
  std::vector<std::vector<std::int64_t>> out;
  for (const TensorId id : given) {
    const Tensor& tensor = circuit.tensors[id];
    std::uniform_int_distribution<std::int64_t> pick(std::max(tensor.low, -magnitude),
                                                     std::min(tensor.high, magnitude));
    out.emplace_back();
    for (std::int64_t i = 0; i < shape_size(tensor.shape); ++i) out.back().push_back(pick(random));
  }
  return out;
}

std::vector<std::int64_t> run_mlp(const MlpOptions& options, const std::vector<std::vector<std::int64_t>>& values) {
  std::vector<std::int64_t> x = values.back();
  for (std::size_t layer = 0; layer + 1 < options.widths.size(); ++layer) {
    const auto rows = static_cast<std::size_t>(options.widths[layer + 1]);
    std::vector<std::int64_t> next;
    for (std::size_t o = 0; o < rows; ++o) {
      Int128 acc = static_cast<Int128>(values[2 * layer + 1][o]) << kBiasShift;
      for (std::size_t i = 0; i < x.size(); ++i) acc += static_cast<Int128>(values[2 * layer][o * x.size() + i]) * x[i];
      const auto q = static_cast<std::int64_t>((acc + power(options.shift - 1)) >> options.shift);
      next.push_back(std::clamp(q, kMin, kMax));
    }
    if (layer + 2 < options.widths.size()) {
      for (std::int64_t& value : next) value = std::max<std::int64_t>(value, 0);
    }
    x = next;
  }
  return x;
}

}  // namespace veil::testing
