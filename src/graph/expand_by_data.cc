#include "graph/expand_by_data.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::int64_t kMostComparisons = std::int64_t{1} << 20;  // of a node: each is a handful of lookups
constexpr std::int64_t kMostSteps = 64;                           // one after the other

Status check_comparisons(std::initializer_list<std::int64_t> counts, const std::string& what) {
  std::int64_t product = 1;
  for (const std::int64_t count : counts) {
    if (count > 0 && product > kMostComparisons / count) {
      return Error{what + " takes more than 1,048,576 comparisons; its axis is too long for a proof"};
    }
    product *= count;
  }
  return Done{};
}

Integers counting(std::int64_t count) {
  Integers list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), std::int64_t{0});
  return list;
}

std::int64_t product_of(const GraphShape& shape) { return static_cast<std::int64_t>(size_of(shape)); }

// An axis moved to the end, the others joined: (rows, length); and back.
struct LastAxis {
  Integers order, back;
  GraphShape moved;

  LastAxis(const GraphShape& shape, std::size_t axis) : order(counting(std::ssize(shape))), back(shape.size()) {
    std::rotate(order.begin() + static_cast<std::ptrdiff_t>(axis),
                order.begin() + static_cast<std::ptrdiff_t>(axis) + 1, order.end());
    for (std::size_t i = 0; i < order.size(); ++i)
      back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    for (const std::int64_t from : order) moved.push_back(shape[static_cast<std::size_t>(from)]);
  }
  std::int64_t length() const { return moved.back(); }
  std::int64_t rows() const { return product_of(moved) / std::max<std::int64_t>(length(), 1); }
  ValueId flat(Expansion& expansion, ValueId x) const {
    return expansion.reshape(expansion.transpose(x, order), {rows(), length()});
  }
  ValueId restored(Expansion& expansion, ValueId x, std::int64_t length) const {
    GraphShape shape = moved;
    shape.back() = length;
    return expansion.transpose(expansion.reshape(x, shape), back);
  }
};

// Indices below zero count from the end.
ValueId from_front(Expansion& expansion, ValueId indices, std::int64_t length) {
  const ValueId below = expansion.add("Less", {indices, expansion.number_like(0, indices)});
  return expansion.add("Where", {below, expansion.binary("Add", indices, static_cast<double>(length)), indices});
}

// (..., count) indices -> (..., count, length): 1 at each index, and 0 everywhere for one that lies outside.
ValueId one_hot(Expansion& expansion, ValueId indices, std::int64_t length) {
  GraphShape shape = expansion.shape(indices);
  shape.push_back(1);
  const ValueId places = expansion.cast(expansion.integers(counting(length)), expansion.type(indices));
  return expansion.add("Equal", {expansion.reshape(indices, shape), places});
}

// The part of x that indices of `shape` reach: on every axis but one the first places.
ValueId reached(Expansion& expansion, ValueId x, const GraphShape& shape, std::size_t axis) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != axis && shape[i] < expansion.shape(x)[i]) x = expansion.slice(x, i, 0, shape[i]);
  }
  return x;
}

Result<std::size_t> axis_of(const Call& call, std::int64_t otherwise) {
  VEIL_TRY(axis, call.integer("axis", otherwise));
  return normalise_axis(axis, call.shape(0).size());
}

Status gather_elements(Expansion& expansion) {
  VEIL_TRY(axis, axis_of(expansion.call(), 0));
  const GraphShape shape = expansion.call().shape(1);
  const ValueId data = reached(expansion, expansion.input(0), shape, axis);
  if (expansion.failed()) return Done{};
  const LastAxis from(expansion.shape(data), axis);
  const LastAxis to(shape, axis);
  VEIL_TRY_STATUS(check_comparisons({to.rows(), to.length(), from.length()}, "choosing by indices"));
  const ValueId indices = from_front(expansion, to.flat(expansion, expansion.input(1)), from.length());
  const ValueId chosen = expansion.cast(one_hot(expansion, indices, from.length()), expansion.type(data));
  const ValueId column = expansion.reshape(from.flat(expansion, data), {from.rows(), from.length(), 1});
  expansion.give(0, to.restored(expansion, expansion.add("MatMul", {chosen, column}), to.length()));
  return Done{};
}

// Places of `depth` axes after the first `batch` ones, as one number each: (batches, places).
ValueId joined_indices(Expansion& expansion, ValueId indices, const GraphShape& data, std::size_t batch,
                       std::int64_t batches) {
  const GraphShape shape = expansion.shape(indices);
  const std::int64_t depth = shape.back();
  const std::int64_t places = product_of(shape) / std::max<std::int64_t>(batches * depth, 1);
  ValueId sum = 0;
  for (std::int64_t d = 0; d < depth; ++d) {
    const std::int64_t length = data[batch + static_cast<std::size_t>(d)];
    const ValueId column = expansion.slice(indices, shape.size() - 1, d, d + 1);
    const ValueId place = from_front(expansion, expansion.reshape(column, {batches, places}), length);
    sum = d == 0 ? place : expansion.add("Add", {expansion.binary("Mul", sum, static_cast<double>(length)), place});
  }
  return sum;
}

Status gather_nd(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(given, call.integer("batch_dims", 0));
  const auto batch = static_cast<std::size_t>(given);
  const GraphShape data = call.shape(0);
  const GraphShape shape = call.shape(1);
  const auto depth = static_cast<std::size_t>(shape.back());
  const std::int64_t batches = product_of({data.begin(), data.begin() + given});
  const auto first_kept = data.begin() + static_cast<std::ptrdiff_t>(batch + depth);
  const std::int64_t length = product_of({data.begin() + given, first_kept});
  const std::int64_t kept = product_of({first_kept, data.end()});
  const std::int64_t places = product_of(shape) / std::max<std::int64_t>(batches * shape.back(), 1);
  VEIL_TRY_STATUS(check_comparisons({batches, places, length}, "choosing by indices"));
  const ValueId indices = joined_indices(expansion, expansion.input(1), data, batch, batches);
  const ValueId x = expansion.reshape(expansion.input(0), {batches, length, kept});
  const ValueId chosen = expansion.cast(one_hot(expansion, indices, length), expansion.type(x));
  GraphShape result(shape.begin(), shape.end() - 1);
  result.insert(result.end(), first_kept, data.end());
  expansion.give(0, expansion.reshape(expansion.add("MatMul", {chosen, x}), result));
  return Done{};
}

ValueId combine(Expansion& expansion, const std::string& reduction, ValueId old, ValueId update) {
  if (reduction == "add") return expansion.add("Add", {old, update});
  if (reduction == "mul") return expansion.add("Mul", {old, update});
  if (reduction == "min") return expansion.add("Min", {old, update});
  if (reduction == "max") return expansion.add("Max", {old, update});
  return update;
}

// One update after the other along the axis, as duplicates follow each other. data: (rows, length); chosen: (rows,
// updates, length), or the same for all rows; updates: (rows, updates).
ValueId scattered(Expansion& expansion, const std::string& reduction, ValueId data, ValueId chosen, ValueId updates) {
  const GraphShape shape = expansion.shape(chosen);  // rows, updates, length
  for (std::int64_t k = 0; k < shape[1]; ++k) {
    const ValueId here = expansion.reshape(expansion.slice(chosen, 1, k, k + 1), {shape[0], shape[2]});
    const ValueId update = expansion.expand_to(expansion.slice(updates, 1, k, k + 1), expansion.shape(data));
    data = expansion.add("Where", {here, combine(expansion, reduction, data, update), data});
  }
  return data;
}

// The data again, with its reached part replaced.
ValueId with_part(Expansion& expansion, ValueId x, ValueId part, const GraphShape& shape, std::size_t axis) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t length = expansion.shape(x)[i];
    if (i == axis || shape[i] >= length) continue;
    const ValueId inside = expansion.slice(x, i, 0, shape[i]);
    const ValueId rest = expansion.slice(x, i, shape[i], length);
    return expansion.concat({with_part(expansion, inside, part, shape, axis), rest}, i);
  }
  return part;
}

Status scatter_elements(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(axis, axis_of(call, 0));
  VEIL_TRY(reduction, call.word("reduction", "none"));
  const GraphShape shape = call.shape(1);
  const ValueId data = reached(expansion, expansion.input(0), shape, axis);
  if (expansion.failed()) return Done{};
  const LastAxis to(expansion.shape(data), axis);
  const LastAxis from(shape, axis);
  VEIL_TRY_STATUS(check_comparisons({from.rows(), from.length(), to.length()}, "writing by indices"));
  if (from.length() > kMostSteps) return Error{"it writes more than 64 places along its axis by indices of the input"};
  const ValueId indices = from_front(expansion, from.flat(expansion, expansion.input(1)), to.length());
  const ValueId chosen = one_hot(expansion, indices, to.length());
  const ValueId updates = from.flat(expansion, expansion.input(2));
  const ValueId written = scattered(expansion, reduction, to.flat(expansion, data), chosen, updates);
  const ValueId part = to.restored(expansion, written, to.length());
  expansion.give(0, with_part(expansion, expansion.input(0), part, shape, axis));
  return Done{};
}

Status scatter_nd(Expansion& expansion) {
  VEIL_TRY(reduction, expansion.call().word("reduction", "none"));
  const GraphShape data = expansion.call().shape(0);
  const std::int64_t depth = expansion.call().shape(1).back();
  const std::int64_t length = product_of({data.begin(), data.begin() + depth});
  const std::int64_t block = product_of({data.begin() + depth, data.end()});
  const std::int64_t count = product_of(expansion.call().shape(1)) / depth;
  VEIL_TRY_STATUS(check_comparisons({count, length}, "writing by indices"));
  if (count > kMostSteps) return Error{"it writes more than 64 places by indices of the input"};
  const ValueId indices = joined_indices(expansion, expansion.input(1), data, 0, 1);
  const ValueId rows = expansion.transpose(expansion.reshape(expansion.input(0), {length, block}), {1, 0});
  const ValueId updates = expansion.transpose(expansion.reshape(expansion.input(2), {count, block}), {1, 0});
  const ValueId written = scattered(expansion, reduction, rows, one_hot(expansion, indices, length), updates);
  expansion.give(0, expansion.reshape(expansion.transpose(written, {1, 0}), data));
  return Done{};
}

// Updates of places known in advance. Those of one place follow each other: the first of every place at once, then the
// second of every place that has one, and so on.
Status scatter_in_rounds(Expansion& expansion, const Integers& places) {
  VEIL_TRY(reduction, expansion.call().word("reduction", "none"));
  std::vector<Integers> rounds;
  std::map<std::int64_t, std::size_t> seen;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t round = seen[places[i]]++;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(static_cast<std::int64_t>(i));
  }
  if (std::ssize(rounds) > kMostSteps) return Error{"it updates a place more than 64 times"};
  const GraphShape shape = expansion.call().shape(0);
  ValueId x = expansion.reshape(expansion.input(0), {product_of(shape)});
  const ValueId updates = expansion.reshape(expansion.input(2), {std::ssize(places)});
  for (const Integers& round : rounds) {
    Integers at;
    for (const std::int64_t update : round) at.push_back(places[static_cast<std::size_t>(update)]);
    const ValueId value =
        combine(expansion, reduction, expansion.gather(x, 0, at), expansion.gather(updates, 0, round));
    x = expansion.add("ScatterElements", {x, expansion.integers(at), value});
  }
  expansion.give(0, expansion.reshape(x, shape));
  return Done{};
}

Result<std::int64_t> place_on(double entry, std::int64_t length) {
  const auto index = static_cast<std::int64_t>(entry);
  if (index < -length || index >= length) return Error{"an index lies outside its axis"};
  return index < 0 ? index + length : index;
}

Status scatter_elements_in_rounds(Expansion& expansion) {
  VEIL_TRY(axis, axis_of(expansion.call(), 0));
  const GraphShape data = expansion.call().shape(0);
  const GraphShape shape = expansion.call().shape(1);
  const std::vector<double> indices = expansion.constant(expansion.input(1))->data;
  GraphShape strides = strides_of(data);
  const std::int64_t step = strides[axis];
  strides[axis] = 0;
  Integers places;
  Status status = Done{};
  walk(shape, std::array{strides}, [&](const auto& at) {
    const auto place = place_on(indices[places.size()], data[axis]);
    if (!place.ok()) status = place.error();
    places.push_back(at[0] + (place.ok() ? *place : 0) * step);
  });
  VEIL_TRY_STATUS(status);
  return scatter_in_rounds(expansion, places);
}

Status scatter_nd_in_rounds(Expansion& expansion) {
  const GraphShape data = expansion.call().shape(0);
  const auto depth = static_cast<std::size_t>(expansion.call().shape(1).back());
  const std::vector<double> indices = expansion.constant(expansion.input(1))->data;
  const std::int64_t block = product_of({data.begin() + static_cast<std::ptrdiff_t>(depth), data.end()});
  Integers places;
  for (std::size_t first = 0; first + depth <= indices.size(); first += depth) {
    std::int64_t at = 0;
    for (std::size_t d = 0; d < depth; ++d) {
      VEIL_TRY(place, place_on(indices[first + d], data[d]));
      at = at * data[d] + place;
    }
    for (std::int64_t i = 0; i < block; ++i) places.push_back(at * block + i);
  }
  return scatter_in_rounds(expansion, places);
}

// How many others come before each element: those that are larger (or smaller), and equal ones in front of it.
//   rank_i = sum_{j > i} [x_i < x_j] + sum_{j < i} (1 - [x_j < x_i])
ValueId ranks(Expansion& expansion, ValueId x, bool largest) {
  const GraphShape shape = expansion.shape(x);
  const std::int64_t length = shape[1];
  const ValueId column = expansion.reshape(x, {shape[0], length, 1});
  const ValueId row = expansion.reshape(x, {shape[0], 1, length});
  const ValueId comes_before = largest ? expansion.add("Less", {column, row}) : expansion.add("Less", {row, column});
  Array later{{length, length}, {}};
  Array earlier{{length}, {}};
  for (std::int64_t i = 0; i < length; ++i) {
    for (std::int64_t j = 0; j < length; ++j) later.data.push_back(j > i ? 1 : 0);
    earlier.data.push_back(static_cast<double>(i));
  }
  const ValueId pairs = expansion.add("Mul", {expansion.cast(comes_before, ElementType::kFloat),
                                              expansion.constant(std::move(later), ElementType::kFloat)});
  const ValueId behind = expansion.reduce("ReduceSum", pairs, {2}, false);
  const ValueId in_front = expansion.reduce("ReduceSum", pairs, {1}, false);
  const ValueId sum = expansion.add("Sub", {behind, in_front});
  return expansion.add("Add", {sum, expansion.constant(std::move(earlier), ElementType::kFloat)});
}

Status top(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(axis, axis_of(call, -1));
  VEIL_TRY(largest, call.integer("largest", 1));
  constexpr std::int64_t kCountIsAnInput = 10;
  std::int64_t count = 0;
  if (call.opset >= kCountIsAnInput) {
    VEIL_TRY(list, call.constant_integers(1, "K"));
    count = list[0];
  } else {
    VEIL_TRY(number, call.integer("k", 0));
    count = number;
  }
  const LastAxis last(call.shape(0), axis);
  VEIL_TRY_STATUS(check_comparisons({last.rows(), last.length(), last.length()}, "sorting"));
  if (!expansion.may_hold({last.length(), last.length()})) return Done{};
  const ValueId x = last.flat(expansion, expansion.input(0));
  const ValueId rank = expansion.reshape(ranks(expansion, x, largest != 0), {last.rows(), 1, last.length()});
  Array places{{count, 1}, {}};
  for (std::int64_t k = 0; k < count; ++k) places.data.push_back(static_cast<double>(k));
  const ValueId chosen = expansion.add("Equal", {rank, expansion.constant(std::move(places), ElementType::kFloat)});
  const ValueId values = expansion.reshape(x, {last.rows(), last.length(), 1});
  expansion.give(
      0, last.restored(expansion, expansion.add("MatMul", {expansion.cast(chosen, expansion.type(x)), values}), count));
  const ValueId numbers = expansion.reshape(expansion.integers(counting(last.length())), {last.length(), 1});
  expansion.give(
      1,
      last.restored(expansion, expansion.add("MatMul", {expansion.cast(chosen, ElementType::kInt64), numbers}), count));
  return Done{};
}

// max(x, 0) - slope max(-x, 0)
Status prelu(Expansion& expansion) {
  const ValueId x = expansion.input(0);
  const ValueId below = expansion.add("Relu", {expansion.add("Neg", {x})});
  expansion.give(0,
                 expansion.add("Sub", {expansion.add("Relu", {x}), expansion.add("Mul", {below, expansion.input(1)})}));
  return Done{};
}

Status batch_normalization(Expansion& expansion) {
  VEIL_TRY(epsilon, expansion.call().real("epsilon", static_cast<double>(1e-5f)));
  const std::size_t rank = expansion.call().shape(0).size();
  const auto channel = [&](std::size_t index) { return expansion.along_axis(expansion.input(index), 1, rank); };
  const ValueId deviation = expansion.add("Sqrt", {expansion.binary("Add", channel(4), epsilon)});
  const ValueId scale = expansion.add("Div", {channel(1), deviation});
  const ValueId centred = expansion.add("Sub", {expansion.input(0), channel(3)});
  expansion.give(0, expansion.add("Add", {expansion.add("Mul", {centred, scale}), channel(2)}));
  return Done{};
}

using Expand = Status (*)(Expansion& expansion);

Expand scatter(const Call& call, Expand by_data, Expand in_rounds) {
  if (call.inputs[1]->constant == nullptr) return by_data;
  const auto reduction = call.word("reduction", "none");
  return reduction.ok() && *reduction != "none" ? in_rounds : nullptr;
}

}  // namespace

Expand expansion_by_data(const Call& call) {
  const std::string& op = call.node->op;
  const auto constant = [&](std::size_t index) { return call.inputs[index]->constant != nullptr; };
  if (op == "GatherElements" && !constant(1)) return gather_elements;
  if (op == "GatherND" && !constant(1)) return gather_nd;
  if (op == "ScatterElements") return scatter(call, scatter_elements, scatter_elements_in_rounds);
  if (op == "ScatterND") return scatter(call, scatter_nd, scatter_nd_in_rounds);
  if (op == "TopK") return top;
  if (op == "PRelu" && !constant(1)) return prelu;
  const bool normalises = op == "BatchNormalization";
  if (normalises && !(constant(1) && constant(2) && constant(3) && constant(4))) return batch_normalization;
  return nullptr;
}

}  // namespace veil
