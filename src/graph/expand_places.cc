// Numbers taken from or written to places that the data choose: GatherElements, GatherND, ScatterElements, ScatterND,
// as products with rows [place = j]. Where the places are known and nothing is reduced, the nodes stay: plans move
// numbers.
//
// Rows, numbers and updates are three axes each: lines that know nothing of each other, the axis that is indexed, and
// what every place holds.
#include <algorithm>
#include <numeric>

#include "graph/expansion.h"
#include "graph/shape.h"

namespace veil {
namespace {

constexpr std::int64_t kMostComparisons = std::int64_t{1} << 22;

bool indices_are_known(const Expansion& expansion) { return expansion.constant(expansion.input(1)) != nullptr; }

// Without numbers there is nothing to move: the core operator's result is known.
bool has_no_numbers(const Expansion& expansion) {
  const auto empty = [](const auto& input) { return input && element_count(input->typed.shape) == 0; };
  return std::any_of(expansion.call().inputs.begin(), expansion.call().inputs.end(), empty);
}

Integers moved_last(std::size_t axis, std::size_t rank) {
  Integers order;
  for (std::size_t d = 0; d < rank; ++d) {
    if (d != axis) order.push_back(static_cast<std::int64_t>(d));
  }
  order.push_back(static_cast<std::int64_t>(axis));
  return order;
}

Integers inverse(const Integers& order) {
  Integers inverse(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  return inverse;
}

// [lines, length] by one axis.
ValueId as_lines(Expansion& expansion, ValueId x, std::size_t axis) {
  const GraphShape shape = expansion.shape(x);
  if (expansion.failed()) return x;
  const std::int64_t length = shape[axis];
  const std::int64_t lines = element_count(shape).value_or(0) / std::max<std::int64_t>(length, 1);
  return expansion.reshape(expansion.transpose(x, moved_last(axis, shape.size())), {lines, length});
}

ValueId from_lines(Expansion& expansion, ValueId lines, const GraphShape& shape, std::size_t axis) {
  const Integers order = moved_last(axis, shape.size());
  GraphShape moved;
  for (const std::int64_t d : order) moved.push_back(shape[static_cast<std::size_t>(d)]);
  return expansion.transpose(expansion.reshape(lines, moved), inverse(order));
}

// [places.., length] of whole numbers: 1 where the place is j. A place outside of the axis is an error where the
// numbers are known, and a row of zeros in a proof.
ValueId rows_of(Expansion& expansion, ValueId places, std::int64_t length) {
  const auto count = element_count(expansion.shape(places));
  if (!count || *count > kMostComparisons / std::max<std::int64_t>(length, 1)) {
    expansion.fail("its places are compared with more than 2^22 others");
    return places;
  }
  return expansion.add(std::string(kPlaceRows), {places, expansion.integers({length})});
}

// Numbers as a product takes them, and back.
ValueId as_numbers(Expansion& expansion, ValueId x) {
  return expansion.type(x) == ElementType::kBool ? expansion.cast(x, ElementType::kInt64) : x;
}

// sum_j row[line, place, j] x[line, j, ..]
ValueId chosen(Expansion& expansion, ValueId rows, ValueId x) {
  return expansion.add("MatMul", {expansion.cast(rows, expansion.type(x)), x});
}

// The part of the data that has the lengths of the indices on every axis but one.
ValueId cut_to(Expansion& expansion, ValueId x, const GraphShape& indices, std::size_t axis) {
  const GraphShape shape = expansion.shape(x);
  for (std::size_t d = 0; d < indices.size() && !expansion.failed(); ++d) {
    if (d != axis && indices[d] != shape[d]) x = expansion.slice(x, d, 0, indices[d]);
  }
  return x;
}

// What the core operator says of the shapes.
Status check_shapes(const Expansion& expansion) {
  VEIL_TRY_STATUS(find_operator(expansion.call().node->op)->infer(expansion.call()));
  return Done{};
}

}  // namespace

Status expand_gather_elements(Expansion& expansion) {
  if (indices_are_known(expansion) || has_no_numbers(expansion)) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  VEIL_TRY(given, expansion.call().integer("axis", 0));
  const GraphShape shape = expansion.call().shape(0);
  const GraphShape indices = expansion.call().shape(1);
  VEIL_TRY(axis, normalise_axis(given, shape.size()));
  const ElementType type = expansion.type(expansion.input(0));
  const ValueId x = as_numbers(expansion, cut_to(expansion, expansion.input(0), indices, axis));
  const ValueId rows = rows_of(expansion, as_lines(expansion, expansion.input(1), axis), shape[axis]);
  const ValueId lines = as_lines(expansion, x, axis);
  const GraphShape size = expansion.shape(lines);
  if (expansion.failed()) return Done{};
  const ValueId numbers = chosen(expansion, rows, expansion.reshape(lines, {size[0], size[1], 1}));
  expansion.give(0, expansion.cast(from_lines(expansion, numbers, indices, axis), type));
  return Done{};
}

namespace {

// The indices' column `number` of [lines, places, depth].
ValueId column_of(Expansion& expansion, ValueId indices, std::int64_t number, const GraphShape& shape) {
  return expansion.reshape(expansion.slice(indices, 2, number, number + 1), shape);
}

}  // namespace

// One axis of the data after the other: afterwards every place has numbers of its own to choose from.
Status expand_gather_nd(Expansion& expansion) {
  if (indices_are_known(expansion) || has_no_numbers(expansion)) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  VEIL_TRY(batch_axes, expansion.call().integer("batch_dims", 0));
  const GraphShape shape = expansion.call().shape(0);
  const GraphShape indices = expansion.call().shape(1);
  GraphShape result(indices.begin(), indices.end() - 1);
  const std::int64_t depth = indices.back();
  std::int64_t lines = 1;
  for (std::int64_t d = 0; d < batch_axes; ++d) lines *= indices[static_cast<std::size_t>(d)];
  const std::int64_t places = element_count(result).value_or(1) / std::max<std::int64_t>(lines, 1);
  result.insert(result.end(), shape.begin() + batch_axes + depth, shape.end());
  const ElementType type = expansion.type(expansion.input(0));
  ValueId x = as_numbers(expansion, expansion.input(0));
  std::int64_t inner = element_count(shape).value_or(1) / std::max<std::int64_t>(lines, 1);
  const ValueId table = expansion.reshape(expansion.input(1), {lines, places, depth});
  for (std::int64_t number = 0; number < depth && !expansion.failed(); ++number) {
    const std::int64_t length = shape[static_cast<std::size_t>(batch_axes + number)];
    const bool first = number == 0;
    inner /= length;
    const ValueId column =
        column_of(expansion, table, number, first ? GraphShape{lines, places} : GraphShape{lines * places, 1});
    x = chosen(expansion, rows_of(expansion, column, length),
               expansion.reshape(x, {first ? lines : lines * places, length, inner}));
  }
  expansion.give(0, expansion.cast(expansion.reshape(x, result), type));
  return Done{};
}

namespace {

// ---- scatters

struct Lines {
  ValueId rows;     // [lines, updates, places], whole numbers
  ValueId updates;  // [lines, updates, inner]
  ValueId data;     // [lines, places, inner]
};

ValueId with_axis(Expansion& expansion, ValueId x, std::size_t axis) {
  GraphShape shape = expansion.shape(x);
  if (expansion.failed()) return x;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  return expansion.reshape(x, shape);
}

ValueId is_positive(Expansion& expansion, ValueId x) { return expansion.add("Less", {expansion.number_like(0, x), x}); }

// The last update of a place is the one that counts: one that no later one has the place of.
ValueId replaced(Expansion& expansion, const Lines& lines) {
  ValueId rows = lines.rows;
  const std::int64_t updates = expansion.shape(rows)[1];
  if (updates > 1) {
    const ValueId later = expansion.add("CumSum", {rows, expansion.number(1, ElementType::kInt64)},
                                        {{"exclusive", std::int64_t{1}}, {"reverse", std::int64_t{1}}});
    rows = expansion.cast(expansion.add("Less", {later, rows}), ElementType::kInt64);
  }
  const ValueId touched = is_positive(expansion, expansion.reduce("ReduceSum", rows, {1}, false));
  const ValueId moved = chosen(expansion, expansion.transpose(rows, {0, 2, 1}), lines.updates);
  return expansion.add("Where", {with_axis(expansion, touched, 2), moved, lines.data});
}

// [lines, updates, places, inner]: the update where it has the place, else `otherwise`.
ValueId candidates(Expansion& expansion, const Lines& lines, ValueId otherwise) {
  const ValueId hits = with_axis(expansion, is_positive(expansion, lines.rows), 3);
  return expansion.add("Where", {hits, with_axis(expansion, lines.updates, 2), otherwise});
}

constexpr std::int64_t kMostFactors = 64;

ValueId multiplied(Expansion& expansion, const Lines& lines) {
  const std::int64_t updates = expansion.shape(lines.rows)[1];
  if (updates > kMostFactors) {
    expansion.fail("it multiplies by more than 64 updates");
    return lines.data;
  }
  const ValueId factors = candidates(expansion, lines, expansion.number_like(1, lines.data));
  ValueId product = lines.data;
  for (std::int64_t i = 0; i < updates && !expansion.failed(); ++i) {
    const ValueId factor = expansion.slice(factors, 1, i, i + 1);
    product = expansion.add("Mul", {product, expansion.reshape(factor, expansion.shape(lines.data))});
  }
  return product;
}

Result<ValueId> scattered(Expansion& expansion, const Lines& lines) {
  VEIL_TRY(reduction, expansion.call().word("reduction", "none"));
  const GraphShape rows = expansion.shape(lines.rows);
  const GraphShape data = expansion.shape(lines.data);
  if (expansion.failed()) return lines.data;
  const std::int64_t most = kMostComparisons / rows[2] / rows[0] / rows[1];  // rows_of bounds the product
  const bool by_sums = reduction == "none" || reduction == "add";
  if ((by_sums ? (reduction == "none" ? rows[1] / 16 : 0) : data[2]) > most) {
    return Error{"it has more than 2^22 places that an update may have"};
  }
  if (reduction == "none") return replaced(expansion, lines);
  if (reduction == "add") {
    const ValueId sums = chosen(expansion, expansion.transpose(lines.rows, {0, 2, 1}), lines.updates);
    return expansion.add("Add", {lines.data, sums});
  }
  if (reduction == "mul") return multiplied(expansion, lines);
  const bool least = reduction == "min";
  const ValueId all = candidates(expansion, lines, with_axis(expansion, lines.data, 1));
  const ValueId best = expansion.reduce(least ? "ReduceMin" : "ReduceMax", all, {1}, false);
  return expansion.add(least ? "Min" : "Max", {lines.data, best});
}

Result<bool> stays(const Expansion& expansion) {
  VEIL_TRY(reduction, expansion.call().word("reduction", "none"));
  return reduction == "none" && indices_are_known(expansion);
}

// The part that the indices cannot reach comes back, one axis after the other.
ValueId put_back(Expansion& expansion, ValueId part, const GraphShape& indices, std::size_t axis) {
  const GraphShape whole = expansion.shape(expansion.input(0));
  for (std::size_t d = indices.size(); d-- > 0 && !expansion.failed();) {
    if (d == axis || indices[d] == whole[d]) continue;
    GraphShape kept = indices;
    for (std::size_t later = d + 1; later < indices.size(); ++later) kept[later] = whole[later];
    kept[d] = whole[d];
    const ValueId rest = expansion.slice(cut_to(expansion, expansion.input(0), kept, axis), d, indices[d], whole[d]);
    part = expansion.concat({part, rest}, d);
  }
  return part;
}

}  // namespace

Status expand_scatter_elements(Expansion& expansion) {
  VEIL_TRY(unchanged, stays(expansion));
  if (unchanged) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  if (has_no_numbers(expansion)) {  // no updates
    expansion.give(0, expansion.input(0));
    return Done{};
  }
  VEIL_TRY(given, expansion.call().integer("axis", 0));
  const GraphShape indices = expansion.call().shape(1);
  VEIL_TRY(axis, normalise_axis(given, indices.size()));
  const ElementType type = expansion.type(expansion.input(0));
  const ValueId data = cut_to(expansion, expansion.input(0), indices, axis);
  const GraphShape shape = expansion.shape(data);
  const ValueId places = as_lines(expansion, expansion.input(1), axis);
  const ValueId rows = rows_of(expansion, places, shape[axis]);
  const auto column = [&](ValueId x) {
    return with_axis(expansion, as_lines(expansion, as_numbers(expansion, x), axis), 2);
  };
  VEIL_TRY(result, scattered(expansion, {rows, column(expansion.input(2)), column(data)}));
  const ValueId part = expansion.cast(from_lines(expansion, result, shape, axis), type);
  expansion.give(0, put_back(expansion, part, indices, axis));
  return Done{};
}

// One line: all first axes of the data that the indices name are one.
Status expand_scatter_nd(Expansion& expansion) {
  VEIL_TRY(unchanged, stays(expansion));
  if (unchanged) return expansion.keep();
  VEIL_TRY_STATUS(check_shapes(expansion));
  if (has_no_numbers(expansion)) {  // no updates
    expansion.give(0, expansion.input(0));
    return Done{};
  }
  const GraphShape shape = expansion.call().shape(0);
  const GraphShape indices = expansion.call().shape(1);
  const ElementType type = expansion.type(expansion.input(0));
  const std::int64_t depth = indices.back();
  const std::int64_t updates = element_count(indices).value_or(0) / std::max<std::int64_t>(depth, 1);
  const ValueId table = expansion.reshape(expansion.input(1), {1, updates, depth});
  ValueId rows = table;
  std::int64_t places = 1;
  for (std::int64_t number = 0; number < depth && !expansion.failed(); ++number) {
    const std::int64_t length = shape[static_cast<std::size_t>(number)];
    if (places * length > kMostComparisons / std::max<std::int64_t>(updates, 1)) {
      return Error{"its places are compared with more than 2^22 others"};
    }
    const ValueId next = rows_of(expansion, column_of(expansion, table, number, {1, updates}), length);
    places *= length;
    rows = number == 0
               ? next
               : expansion.reshape(expansion.add("Mul", {with_axis(expansion, rows, 3), with_axis(expansion, next, 2)}),
                                   {1, updates, places});
  }
  const std::int64_t inner = element_count(shape).value_or(0) / std::max<std::int64_t>(places, 1);
  const auto blocks = [&](std::size_t input, std::int64_t count) {
    return expansion.reshape(as_numbers(expansion, expansion.input(input)), {1, count, inner});
  };
  VEIL_TRY(result, scattered(expansion, {rows, blocks(2, updates), blocks(0, places)}));
  expansion.give(0, expansion.cast(expansion.reshape(result, shape), type));
  return Done{};
}

}  // namespace veil
