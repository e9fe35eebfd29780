// RNN, GRU and LSTM, unrolled over the sequence: one copy of the cell a step and direction.
#include <algorithm>
#include <array>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::int64_t kMaxTimes = std::int64_t{1} << 14;

enum class Cell : std::uint8_t { kPlain, kGru, kLstm };

constexpr std::int64_t gates_of(Cell cell) { return cell == Cell::kPlain ? 1 : cell == Cell::kGru ? 3 : 4; }
constexpr std::size_t functions_of(Cell cell) {
  return static_cast<std::size_t>(gates_of(cell) == 4 ? 3 : gates_of(cell) == 3 ? 2 : 1);
}

struct Form {
  Cell cell = Cell::kPlain;
  std::int64_t times = 0, batch = 0, inputs = 0, hidden = 0, directions = 1;
  bool reversed = false;               // the only direction is backwards
  bool batch_first = false;            // layout 1
  bool option = false;                 // linear_before_reset of GRU, input_forget of LSTM
  double clip = 0;                     // 0: none
  std::vector<std::string> functions;  // functions_of(cell) a direction
  Integers lengths;                    // of the sequences; empty: all steps
};

Status read_functions(const Call& call, Form& form) {
  if (call.has_attribute("activation_alpha") || call.has_attribute("activation_beta")) {
    return Error{"its activations have parameters, which is not supported yet"};
  }
  const std::vector<std::string> usual = form.cell == Cell::kPlain ? std::vector<std::string>{"Tanh"}
                                         : form.cell == Cell::kGru
                                             ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                             : std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"};
  VEIL_TRY(listed, call.text("activations", ""));
  for (std::size_t begin = 0; begin < listed.size();) {
    const std::size_t end = std::min(listed.find('\n', begin), listed.size());
    form.functions.push_back(listed.substr(begin, end - begin));
    begin = end + 1;
  }
  for (std::int64_t i = 0; i < form.directions && listed.empty(); ++i) {
    form.functions.insert(form.functions.end(), usual.begin(), usual.end());
  }
  if (form.functions.size() != usual.size() * static_cast<std::size_t>(form.directions)) {
    return Error{"it has not the right number of activations"};
  }
  constexpr std::array<std::string_view, 7> kKnown{"Relu",     "Tanh",      "Sigmoid",    "Softsign",
                                                   "Softplus", "LeakyRelu", "HardSigmoid"};
  for (const std::string& name : form.functions) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      return Error{"its activation " + quote(name) + " is not supported yet"};
    }
  }
  return Done{};
}

Status read_direction(const Call& call, Form& form) {
  VEIL_TRY(direction, call.text("direction", "forward"));
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    return Error{"its direction " + quote(direction) + " is not known"};
  }
  form.directions = direction == "bidirectional" ? 2 : 1;
  form.reversed = direction == "reverse";
  return Done{};
}

Status check_shape(const Call& call, std::size_t index, const GraphShape& wanted) {
  if (!call.has(index) || call.shape(index) == wanted) return Done{};
  return Error{"its input " + std::to_string(index) + " must have the shape " + shape_text(wanted) + ", not " +
               shape_text(call.shape(index))};
}

Status check_shapes(const Call& call, const Form& form) {
  const std::int64_t rows = gates_of(form.cell) * form.hidden;
  VEIL_TRY_STATUS(check_shape(call, 1, {form.directions, rows, form.inputs}));
  VEIL_TRY_STATUS(check_shape(call, 2, {form.directions, rows, form.hidden}));
  VEIL_TRY_STATUS(check_shape(call, 3, {form.directions, 2 * rows}));
  const GraphShape state = form.batch_first ? GraphShape{form.batch, form.directions, form.hidden}
                                            : GraphShape{form.directions, form.batch, form.hidden};
  VEIL_TRY_STATUS(check_shape(call, 5, state));
  VEIL_TRY_STATUS(check_shape(call, 6, state));
  return check_shape(call, 7, {form.directions, 3 * form.hidden});
}

Status read_lengths(const Call& call, Form& form) {
  if (!call.has(4)) return Done{};
  VEIL_TRY(lengths, call.constant_integers(4, "sequence_lens"));
  if (std::ssize(lengths) != form.batch) return Error{"it must have one sequence length an entry of the batch"};
  for (const std::int64_t length : lengths) {
    if (length < 0 || length > form.times) return Error{"a length of its sequences is not possible"};
    if (length != form.times) form.lengths = lengths;
  }
  return Done{};
}

Result<Form> form_of(const Call& call, Cell cell) {
  Form form;
  form.cell = cell;
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.shape(i).size() != 3) return Error{"its input " + std::to_string(i) + " must have three axes"};
  }
  VEIL_TRY(layout, call.integer("layout", 0));
  VEIL_TRY(clip, call.real("clip", 0));
  VEIL_TRY(option, call.integer(cell == Cell::kGru ? "linear_before_reset" : "input_forget", 0));
  VEIL_TRY_STATUS(read_direction(call, form));
  VEIL_TRY_STATUS(read_functions(call, form));
  form.batch_first = layout != 0;
  form.option = option != 0;
  form.clip = clip;
  form.times = call.shape(0)[form.batch_first ? 1 : 0];
  form.batch = call.shape(0)[form.batch_first ? 0 : 1];
  form.inputs = call.shape(0)[2];
  if (form.times > kMaxTimes) return Error{"its sequence is too long to be unrolled"};
  form.hidden = call.shape(2)[2];
  VEIL_TRY(hidden, call.integer("hidden_size", form.hidden));
  if (hidden != form.hidden) return Error{"its weights do not fit its hidden size"};
  VEIL_TRY_STATUS(check_shapes(call, form));
  VEIL_TRY_STATUS(read_lengths(call, form));
  return form;
}

struct State {
  ValueId hidden, cell;
};

// One direction.
class Unrolled {
 public:
  Unrolled(Expansion& expansion, const Form& form, std::int64_t direction)
      : expansion_(expansion), form_(form), direction_(direction) {
    prepare();
  }

  // steps: gets the hidden state after each step, [batch, hidden].
  State run(ValueId x, std::vector<ValueId>& steps);

 private:
  void prepare();
  ValueId project(ValueId x);
  ValueId zeros();
  ValueId state_input(std::size_t index);
  ValueId part(ValueId list, std::int64_t index);  // of the gates along the last axis
  ValueId activate(std::size_t function, ValueId x);
  ValueId sum(ValueId a, ValueId b) { return expansion_.add("Add", {a, b}); }
  ValueId product(ValueId a, ValueId b) { return expansion_.add("Mul", {a, b}); }
  State step(ValueId projected, const State& before);
  State plain(ValueId projected, const State& before);
  State gru(ValueId projected, const State& before);
  State lstm(ValueId projected, const State& before);
  ValueId choose(std::int64_t time, ValueId inside, ValueId outside);

  Expansion& expansion_;
  const Form& form_;
  std::int64_t direction_;
  ValueId input_weights_ = 0, state_weights_ = 0;  // [inputs, gates * hidden], [hidden, gates * hidden]
  std::optional<ValueId> input_bias_, state_bias_, peephole_;
};

void Unrolled::prepare() {
  const std::int64_t rows = gates_of(form_.cell) * form_.hidden;
  const auto own = [&](std::size_t index, const GraphShape& shape) {
    return expansion_.reshape(expansion_.slice(expansion_.input(index), 0, direction_, direction_ + 1), shape);
  };
  input_weights_ = expansion_.transpose(own(1, {rows, form_.inputs}), {1, 0});
  state_weights_ = expansion_.transpose(own(2, {rows, form_.hidden}), {1, 0});
  if (expansion_.has(3)) {
    const ValueId both = own(3, {2 * rows});
    input_bias_ = expansion_.slice(both, 0, 0, rows);
    state_bias_ = expansion_.slice(both, 0, rows, 2 * rows);
  }
  if (expansion_.has(7)) peephole_ = own(7, {3 * form_.hidden});
}

// The part of every step that does not wait for a state: [times, batch, gates * hidden].
ValueId Unrolled::project(ValueId x) {
  const std::int64_t rows = gates_of(form_.cell) * form_.hidden;
  const ValueId flat = expansion_.reshape(x, {form_.times * form_.batch, form_.inputs});
  ValueId product = expansion_.add("MatMul", {flat, input_weights_});
  if (input_bias_) product = sum(product, *input_bias_);
  // The bias of the state belongs here too, but for a GRU that resets its candidate behind it.
  if (state_bias_ && form_.cell != Cell::kGru) product = sum(product, *state_bias_);
  return expansion_.reshape(product, {form_.times, form_.batch, rows});
}

ValueId Unrolled::zeros() {
  const GraphShape shape{form_.batch, form_.hidden};
  if (!expansion_.may_hold(shape)) return expansion_.input(0);
  return expansion_.constant({shape, std::vector<double>(size_of(shape), 0)}, expansion_.type(expansion_.input(0)));
}

ValueId Unrolled::state_input(std::size_t index) {
  if (!expansion_.has(index)) return zeros();
  const ValueId own = expansion_.slice(expansion_.input(index), form_.batch_first ? 1 : 0, direction_, direction_ + 1);
  return expansion_.reshape(own, {form_.batch, form_.hidden});
}

ValueId Unrolled::part(ValueId list, std::int64_t index) {
  const std::size_t rank = expansion_.shape(list).size();
  return expansion_.slice(list, rank == 0 ? 0 : rank - 1, index * form_.hidden, (index + 1) * form_.hidden);
}

ValueId Unrolled::activate(std::size_t function, ValueId x) {
  if (form_.clip > 0) {
    x = expansion_.add("Clip", {x, expansion_.number_like(-form_.clip, x), expansion_.number_like(form_.clip, x)});
  }
  return expansion_.add(form_.functions[static_cast<std::size_t>(direction_) * functions_of(form_.cell) + function],
                        {x});
}

State Unrolled::plain(ValueId projected, const State& before) {
  const ValueId recurrent = expansion_.add("MatMul", {before.hidden, state_weights_});
  const ValueId hidden = activate(0, sum(projected, recurrent));
  return {hidden, hidden};
}

// Gates: update, reset, candidate.
State Unrolled::gru(ValueId projected, const State& before) {
  const auto with_bias = [&](ValueId x, std::int64_t begin, std::int64_t end) {
    if (!state_bias_) return x;
    return sum(x, expansion_.slice(*state_bias_, 0, begin * form_.hidden, end * form_.hidden));
  };
  const auto recurrent = [&](ValueId state, std::int64_t begin, std::int64_t end) {
    const ValueId weights = expansion_.slice(state_weights_, 1, begin * form_.hidden, end * form_.hidden);
    return with_bias(expansion_.add("MatMul", {state, weights}), begin, end);
  };
  const ValueId both = expansion_.slice(projected, 1, 0, 2 * form_.hidden);
  const ValueId gates = activate(0, sum(both, recurrent(before.hidden, 0, 2)));
  const ValueId update = part(gates, 0);
  const ValueId reset = part(gates, 1);
  const ValueId seen =
      form_.option ? product(reset, recurrent(before.hidden, 2, 3)) : recurrent(product(reset, before.hidden), 2, 3);
  const ValueId candidate = activate(1, sum(part(projected, 2), seen));
  const ValueId change = product(update, expansion_.add("Sub", {before.hidden, candidate}));
  const ValueId hidden = sum(candidate, change);
  return {hidden, hidden};
}

// Gates: input, output, forget, candidate; peepholes: input, output, forget.
State Unrolled::lstm(ValueId projected, const State& before) {
  const ValueId all = sum(projected, expansion_.add("MatMul", {before.hidden, state_weights_}));
  const auto gate = [&](std::int64_t index, ValueId cell) {
    const ValueId own = part(all, index);
    return activate(0, peephole_ ? sum(own, product(part(*peephole_, index), cell)) : own);
  };
  const ValueId input = gate(0, before.cell);
  const ValueId forget =
      form_.option ? expansion_.add("Sub", {expansion_.number_like(1, input), input}) : gate(2, before.cell);
  const ValueId candidate = activate(1, part(all, 3));
  const ValueId cell = sum(product(forget, before.cell), product(input, candidate));
  const ValueId output = gate(1, cell);
  return {product(output, expansion_.add(form_.functions[static_cast<std::size_t>(direction_) * 3 + 2], {cell})), cell};
}

State Unrolled::step(ValueId projected, const State& before) {
  switch (form_.cell) {
    case Cell::kPlain:
      return plain(projected, before);
    case Cell::kGru:
      return gru(projected, before);
    case Cell::kLstm:
      return lstm(projected, before);
  }
  return before;
}

// By entry of the batch: `inside` while its sequence lasts.
ValueId Unrolled::choose(std::int64_t time, ValueId inside, ValueId outside) {
  if (form_.lengths.empty()) return inside;
  Array lasts{{form_.batch, 1}, {}};
  for (const std::int64_t length : form_.lengths) lasts.data.push_back(time < length ? 1 : 0);
  const auto count = std::count(lasts.data.begin(), lasts.data.end(), 1.0);
  if (count == 0) return outside;
  if (count == std::ssize(lasts.data)) return inside;
  const ValueId mask = expansion_.constant(std::move(lasts), ElementType::kBool);
  return expansion_.add("Where", {mask, inside, outside});
}

State Unrolled::run(ValueId x, std::vector<ValueId>& steps) {
  const ValueId projected = project(x);
  const ValueId silent = zeros();
  const bool backwards = form_.reversed || direction_ == 1;
  State state{state_input(5), form_.cell == Cell::kLstm ? state_input(6) : silent};
  steps.assign(static_cast<std::size_t>(form_.times), silent);
  for (std::int64_t i = 0; i < form_.times && !expansion_.failed(); ++i) {
    const std::int64_t time = backwards ? form_.times - 1 - i : i;
    const ValueId own = expansion_.reshape(expansion_.slice(projected, 0, time, time + 1),
                                           {form_.batch, gates_of(form_.cell) * form_.hidden});
    const State after = step(own, state);
    steps[static_cast<std::size_t>(time)] = choose(time, after.hidden, silent);
    state.hidden = choose(time, after.hidden, state.hidden);
    state.cell = choose(time, after.cell, state.cell);
  }
  return state;
}

// Joins [batch, hidden] a direction as the standard orders a last state.
ValueId join_states(Expansion& expansion, const Form& form, const std::vector<ValueId>& states) {
  const std::size_t axis = form.batch_first ? 1 : 0;
  std::vector<ValueId> parts;
  for (const ValueId state : states) {
    parts.push_back(expansion.reshape(
        state, form.batch_first ? GraphShape{form.batch, 1, form.hidden} : GraphShape{1, form.batch, form.hidden}));
  }
  return expansion.concat(parts, axis);
}

// Joins the steps of all directions: [times, directions, batch, hidden], or [batch, times, directions, hidden].
ValueId join_steps(Expansion& expansion, const Form& form, const std::vector<std::vector<ValueId>>& steps) {
  std::vector<ValueId> directions;
  for (const auto& own : steps) {
    std::vector<ValueId> parts;
    for (const ValueId step : own) parts.push_back(expansion.reshape(step, {1, 1, form.batch, form.hidden}));
    directions.push_back(expansion.concat(parts, 0));
  }
  const ValueId all = expansion.concat(directions, 1);
  return form.batch_first ? expansion.transpose(all, {2, 0, 1, 3}) : all;
}

template <Cell kCell>
Status expand_recurrent(Expansion& expansion) {
  VEIL_TRY(form, form_of(expansion.call(), kCell));
  ValueId x = expansion.input(0);
  if (form.batch_first) x = expansion.transpose(x, {1, 0, 2});
  std::vector<std::vector<ValueId>> steps(static_cast<std::size_t>(form.directions));
  std::vector<ValueId> hidden;
  std::vector<ValueId> cells;
  for (std::int64_t direction = 0; direction < form.directions; ++direction) {
    const State last = Unrolled(expansion, form, direction).run(x, steps[static_cast<std::size_t>(direction)]);
    hidden.push_back(last.hidden);
    cells.push_back(last.cell);
  }
  if (expansion.failed()) return Done{};
  expansion.give(0, join_steps(expansion, form, steps));
  if (expansion.wants(1)) expansion.give(1, join_states(expansion, form, hidden));
  if (expansion.wants(2) && kCell == Cell::kLstm) expansion.give(2, join_states(expansion, form, cells));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"RNN", 3, 6, " activations activation_alpha activation_beta clip direction hidden_size layout ", nullptr, nullptr,
     expand_recurrent<Cell::kPlain>},
    {"GRU", 3, 6,
     " activations activation_alpha activation_beta clip direction hidden_size layout linear_before_reset ", nullptr,
     nullptr, expand_recurrent<Cell::kGru>},
    {"LSTM", 3, 8, " activations activation_alpha activation_beta clip direction hidden_size layout input_forget ",
     nullptr, nullptr, expand_recurrent<Cell::kLstm>},
};

}  // namespace

std::span<const Operator> recurrent_composites() { return kOperators; }

}  // namespace veil
