// Loop and Scan: the body once a round. Bounded by what all expansions of a graph may add.
#include <algorithm>
#include <limits>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

using Values = std::vector<ValueId>;

// A body whose rounds are added to an expansion.
class BodyRounds {
 public:
  static Result<BodyRounds> of(Expansion& expansion) {
    const auto& attributes = expansion.call().node->attributes;
    const auto found = attributes.find("body");
    const Body* body = found == attributes.end() ? nullptr : std::get_if<Body>(&found->second);
    if (body == nullptr) return Error{"it has no body"};
    const std::size_t taken = (*body)->graph.inputs.size();
    if (expansion.call().inputs.size() > taken) {
      return Error{"its body takes " + std::to_string(taken) + " inputs, and it gives more"};
    }
    return BodyRounds(expansion, *body);
  }

  std::size_t input_count() const { return graph().inputs.size() - body_->outside; }  // those of the operator
  std::size_t output_count() const { return graph().outputs.size(); }

  // `given`: the body's first inputs; the others are the node's own, in the same places. A value that nothing gives is
  // an error once it is read.
  Result<Values> add(const Values& given) {
    VEIL_TRY_STATUS(expansion_->spend(graph().inputs.size() + graph().outputs.size()));
    for (std::size_t i = 0; i < graph().inputs.size(); ++i) {
      if (i < given.size()) {
        known_[graph().inputs[i]] = given[i];
      } else if (expansion_->has(i)) {
        known_[graph().inputs[i]] = expansion_->input(i);
      }
    }
    for (const Node& node : graph().nodes) {
      std::vector<std::optional<ValueId>> inputs;
      for (const auto& input : node.inputs) {
        if (input && !known_[*input]) return Error{missing(*input)};
        inputs.push_back(input ? known_[*input] : std::nullopt);
      }
      const Values outputs = expansion_->repeat(node, graph().opset, std::move(inputs));
      if (expansion_->failed()) return Values();
      for (std::size_t i = 0; i < outputs.size(); ++i) known_[node.outputs[i]] = outputs[i];
    }
    Values results;
    for (const ValueId id : graph().outputs) {
      if (!known_[id]) return Error{missing(id)};
      results.push_back(*known_[id]);
    }
    return results;
  }

 private:
  const Graph& graph() const { return body_->graph; }

  BodyRounds(Expansion& expansion, Body body)
      : expansion_(&expansion), body_(std::move(body)), known_(graph().values.size()) {
    for (std::size_t id = 0; id < graph().values.size(); ++id) {
      const GraphValue& value = graph().values[id];
      if (value.constant) known_[id] = expansion.constant(*value.constant, value.type);
    }
  }

  std::string missing(ValueId id) const {
    const GraphValue& value = graph().values[id];
    return value.defect.empty() ? "nothing gives the value " + quote(value.name) + " of its body" : value.defect;
  }

  Expansion* expansion_;
  Body body_;
  std::vector<std::optional<ValueId>> known_;  // constants, and the last round's values, which this round gives anew
};

std::optional<double> known_scalar(const Expansion& expansion, ValueId value) {
  const Array* constant = expansion.constant(value);
  if (constant == nullptr || constant->data.size() != 1) return std::nullopt;
  return constant->data[0];
}

// Values of the rounds, one behind the other along a new axis.
ValueId stacked(Expansion& expansion, const Values& parts, std::int64_t axis) {
  Values rows;
  for (const ValueId part : parts) rows.push_back(expansion.add("Unsqueeze", {part, expansion.integers({axis})}));
  return expansion.concat(rows, static_cast<std::size_t>(axis));
}

// One Loop. Round: body(number, condition, carried...) = condition, carried..., scanned...
class LoopRounds {
 public:
  LoopRounds(Expansion& expansion, BodyRounds body, std::size_t carried_count)
      : expansion_(expansion), body_(std::move(body)), carried_(carried_count) {}

  Status run() {
    const std::size_t fixed = carried_.size() + 1;
    if (body_.output_count() < fixed || body_.output_count() - 1 < expansion_.output_count()) {
      return Error{"its body gives " + std::to_string(body_.output_count()) + " results, too few for it"};
    }
    scanned_.resize(body_.output_count() - fixed);
    for (std::size_t i = 0; i < carried_.size(); ++i) {
      if (!expansion_.has(2 + i)) return Error{"the first value of what it carries is left out"};
      carried_[i] = expansion_.input(2 + i);
    }
    VEIL_TRY(rounds, round_count());
    condition_ = expansion_.has(1) ? expansion_.input(1) : expansion_.number(1, ElementType::kBool);
    for (std::int64_t round = 0; round < rounds; ++round) {
      const auto goes_on = known_scalar(expansion_, condition_);
      if (goes_on && *goes_on == 0) break;
      if (!goes_on && (rounds == kEndless || !scanned_.empty())) {
        return Error{"the number of its rounds is known only at run time"};
      }
      VEIL_TRY_STATUS(add_round(round, goes_on.has_value()));
      if (expansion_.failed()) return Done{};
    }
    give();
    return Done{};
  }

 private:
  static constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();

  Result<std::int64_t> round_count() const {
    if (!expansion_.has(0)) return kEndless;
    const auto count = known_scalar(expansion_, expansion_.input(0));
    if (!count) return Error{"the number of its rounds is known only at run time"};
    return to_integer(*count);
  }

  // Where the condition depends on the data, a round that is not run leaves everything as it is.
  Status add_round(std::int64_t round, bool always) {
    Values given{expansion_.number(static_cast<double>(round), ElementType::kInt64), condition_};
    given.insert(given.end(), carried_.begin(), carried_.end());
    VEIL_TRY(results, body_.add(given));
    if (expansion_.failed()) return Done{};
    for (std::size_t i = 0; i < carried_.size(); ++i) {
      const ValueId next = results[1 + i];
      if (always) {
        carried_[i] = next;
        continue;
      }
      if (expansion_.shape(next) != expansion_.shape(carried_[i])) {
        return Error{"what it carries changes its shape, and the number of its rounds is known only at run time"};
      }
      carried_[i] = expansion_.add("Where", {expansion_.reshape(condition_, {}), next, carried_[i]});
    }
    for (std::size_t i = 0; i < scanned_.size(); ++i) scanned_[i].push_back(results[1 + carried_.size() + i]);
    condition_ = always ? results[0] : expansion_.add("And", {condition_, results[0]});
    return Done{};
  }

  void give() {
    for (std::size_t i = 0; i < carried_.size(); ++i) expansion_.give(i, carried_[i]);
    for (std::size_t i = 0; i < scanned_.size(); ++i) {
      const std::size_t output = carried_.size() + i;
      if (expansion_.wants(output) && !scanned_[i].empty()) {
        expansion_.give(output, stacked(expansion_, scanned_[i], 0));
      }
    }
  }

  Expansion& expansion_;
  BodyRounds body_;
  Values carried_;
  std::vector<Values> scanned_;
  ValueId condition_ = 0;
};

Status expand_loop(Expansion& expansion) {
  VEIL_TRY(body, BodyRounds::of(expansion));
  const std::size_t own = body.input_count();
  if (own < 2) return Error{"its body must take the number of the round and the condition"};
  return LoopRounds(expansion, std::move(body), own - 2).run();
}

// Attributes of Scan: one entry for each of `count`, or the default for all.
Result<Integers> list_of(const Call& call, const std::string& name, std::size_t count) {
  VEIL_TRY(list, call.integers(name));
  if (list.empty()) list.assign(count, 0);
  if (list.size() != count) return Error{"its " + quote(name) + " must have " + std::to_string(count) + " entries"};
  return list;
}

// One Scan from opset 9 on. Round: body(states..., one place of each sequence...) = states..., scanned...
class ScanRounds {
 public:
  ScanRounds(Expansion& expansion, BodyRounds body) : expansion_(expansion), body_(std::move(body)) {}

  Status run() {
    VEIL_TRY_STATUS(read());
    for (std::int64_t round = 0; round < rounds_; ++round) {
      Values given = states_;
      for (std::size_t i = 0; i < sequences_.size(); ++i) {
        const std::int64_t place = backwards_[i] != 0 ? rounds_ - 1 - round : round;
        given.push_back(expansion_.add(
            "Gather", {sequences_[i], expansion_.number(static_cast<double>(place), ElementType::kInt64)},
            {{"axis", axes_[i]}}));
      }
      VEIL_TRY(results, body_.add(given));
      if (expansion_.failed()) return Done{};
      std::copy_n(results.begin(), states_.size(), states_.begin());
      for (std::size_t i = 0; i < scanned_.size(); ++i) scanned_[i].push_back(results[states_.size() + i]);
    }
    return give();
  }

 private:
  Status read() {
    const Call& call = expansion_.call();
    VEIL_TRY(count, call.integer("num_scan_inputs", 0));
    const std::size_t own = body_.input_count();
    if (count < 1 || count > static_cast<std::int64_t>(own))
      return Error{"its 'num_scan_inputs' does not fit its body"};
    const auto sequence_count = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < own; ++i) {
      if (!expansion_.has(i)) return Error{"its input " + std::to_string(i) + " is left out"};
      (i < own - sequence_count ? states_ : sequences_).push_back(expansion_.input(i));
    }
    if (body_.output_count() < states_.size()) return Error{"its body gives fewer results than it has states"};
    scanned_.resize(body_.output_count() - states_.size());
    VEIL_TRY(axes, list_of(call, "scan_input_axes", sequence_count));
    VEIL_TRY(backwards, list_of(call, "scan_input_directions", sequence_count));
    axes_ = std::move(axes);
    backwards_ = std::move(backwards);
    for (std::size_t i = 0; i < sequence_count; ++i) {
      const GraphShape shape = expansion_.shape(sequences_[i]);
      VEIL_TRY(axis, normalise_axis(axes_[i], shape.size()));
      axes_[i] = static_cast<std::int64_t>(axis);
      if (i != 0 && shape[axis] != rounds_) return Error{"its sequences differ in length"};
      rounds_ = shape[axis];
    }
    return Done{};
  }

  Status give() {
    VEIL_TRY(axes, list_of(expansion_.call(), "scan_output_axes", scanned_.size()));
    VEIL_TRY(backwards, list_of(expansion_.call(), "scan_output_directions", scanned_.size()));
    for (std::size_t i = 0; i < states_.size(); ++i) expansion_.give(i, states_[i]);
    for (std::size_t i = 0; i < scanned_.size(); ++i) {
      const std::size_t output = states_.size() + i;
      if (!expansion_.wants(output) || scanned_[i].empty()) continue;
      if (backwards[i] != 0) std::ranges::reverse(scanned_[i]);
      VEIL_TRY(axis, normalise_axis(axes[i], expansion_.shape(scanned_[i][0]).size() + 1));
      expansion_.give(output, stacked(expansion_, scanned_[i], static_cast<std::int64_t>(axis)));
    }
    return Done{};
  }

  Expansion& expansion_;
  BodyRounds body_;
  Values states_, sequences_;
  std::vector<Values> scanned_;
  Integers axes_, backwards_;
  std::int64_t rounds_ = 0;
};

Status expand_scan(Expansion& expansion) {
  constexpr std::int64_t kFirstWithoutBatch = 9;
  if (expansion.call().opset < kFirstWithoutBatch) {
    return Error{"its form of opset 8, with a batch, is not supported; export the model with opset 9 or later"};
  }
  VEIL_TRY(body, BodyRounds::of(expansion));
  return ScanRounds(expansion, std::move(body)).run();
}

constexpr Operator kOperators[] = {
    {"Loop", 0, kAnyInputs, " body ", nullptr, nullptr, expand_loop},
    {"Scan", 0, kAnyInputs,
     " body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions ", nullptr,
     nullptr, expand_scan},
};

}  // namespace

std::span<const Operator> loop_composites() { return kOperators; }

}  // namespace veil
